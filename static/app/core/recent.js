/**
 * Metrics over the last second instead of the last window: in a tenth of a second one request more is "10/s more", and
 * nobody can read that. Rates and levels are weighted by time, which is exact; what is a state now stays as it is.
 *
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").MetricSpec} MetricSpec
 */

const WINDOW_S = 1;
const AVERAGED = new Set(["rate", "level", "share"]);

export class Recent {
  constructor() {
    /** @type {Frame[]} */
    this.frames = [];
  }

  clear() {
    this.frames = [];
  }

  /** @param {Frame[]} frames */
  add(frames) {
    this.frames.push(...frames);
    let span = this.frames.reduce((sum, frame) => sum + frame.dt, 0);
    while (this.frames.length > 1 && span - this.frames[0].dt >= WINDOW_S - 1e-6) {
      span -= this.frames[0].dt;
      this.frames.shift();
    }
  }

  get span() {
    return this.frames.reduce((sum, frame) => sum + frame.dt, 0);
  }

  /**
   * The classes of traffic: requests a second, and the highest p95 of the windows (percentiles cannot be averaged).
   *
   * @returns {{name: string, arrived: number, done: number, failed: number, dropped: number, p95: number | null}[]}
   */
  classes() {
    const names = new Set(this.frames.flatMap((frame) => Object.keys(frame.window.classes ?? {})));
    const span = this.span;
    return [...names].map((name) => {
      const own = this.frames.map((frame) => (frame.window.classes && Object.hasOwn(frame.window.classes, name) ? frame.window.classes[name] : null)).filter((each) => each !== null);
      const rate = (/** @type {"arrived" | "done" | "failed" | "dropped"} */ count) => (span > 0 ? own.reduce((sum, each) => sum + each[count], 0) / span : 0);
      return { name, arrived: rate("arrived"), done: rate("done"), failed: rate("failed"), dropped: rate("dropped"), p95: highest(own.map((each) => each.latency_ms.p95)) };
    });
  }

  /**
   * Pages: views a second and the highest p95 of their load times; null when clients load none.
   */
  pages() {
    const own = this.frames.map((frame) => frame.window.pages).filter((each) => each !== undefined);
    if (own.length === 0) return null;
    return { rate: own.reduce((sum, each) => sum + each.views, 0) / this.span, p95: highest(own.map((each) => each.load_ms.p95)) };
  }

  /**
   * @param {string} id of a component
   * @param {MetricSpec | undefined} spec
   * @returns {number | string | null | undefined}
   */
  metric(id, spec) {
    const last = this.frames.at(-1)?.components;
    if (!spec || !last || !Object.hasOwn(last, id)) return undefined;
    const now = last[id].metrics[spec.name];
    if (!AVERAGED.has(spec.form) || typeof now === "string") return now;
    let [sum, weights] = [0, 0];
    for (const frame of this.frames) {
      const value = Object.hasOwn(frame.components, id) ? frame.components[id].metrics[spec.name] : null;
      if (typeof value !== "number") continue;
      sum += value * frame.dt;
      weights += frame.dt;
    }
    return weights > 0 ? sum / weights : now ?? null;
  }
}

/** @param {(number | null | undefined)[]} values */
function highest(values) {
  const known = values.filter((value) => typeof value === "number");
  return known.length > 0 ? Math.max(...known) : null;
}
