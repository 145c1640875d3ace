/**
 * Traffic as dots: a few a second on each link, on one canvas at 30 frames a second. They show where requests go and
 * roughly how many; a share as large as the failed share turns and falls off before the callee.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("./diagram.js").Diagram} Diagram
 * @typedef {import("./viewport.js").Viewport} Viewport
 * @typedef {{xs: number[], ys: number[], length: number}} Path
 * @typedef {{link: string, born: number, speed: number, failsAt: number}} Dot
 */
import { dotsPerSecond } from "../core/states.js";

const FRAME_MS = 1000 / 30;
const PIXELS_PER_S = 150;
const FALL_S = 0.5;
const MOST = 600;
/** From so many links on half as many pictures a second must do. */
const MANY_LINKS = 200;
/** Styles of links on which nothing moves. */
const STILL = new Set(["async", "message", "control"]);

export class Dots {
  /**
   * @param {App} app
   * @param {Diagram} diagram
   * @param {Viewport} viewport
   * @param {import("./live.js").LiveBadges} live
   * @param {HTMLCanvasElement} canvas
   */
  constructor(app, diagram, viewport, live, canvas) {
    this.app = app;
    this.diagram = diagram;
    this.viewport = viewport;
    this.live = live;
    this.canvas = canvas;
    /** @type {Dot[]} */
    this.dots = [];
    /** @type {Map<string, {corners: string, path: Path}>} */
    this.paths = new Map();
    /** @type {Map<string, number>} what each link owes */
    this.owed = new Map();
    this.last = 0;
    this.running = false;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    app.run.changed.on(() => this.wake());
    viewport.changed.on(() => this.wake());
    new ResizeObserver(() => this.resize()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.readColours());
    app.themed.on(() => this.readColours());
    this.readColours();
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    this.colours = { dot: style.getPropertyValue("--dot").trim(), failed: style.getPropertyValue("--failed").trim() };
  }

  resize() {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * ratio);
    this.ratio = ratio;
  }

  wake() {
    if (this.running) return;
    this.running = true;
    requestAnimationFrame((now) => this.step(now));
  }

  /** @param {number} now milliseconds */
  step(now) {
    const moving = this.app.run.phase === "running" && !this.still.matches;
    if (!moving && this.dots.length === 0) {
      this.running = false;
      this.clear();
      return;
    }
    requestAnimationFrame((next) => this.step(next));
    const passed = now - this.last;
    if (passed < (this.live.rates.size > MANY_LINKS ? 2 : 1) * FRAME_MS - 2) return;
    this.last = now;
    if (this.app.run.phase === "paused") return;
    if (moving) this.spawn(Math.min(passed, 200) / 1000, now);
    else if (this.still.matches || this.app.run.phase !== "running") this.dots = [];
    this.draw(now);
  }

  /**
   * @param {number} seconds
   * @param {number} now
   */
  spawn(seconds, now) {
    for (const [id, rate] of this.live.rates) {
      if (this.isStill(id)) continue;
      const debt = (this.owed.get(id) ?? Math.random()) + dotsPerSecond(rate.sent) * seconds;
      this.owed.set(id, debt % 1);
      if (debt < 1 || this.dots.length >= MOST || !this.app.store.links.has(id)) continue;
      const fails = Math.random() < rate.failed / Math.max(rate.sent, 1e-9);
      this.dots.push({ link: id, born: now, speed: PIXELS_PER_S * (0.9 + Math.random() * 0.2), failsAt: fails ? 0.55 + Math.random() * 0.35 : 2 });
    }
  }

  /**
   * What is only handed over, and a line that only controls, lie still.
   *
   * @param {string} id
   */
  isStill(id) {
    const link = this.app.store.links.get(id);
    return !link || STILL.has(this.app.catalogue.styleOf(this.app.store, link));
  }

  clear() {
    this.canvas.getContext("2d")?.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** @param {number} now */
  draw(now) {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    this.clear();
    const scale = this.viewport.scale * (this.ratio ?? 1);
    context.setTransform(scale, 0, 0, scale, this.viewport.x * (this.ratio ?? 1), this.viewport.y * (this.ratio ?? 1));
    const radius = 2.7 / Math.max(0.5, this.viewport.scale);
    this.dots = this.dots.filter((dot) => this.drawDot(context, dot, now, radius));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Dot} dot
   * @param {number} now
   * @param {number} radius
   * @returns {boolean} whether it lives on
   */
  drawDot(context, dot, now, radius) {
    const path = this.pathOf(dot.link);
    if (!path || path.length === 0) return false;
    const age = (now - dot.born) / 1000;
    const gone = (age * dot.speed) / path.length;
    const fallen = (gone - dot.failsAt) * (path.length / dot.speed);
    if (gone >= 1 && fallen < 0) return false;
    if (fallen > FALL_S) return false;
    const place = along(path, Math.min(gone, dot.failsAt));
    const drop = fallen > 0 ? 26 * (fallen / FALL_S) ** 2 : 0;
    context.globalAlpha = fallen > 0 ? 1 - fallen / FALL_S : Math.min(1, gone * 8, (1 - gone) * 10 + 0.2);
    context.fillStyle = gone > dot.failsAt - 0.06 ? this.colours?.failed ?? "" : this.colours?.dot ?? "";
    context.beginPath();
    context.arc(place.x, place.y + drop, radius, 0, 6.3);
    context.fill();
    return true;
  }

  /**
   * @param {string} id
   * @returns {Path | null}
   */
  pathOf(id) {
    const corners = this.diagram.paths.get(id) ?? "";
    const known = this.paths.get(id);
    if (known && known.corners === corners) return known.path;
    const node = /** @type {SVGPathElement | null} */ (this.diagram.linkView(id)?.el.querySelector(".wire") ?? null);
    const path = node ? sampled(node) : null;
    if (path) this.paths.set(id, { corners, path });
    else this.paths.delete(id);
    return path;
  }
}

/**
 * Points along an SVG path, so that a dot costs no call into the drawing.
 *
 * @param {SVGPathElement} node
 * @returns {Path}
 */
function sampled(node) {
  const length = node.getTotalLength();
  const steps = Math.max(2, Math.ceil(length / 6));
  /** @type {Path} */
  const path = { xs: [], ys: [], length };
  for (let i = 0; i <= steps; i += 1) {
    const point = node.getPointAtLength((length * i) / steps);
    path.xs.push(point.x);
    path.ys.push(point.y);
  }
  return path;
}

/**
 * @param {Path} path
 * @param {number} share
 */
function along(path, share) {
  const exact = Math.max(0, Math.min(1, share)) * (path.xs.length - 1);
  const i = Math.min(path.xs.length - 2, Math.floor(exact));
  const part = exact - i;
  return { x: path.xs[i] + (path.xs[i + 1] - path.xs[i]) * part, y: path.ys[i] + (path.ys[i + 1] - path.ys[i]) * part };
}
