/**
 * The canvas put together: drawing, gestures, live figures, dots, and the keyboard's way through it.
 *
 * @typedef {import("../app.js").App} App
 */
import { add, move } from "../core/edits.js";
import { byId } from "../ui/dom.js";
import { Diagram } from "./diagram.js";
import { Dots } from "./dots.js";
import { Gestures } from "./gestures.js";
import { tidied } from "./layout.js";
import { LiveBadges } from "./live.js";
import { NearCard } from "./near-card.js";
import { CARD } from "./shapes.js";
import { Viewport } from "./viewport.js";

const ROOM = { top: 56, right: 28, bottom: 52, left: 28 };

export class Canvas {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.host = byId("canvas");
    this.diagram = new Diagram(app, byId("paper"));
    this.viewport = new Viewport(this.diagram.paper, this.host);
    this.gestures = new Gestures(app, this.diagram, this.viewport, { host: this.host, band: byId("rubber-band") });
    this.live = new LiveBadges(app, this.diagram);
    this.dots = new Dots(app, this.diagram, this.viewport, this.live, byId("dots"));
    this.nearCard = new NearCard(app, this.diagram, this.viewport, byId("near-card"));
    app.selection.changed.on(() => this.showSelection());
    app.store.changed.on((change) => this.followStore(change.whole));
    new ResizeObserver(() => this.viewport.touched || this.fit()).observe(this.host);
    this.host.addEventListener("focusin", (/** @type {FocusEvent} */ event) => this.focused(event));
    this.viewport.changed.on(() => (byId("zoom-level").textContent = `${Math.round(this.viewport.scale * 100)} %`));
    this.fit();
    this.followStore(false);
  }

  /** @param {boolean} whole */
  followStore(whole) {
    if (whole) {
      this.viewport.touched = false;
      this.fit();
    }
    byId("empty-canvas").hidden = this.app.store.components.size > 0;
    this.showSelection();
  }

  fit() {
    const boxes = [...this.app.store.components.keys()].map((id) => this.diagram.boxOf(id));
    const narrow = this.host.clientWidth < 700;
    const room = narrow ? { top: 64, right: 20, bottom: 52, left: 20 } : ROOM;
    this.viewport.fit(boxes.filter((box) => box !== undefined), room);
    this.viewport.touched = false;
  }

  showSelection() {
    const { selection, store } = this.app;
    for (const id of store.components.keys()) this.diagram.view(id)?.el.classList.toggle("is-selected", selection.components.has(id));
    for (const id of store.links.keys()) this.diagram.linkView(id)?.el.classList.toggle("is-selected", selection.link === id);
  }

  /** @param {{right?: number, bottom?: number}} [covered] */
  revealSelection(covered) {
    const id = this.app.selection.only;
    const box = id ? this.diagram.boxOf(id) : undefined;
    if (box) this.viewport.reveal(box, covered);
  }

  /** @param {string} id */
  focusCard(id) {
    /** @type {any} */ (this.diagram.view(id)?.el)?.focus();
  }

  /**
   * Coming with Tab selects: the inspector then tells of it. A mouse selects with its click.
   *
   * @param {FocusEvent} event
   */
  focused(event) {
    const card = /** @type {Element} */ (event.target).closest(".joint-element");
    const id = card?.getAttribute("model-id");
    if (!id || !card?.matches(":focus-visible") || this.app.selection.components.has(id)) return;
    this.app.selection.set([id]);
    const box = this.diagram.boxOf(id);
    if (box) this.viewport.reveal(box);
  }

  /**
   * A new component where the pointer let go, or in the middle of what one sees, where nothing stands yet.
   *
   * @param {string} kind
   * @param {{x: number, y: number}} [client]
   */
  addAt(kind, client) {
    const at = this.viewport.toPaper(client ?? this.viewport.middle());
    const place = { x: at.x - CARD.width / 2, y: at.y - CARD.height / 2 };
    this.app.edit(add(this.app.store, this.app.catalogue, kind, client ? place : this.freeNear(place)));
  }

  /** @param {{x: number, y: number}} place */
  freeNear(place) {
    const taken = (/** @type {{x: number, y: number}} */ spot) =>
      [...this.app.store.components.values()].some((entry) => Math.abs(entry.x - spot.x) < CARD.width + 16 && Math.abs(entry.y - spot.y) < CARD.height + 16);
    for (let ring = 0; ring < 12; ring += 1) {
      for (const [dx, dy] of [[0, ring], [ring, 0], [0, -ring], [-ring, 0], [ring, ring], [-ring, -ring]]) {
        const spot = { x: place.x + dx * (CARD.width + 40), y: place.y + dy * (CARD.height + 32) };
        if (!taken(spot)) return spot;
      }
    }
    return place;
  }

  async tidy() {
    const places = await tidied(this.app, this.diagram);
    this.app.edit(move(this.app.store, places));
    this.viewport.touched = false;
    this.fit();
  }
}
