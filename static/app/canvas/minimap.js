/**
 * The whole design in a corner, with the window on it, while a part of the design lies outside. A press or drag takes the
 * window there. For the mouse: the outline in the inspector leads everywhere, too.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/geometry.js").Box} Box
 */
import { bounds } from "../core/geometry.js";
import { lookOf } from "../core/states.js";
import { boxOf } from "../core/places.js";
import { atNextPicture } from "./next-picture.js";

const SIZE = { width: 168, height: 104 };
const EDGE = 8;
const EVERY_MS = 300;
/** So much of the design may lie outside before the map is worth its room. */
const OUTSIDE_PX = 8;

export class Minimap {
  /**
   * @param {App} app
   * @param {import("./viewport.js").Viewport} viewport
   * @param {HTMLElement} host
   * @param {HTMLCanvasElement} canvas
   */
  constructor(app, viewport, host, canvas) {
    this.app = app;
    this.viewport = viewport;
    this.host = host;
    this.canvas = canvas;
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = SIZE.width * this.ratio;
    canvas.height = SIZE.height * this.ratio;
    this.at = 0;
    const soon = atNextPicture(() => this.draw());
    for (const emitter of [app.store.changed, viewport.changed, app.selection.changed, app.themed]) {
      /** @type {import("../core/emitter.js").Emitter<any>} */ (emitter).on(soon);
    }
    app.frames.added.on(() => performance.now() - this.at > EVERY_MS && soon());
    app.frames.cleared.on(soon);
    new ResizeObserver(soon).observe(host);
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    soon();
  }

  /** The design and the window, in the drawing's units. */
  extent() {
    const design = bounds([...this.app.store.components.values()].map(boxOf));
    if (!design) return null;
    const { scale, x, y } = this.viewport;
    const window = { x: -x / scale, y: -y / scale, width: this.host.clientWidth / scale, height: this.host.clientHeight / scale };
    return { design, window };
  }

  draw() {
    this.at = performance.now();
    const extent = this.extent();
    const away = extent !== null && !contains(extent.window, extent.design, OUTSIDE_PX / this.viewport.scale);
    this.canvas.hidden = !away;
    const context = away ? this.canvas.getContext("2d") : null;
    if (!extent || !context) return;
    const place = fitted(extent.design);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, SIZE.width, SIZE.height);
    this.drawThings(context, place);
    const frame = place(extent.window);
    context.strokeStyle = colour("--accent");
    context.fillStyle = colour("--accent");
    context.globalAlpha = 0.08;
    context.fillRect(frame.x, frame.y, frame.width, frame.height);
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    context.strokeRect(frame.x, frame.y, frame.width, frame.height);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {(box: Box) => Box} place
   */
  drawThings(context, place) {
    const { catalogue, frames, selection, store } = this.app;
    const [ink, bad, accent, area] = ["--ink-3", "--failed", "--accent", "--place"].map(colour);
    for (const [id, entry] of store.components) {
      const box = place(boxOf(entry));
      const held = catalogue.isPlace(entry.kind);
      const tone = lookOf(frames.component(id)).tone;
      context.globalAlpha = held ? 0.18 : tone === "bad" ? 1 : 0.55;
      context.fillStyle = selection.components.has(id) ? accent : held ? area : tone === "bad" ? bad : ink;
      context.fillRect(box.x, box.y, Math.max(1.5, box.width), Math.max(1.5, box.height));
    }
    context.globalAlpha = 1;
  }

  /** @param {PointerEvent} start */
  press(start) {
    const extent = this.extent();
    if (!extent || start.button !== 0) return;
    start.preventDefault();
    this.canvas.setPointerCapture(start.pointerId);
    const back = unfitted(extent.design);
    const go = (/** @type {PointerEvent} */ event) => {
      const corner = this.canvas.getBoundingClientRect();
      this.viewport.centre(back({ x: event.clientX - corner.left, y: event.clientY - corner.top }));
    };
    const end = () => {
      this.canvas.removeEventListener("pointermove", go);
      for (const name of ["pointerup", "pointercancel"]) this.canvas.removeEventListener(name, end);
    };
    this.canvas.addEventListener("pointermove", go);
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, end);
    go(start);
  }
}

/** @param {Box} design */
function measure(design) {
  const scale = Math.min((SIZE.width - 2 * EDGE) / design.width, (SIZE.height - 2 * EDGE) / design.height);
  return { scale, x: (SIZE.width - design.width * scale) / 2 - design.x * scale, y: (SIZE.height - design.height * scale) / 2 - design.y * scale };
}

/**
 * From the drawing onto the map.
 *
 * @param {Box} design
 * @returns {(box: Box) => Box}
 */
function fitted(design) {
  const { scale, x, y } = measure(design);
  return (box) => ({ x: box.x * scale + x, y: box.y * scale + y, width: box.width * scale, height: box.height * scale });
}

/**
 * From the map into the drawing.
 *
 * @param {Box} design
 */
function unfitted(design) {
  const { scale, x, y } = measure(design);
  return (/** @type {{x: number, y: number}} */ spot) => ({ x: (spot.x - x) / scale, y: (spot.y - y) / scale });
}

/**
 * @param {Box} outer
 * @param {Box} inner
 * @param {number} slack
 */
function contains(outer, inner, slack) {
  return inner.x >= outer.x - slack && inner.y >= outer.y - slack && inner.x + inner.width <= outer.x + outer.width + slack && inner.y + inner.height <= outer.y + outer.height + slack;
}

/** @param {string} name */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
