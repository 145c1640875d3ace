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
