/**
 * The canvas put together: drawing, gestures, live figures, dots, and the keyboard's way through it.
 *
 * @typedef {import("../app.js").App} App
 */
import { add, arrange, GRID } from "../core/edits.js";
import { boxAround, FIRST_SIZE } from "../core/places.js";
import { byId, setText } from "../ui/dom.js";
import { Culling } from "./culling.js";
import { Diagram } from "./diagram.js";
import { Dots } from "./dots.js";
import { FaultMarks } from "./fault-marks.js";
import { Gestures } from "./gestures.js";
import { tidied } from "./layout.js";
import { LiveBadges } from "./live.js";
import { Minimap } from "./minimap.js";
import { NearCard } from "./near-card.js";
import { PlaceHandles } from "./place-handles.js";
import { CARD } from "./shapes.js";
import { Viewport } from "./viewport.js";

const ROOM = { top: 56, right: 28, bottom: 52, left: 28 };
const NARROW_ROOM = { top: 64, right: 20, bottom: 52, left: 20 };
/** Between the sentences over the canvas and the design; a place's title stands out of its box. */
const UNDER_NOTES_PX = 24;

export class Canvas {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.host = byId("canvas");
    this.notes = byId("canvas-notes");
    /** What is drawn as selected. @type {Set<any>} */
    this.selected = new Set();
    this.diagram = new Diagram(app, byId("paper"));
    this.viewport = new Viewport(this.diagram.paper, this.host);
    this.gestures = new Gestures(app, this.diagram, this.viewport, { host: this.host, band: byId("rubber-band") });
    this.culling = new Culling(app, this.diagram, this.viewport, this.host);
    this.live = new LiveBadges(app, this.diagram);
    this.culling.changed.on((away) => this.live.skip(away));
    this.dots = new Dots(app, this.diagram, this.viewport, this.live, byId("dots"));
    this.placeHandles = new PlaceHandles(app, this.diagram, this.viewport);
    this.faultMarks = new FaultMarks(app, this.diagram, this.viewport);
    this.minimap = new Minimap(app, this.viewport, this.host, byId("minimap"));
    this.nearCard = new NearCard(app, this.diagram, this.viewport, byId("near-card"));
    app.selection.changed.on(() => this.showSelection());
    app.store.changed.on((change) => this.followStore(change.whole));
    const observer = new ResizeObserver(() => this.viewport.touched || this.fit());
    for (const element of [this.host, this.notes]) observer.observe(element);
    this.host.addEventListener("focusin", (/** @type {FocusEvent} */ event) => this.focused(event));
    this.viewport.changed.on(() => setText(byId("zoom-level"), `${Math.round(this.viewport.scale * 100)} %`));
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
    const room = this.host.clientWidth < 700 ? NARROW_ROOM : ROOM;
    const top = Math.max(room.top, this.notes.offsetTop + this.notes.offsetHeight + UNDER_NOTES_PX);
    this.viewport.fit(boxes.filter((box) => box !== undefined), { ...room, top });
    this.viewport.touched = false;
  }

  showSelection() {
    const { selection } = this.app;
    const views = [...[...selection.components].map((id) => this.diagram.view(id)), selection.link === null ? undefined : this.diagram.linkView(selection.link)];
    const selected = new Set(views.map((view) => view?.el).filter((element) => element !== undefined));
    for (const element of this.selected) if (!selected.has(element)) element.classList.remove("is-selected");
    for (const element of selected) element.classList.add("is-selected");
    this.selected = selected;
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
    const { catalogue, store } = this.app;
    const at = this.viewport.toPaper(client ?? this.viewport.middle());
    this.app.edit(add(store, catalogue, kind, catalogue.isPlace(kind) ? this.areaFor(at, !client) : this.cornerFor(at, !client)));
  }

  /**
   * @param {{x: number, y: number}} at
   * @param {boolean} search
   */
  cornerFor(at, search) {
    const corner = { x: at.x - CARD.width / 2, y: at.y - CARD.height / 2 };
    return search ? this.freeNear(corner) : corner;
  }

  /**
   * A new place stands around what is selected, or where the pointer let go.
   *
   * @param {{x: number, y: number}} at
   * @param {boolean} search
   */
  areaFor(at, search) {
    const { selection, store } = this.app;
    const members = [...selection.components].map((id) => store.components.get(id)).filter((entry) => entry !== undefined);
    const around = search ? boxAround(members, GRID) : null;
    return around ?? { x: at.x - FIRST_SIZE.width / 2, y: at.y - FIRST_SIZE.height / 2 };
  }

  /** @param {{x: number, y: number}} place */
  freeNear(place) {
    const taken = (/** @type {{x: number, y: number}} */ spot) =>
      [...this.app.store.components.values()].some((entry) => !this.app.catalogue.isPlace(entry.kind) && Math.abs(entry.x - spot.x) < CARD.width + 16 && Math.abs(entry.y - spot.y) < CARD.height + 16);
    for (let ring = 0; ring < 12; ring += 1) {
      for (const [dx, dy] of [[0, ring], [ring, 0], [0, -ring], [-ring, 0], [ring, ring], [-ring, -ring]]) {
        const spot = { x: place.x + dx * (CARD.width + 40), y: place.y + dy * (CARD.height + 32) };
        if (!taken(spot)) return spot;
      }
    }
    return place;
  }

  async tidy() {
    this.app.edit(arrange(this.app.store, await tidied(this.app, this.diagram)));
    this.viewport.touched = false;
    this.fit();
  }
}
