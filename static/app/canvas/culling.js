/**
 * Of a large design only what lies in the window is painted. What lies outside keeps its node, so that Tab, screen
 * readers and scripts still find it; only the node's inside is hidden.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/geometry.js").Box} Box
 */
import { Emitter } from "../core/emitter.js";
import { bounds } from "../core/geometry.js";
import { atNextPicture } from "./next-picture.js";

/** Below this many components everything is painted: it costs less than finding out. */
const FROM = 80;
/** Pixels beyond the window's edges that are painted too, so that a small move uncovers nothing. */
const MARGIN_PX = 240;

export class Culling {
  /**
   * @param {App} app
   * @param {import("./diagram.js").Diagram} diagram
   * @param {import("./viewport.js").Viewport} viewport
   * @param {HTMLElement} host
   */
  constructor(app, diagram, viewport, host) {
    this.app = app;
    this.diagram = diagram;
    this.viewport = viewport;
    this.host = host;
    /** @type {Map<string, {corners: string, box: Box | null}>} */
    this.linkBoxes = new Map();
    /** What is not painted any more. @type {Emitter<Set<string>>} */
    this.changed = new Emitter();
    this.done = { x: NaN, y: NaN, scale: NaN };
    this.active = false;
    const soon = atNextPicture(() => this.draw());
    viewport.changed.on(() => this.moved() && soon());
    app.store.changed.on(soon);
    diagram.graph.on("change:position", soon);
    new ResizeObserver(soon).observe(host);
    soon();
  }

  /** Whether the window left what was painted for it. */
  moved() {
    const { x, y, scale } = this.done;
    return !(scale === this.viewport.scale && Math.abs(x - this.viewport.x) < MARGIN_PX / 2 && Math.abs(y - this.viewport.y) < MARGIN_PX / 2);
  }

  draw() {
    const { store } = this.app;
    const active = store.components.size >= FROM;
    this.host.classList.toggle("many", active);
    if (!active && !this.active) return;
    this.active = active;
    this.done = { x: this.viewport.x, y: this.viewport.y, scale: this.viewport.scale };
    const window = this.window();
    /** @type {Set<string>} */
    const away = new Set();
    for (const id of store.components.keys()) if (active && !meets(this.diagram.boxOf(id) ?? null, window)) away.add(id);
    for (const id of store.links.keys()) if (active && !meets(this.linkBox(id), window)) away.add(`link ${id}`);
    for (const id of store.components.keys()) cull(this.diagram.view(id)?.el, away.has(id));
    for (const id of store.links.keys()) cull(this.diagram.linkView(id)?.el, away.has(`link ${id}`));
    this.changed.emit(away);
  }

  /** What is painted, in the drawing's own units. */
  window() {
    const { scale, x, y } = this.viewport;
    return {
      x: (-x - MARGIN_PX) / scale, y: (-y - MARGIN_PX) / scale,
      width: (this.host.clientWidth + 2 * MARGIN_PX) / scale, height: (this.host.clientHeight + 2 * MARGIN_PX) / scale,
    };
  }

  /** @param {string} id */
  linkBox(id) {
    const corners = this.diagram.paths.get(id) ?? "[]";
    const known = this.linkBoxes.get(id);
    if (known?.corners === corners) return known.box;
    const spots = /** @type {{x: number, y: number}[]} */ (JSON.parse(corners));
    const box = bounds(spots.map((spot) => ({ ...spot, width: 0, height: 0 })));
    this.linkBoxes.set(id, { corners, box });
    return box;
  }
}

/**
 * @param {Element | undefined} element
 * @param {boolean} away
 */
function cull(element, away) {
  if (element && element.classList.contains("culled") !== away) element.classList.toggle("culled", away);
}

/**
 * @param {Box | null} box
 * @param {Box} window
 */
function meets(box, window) {
  return box === null || (box.x < window.x + window.width && box.x + box.width > window.x && box.y < window.y + window.height && box.y + box.height > window.y);
}
