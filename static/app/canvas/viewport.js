/**
 * Pan and zoom: one matrix for the drawing, the dots of the grid and everything that lies over the canvas.
 *
 * While one pans, the finished picture is shifted and the drawing is told where it is a moment later: to paint hundreds
 * of cards anew for each step would stutter.
 *
 * @typedef {{x: number, y: number}} Spot
 */
import { Emitter } from "../core/emitter.js";
import { bounds } from "../core/geometry.js";

const SMALLEST = 0.2;
const LARGEST = 2;
const GRID_PX = 24;
/** After so long without a step the drawing is told. */
const SETTLE_MS = 220;
/** Further than this from where it was painted, the picture has too little beyond its edges. */
const FURTHEST_PX = 200;

export class Viewport {
  /**
   * @param {import("@joint/core").dia.Paper} paper
   * @param {HTMLElement} host
   */
  constructor(paper, host) {
    this.paper = paper;
    this.host = host;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    /** Where the drawing believes to be. */
    this.drawn = { x: 0, y: 0 };
    /** @type {any} */
    this.settling = null;
    host.addEventListener("pointerdown", () => this.settle(), true);
    /** The user moved it: do not fit by ourselves any more. */
    this.touched = false;
    /** @type {Emitter<void>} */
    this.changed = new Emitter();
  }

  apply() {
    this.settle(true);
    this.frame();
  }

  /**
   * Tells the drawing where it is.
   *
   * @param {boolean} [always] also when it has not moved
   */
  settle(always = false) {
    clearTimeout(this.settling);
    if (!always && this.drawn.x === this.x && this.drawn.y === this.y) return;
    this.drawn = { x: this.x, y: this.y };
    this.shift("");
    this.paper.matrix(new DOMMatrix([this.scale, 0, 0, this.scale, this.x, this.y]));
  }

  /** @param {string} transform of the finished picture */
  shift(transform) {
    // the element around the SVG: a transform of the SVG itself would lay all of it out anew
    const { style } = /** @type {HTMLElement} */ (this.paper.el);
    style.transform = transform;
    style.willChange = transform ? "transform" : "";
  }

  /** What lies under the drawing, and who follows it. */
  frame() {
    const grid = GRID_PX * this.scale * (this.scale < 0.6 ? 2 : 1);
    this.host.style.backgroundSize = `${grid}px ${grid}px`;
    this.host.style.backgroundPosition = `${this.x - grid / 2}px ${this.y - grid / 2}px`;
    this.host.classList.toggle("far", this.isFar);
    this.changed.emit();
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    this.touched = true;
    this.x += dx;
    this.y += dy;
    const [x, y] = [this.x - this.drawn.x, this.y - this.drawn.y];
    if (Math.max(Math.abs(x), Math.abs(y)) > FURTHEST_PX) this.settle();
    else {
      this.shift(`translate(${x}px, ${y}px)`);
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.settle(), SETTLE_MS);
    }
    this.frame();
  }

  /**
   * @param {number} factor
   * @param {Spot} [at] in client pixels; the middle otherwise
   */
  zoom(factor, at = this.middle()) {
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.scale * factor));
    const box = this.host.getBoundingClientRect();
    const [px, py] = [at.x - box.left, at.y - box.top];
    this.x = px - ((px - this.x) / this.scale) * scale;
    this.y = py - ((py - this.y) / this.scale) * scale;
    this.scale = scale;
    this.touched = true;
    this.apply();
  }

  /** So small that cards show their names alone. */
  get isFar() {
    return this.scale < 0.5;
  }

  /** @param {Spot} spot on the paper that comes to the middle */
  centre(spot) {
    const now = this.toHost(spot);
    this.pan(this.host.clientWidth / 2 - now.x, this.host.clientHeight / 2 - now.y);
  }

  middle() {
    const box = this.host.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  }

  /**
   * @param {import("../core/geometry.js").Box[]} boxes
   * @param {{top: number, right: number, bottom: number, left: number}} room to leave at the edges
   */
  fit(boxes, room) {
    const box = bounds(boxes);
    const { clientWidth, clientHeight } = this.host;
    if (!box || clientWidth === 0) return;
    const width = clientWidth - room.left - room.right;
    const height = clientHeight - room.top - room.bottom;
    this.scale = Math.min(1, LARGEST, Math.max(SMALLEST, Math.min(width / box.width, height / box.height)));
    this.x = room.left + (width - box.width * this.scale) / 2 - box.x * this.scale;
    this.y = room.top + (height - box.height * this.scale) / 2 - box.y * this.scale;
    this.apply();
  }

  /** @param {Spot} client */
  toPaper(client) {
    const box = this.host.getBoundingClientRect();
    return { x: (client.x - box.left - this.x) / this.scale, y: (client.y - box.top - this.y) / this.scale };
  }

  /** @param {Spot} spot on the paper @returns {Spot} in pixels from the canvas' corner */
  toHost(spot) {
    return { x: spot.x * this.scale + this.x, y: spot.y * this.scale + this.y };
  }

  /**
   * Moves as little as needed for a box to be seen.
   *
   * @param {import("../core/geometry.js").Box} box
   * @param {{right?: number, bottom?: number}} [covered] pixels of the canvas that something lies over
   */
  reveal(box, { right = 0, bottom = 0 } = {}) {
    const [a, b] = [this.toHost(box), this.toHost({ x: box.x + box.width, y: box.y + box.height })];
    const [width, height] = [this.host.clientWidth - right, this.host.clientHeight - bottom];
    const edge = { x: Math.min(24, width / 8), top: Math.min(56, height / 4), bottom: 24 };
    const dx = a.x < edge.x ? edge.x - a.x : b.x > width - edge.x ? width - edge.x - b.x : 0;
    const dy = a.y < edge.top ? edge.top - a.y : b.y > height - edge.bottom ? height - edge.bottom - b.y : 0;
    if (dx || dy) this.pan(dx, dy);
  }
}
