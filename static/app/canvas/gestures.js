/**
 * Mouse and touch on the canvas: select, move (several at once), pull a link, pan, rubber band, pinch. One gesture is
 * one undo step; what a gesture means is decided here, what it does by the edits.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("./diagram.js").Diagram} Diagram
 * @typedef {import("./viewport.js").Viewport} Viewport
 */
import { connect, move } from "../core/edits.js";
import { contentsOf, placeAt } from "../core/places.js";
import { linkOf } from "./diagram.js";

export class Gestures {
  /**
   * @param {App} app
   * @param {Diagram} diagram
   * @param {Viewport} viewport
   * @param {{host: HTMLElement, band: HTMLElement}} elements
   */
  constructor(app, diagram, viewport, { host, band }) {
    this.app = app;
    this.diagram = diagram;
    this.viewport = viewport;
    this.host = host;
    this.band = band;
    /** Where the dragged things, and what stands in them, stood when the drag began. @type {Map<string, {x: number, y: number}>} */
    this.from = new Map();
    /** Those of them that one dragged, not carried along by their place. @type {Set<string>} */
    this.dragged = new Set();
    /** The place that a drop would put them into. @type {string | null} */
    this.target = null;
    this.listen();
    this.listenTouch();
  }

  listen() {
    const { paper, graph } = this.diagram;
    paper.on("element:pointerdown", (view, event) => this.press(String(view.model.id), event));
    paper.on("element:pointerclick", (view, event) => this.click(String(view.model.id), event));
    paper.on("element:pointerup", () => this.drop());
    paper.on("link:pointerclick", (view) => this.app.selection.setLink(linkOf(view.model.id)));
    paper.on("link:connect", (view) => this.connected(view.model));
    paper.on("blank:pointerdown", (event) => this.pressBlank(event));
    paper.on("element:magnet:pointerdown cell:pointerdown", (view, event) => {
      const magnet = /** @type {Element} */ (event.target).getAttribute?.("magnet") === "true";
      this.host.classList.toggle("connecting", magnet);
    });
    paper.on("cell:pointerup link:pointerup", () => this.host.classList.remove("connecting"));
    window.addEventListener("pointerup", () => this.host.classList.remove("connecting"));
    graph.on("change:position", (cell, _position, options) => this.follow(cell, options));
    this.host.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  /**
   * @param {string} id
   * @param {any} event
   */
  press(id, event) {
    const { selection, store } = this.app;
    const many = selection.components.has(id) && selection.components.size > 1;
    this.dragged = new Set(many ? selection.components : [id]);
    this.from = new Map();
    for (const each of [...this.dragged, ...contentsOf(store.components, this.dragged)]) {
      const entry = store.components.get(each);
      if (entry) this.from.set(each, { x: entry.x, y: entry.y });
    }
    this.host.classList.toggle("is-mover", !event.shiftKey);
  }

  /**
   * @param {string} id
   * @param {any} event
   */
  click(id, event) {
    if (event.shiftKey || event.ctrlKey || event.metaKey) this.app.selection.toggle(id);
    else this.app.selection.set([id]);
  }

  /**
   * The other selected components go along with the dragged one.
   *
   * @param {any} cell
   * @param {any} options
   */
  follow(cell, options) {
    const start = this.from.get(String(cell.id));
    if (!start || !options.ui) return;
    this.aim(String(cell.id));
    if (this.from.size < 2) return;
    const now = cell.position();
    this.diagram.atOnce(() => {
      for (const [id, place] of this.from) {
        const other = /** @type {any} */ (this.diagram.graph.getCell(id));
        if (id !== String(cell.id)) other?.position(place.x + now.x - start.x, place.y + now.y - start.y);
      }
    });
  }

  /**
   * Shows which place would take the dragged thing if it were let go now.
   *
   * @param {string} id
   */
  aim(id) {
    const { catalogue, store } = this.app;
    const [entry, box] = [store.components.get(id), this.diagram.boxOf(id)];
    const middle = box && { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    this.mark(entry && middle ? placeAt(store.components, catalogue, middle, entry.kind, new Set(this.from.keys())) : null);
  }

  /** @param {string | null} place */
  mark(place) {
    if (place === this.target) return;
    for (const [id, on] of /** @type {[string | null, boolean][]} */ ([[this.target, false], [place, true]])) if (id) this.diagram.view(id)?.el.classList.toggle("is-target", on);
    this.target = place;
  }

  drop() {
    this.host.classList.remove("is-mover");
    this.mark(null);
    const spots = new Map();
    for (const id of this.from.keys()) {
      const box = this.diagram.boxOf(id);
      if (box && this.dragged.has(id)) spots.set(id, { x: box.x, y: box.y });
    }
    this.from = new Map();
    if (this.app.canEdit) this.app.edit(move(this.app.store, this.app.catalogue, spots));
  }

  /**
   * The pulled link was only a means: the design gets one, and the drawing follows it.
   *
   * @param {any} link
   */
  connected(link) {
    const [from, to] = [String(link.source().id), String(link.target().id)];
    link.remove();
    this.app.edit(connect(this.app.store, from, to));
  }

  /** @param {any} event */
  pressBlank(event) {
    const pointer = event.originalEvent ?? event;
    if (pointer.touches?.length > 1) return;
    const at = spot(pointer);
    if (event.shiftKey) this.startBand(at);
    else this.startPan(at);
  }

  /** @param {{x: number, y: number}} start */
  startPan(start) {
    let last = start;
    let moved = false;
    const paper = /** @type {HTMLElement} */ (this.diagram.paper.el);
    paper.classList.add("panning");
    this.track((at) => {
      if (this.pinching) return;
      moved = moved || Math.hypot(at.x - start.x, at.y - start.y) > 4;
      if (moved) this.viewport.pan(at.x - last.x, at.y - last.y);
      last = at;
    }, () => {
      paper.classList.remove("panning");
      if (!moved && !this.pinching) this.clickBlank(start);
    });
  }

  /**
   * A click into an area means the area.
   *
   * @param {{x: number, y: number}} at
   */
  clickBlank(at) {
    const { catalogue, selection, store } = this.app;
    const place = placeAt(store.components, catalogue, this.viewport.toPaper(at), "");
    if (place) selection.set([place]);
    else selection.clear();
  }

  /** @param {{x: number, y: number}} start */
  startBand(start) {
    const { band, host } = this;
    const before = new Set(this.app.selection.components);
    const corner = host.getBoundingClientRect();
    const drawTo = (/** @type {{x: number, y: number}} */ at) => {
      band.hidden = false;
      const [left, top] = [Math.min(start.x, at.x), Math.min(start.y, at.y)];
      Object.assign(band.style, {
        left: `${left - corner.left}px`, top: `${top - corner.top}px`,
        width: `${Math.abs(at.x - start.x)}px`, height: `${Math.abs(at.y - start.y)}px`,
      });
      const [a, b] = [this.viewport.toPaper({ x: left, y: top }), this.viewport.toPaper({ x: Math.max(start.x, at.x), y: Math.max(start.y, at.y) })];
      this.app.selection.set([...before, ...this.inside(a, b)]);
    };
    this.track(drawTo, () => (band.hidden = true));
  }

  /**
   * @param {{x: number, y: number}} a
   * @param {{x: number, y: number}} b
   */
  inside(a, b) {
    return [...this.app.store.components].filter(([id, entry]) => {
      const box = this.diagram.boxOf(id);
      if (!box) return false;
      // of an area one means all, not a corner
      if (this.app.catalogue.isPlace(entry.kind)) return box.x >= a.x && box.y >= a.y && box.x + box.width <= b.x && box.y + box.height <= b.y;
      return box.x < b.x && box.x + box.width > a.x && box.y < b.y && box.y + box.height > a.y;
    }).map(([id]) => id);
  }

  /**
   * @param {(at: {x: number, y: number}) => void} go
   * @param {() => void} end
   */
  track(go, end) {
    const onMove = (/** @type {any} */ event) => go(spot(event));
    const stop = () => {
      for (const name of ["mousemove", "touchmove"]) window.removeEventListener(name, onMove, true);
      for (const name of ["mouseup", "touchend", "touchcancel"]) window.removeEventListener(name, stop, true);
      end();
    };
    for (const name of ["mousemove", "touchmove"]) window.addEventListener(name, onMove, true);
    for (const name of ["mouseup", "touchend", "touchcancel"]) window.addEventListener(name, stop, true);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey || (Math.abs(event.deltaX) > Math.abs(event.deltaY) && !event.ctrlKey)) {
      this.viewport.pan(-(event.deltaX || event.deltaY) * unit, 0);
      return;
    }
    const delta = Math.max(-60, Math.min(60, event.deltaY * unit));
    this.viewport.zoom(Math.exp(-delta * (event.ctrlKey ? 0.012 : 0.0035)), { x: event.clientX, y: event.clientY });
  }

  /** Two fingers: JointJS knows only the trackpad's pinch. */
  listenTouch() {
    /** @type {{distance: number, x: number, y: number} | null} */
    let last = null;
    this.pinching = false;
    this.host.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2) return;
      event.preventDefault();
      event.stopPropagation();
      this.pinching = true;
      const [a, b] = [event.touches[0], event.touches[1]];
      const now = { distance: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2 };
      if (last) {
        this.viewport.pan(now.x - last.x, now.y - last.y);
        this.viewport.zoom(now.distance / Math.max(1, last.distance), now);
      }
      last = now;
    }, { capture: true, passive: false });
    this.host.addEventListener("touchend", (event) => {
      last = null;
      if (event.touches.length === 0) setTimeout(() => (this.pinching = false));
    }, { capture: true });
  }
}

/** @param {any} event */
function spot(event) {
  const point = event.touches?.[0] ?? event.changedTouches?.[0] ?? event;
  return { x: point.clientX, y: point.clientY };
}
