/**
 * Points of the frame store as the x and y of a chart's traces. Which trace shows what is declared with the figure
 * (`meta.source`): "done" (a count, shown per second), "latency.p95", "hitRatio", and with `each` one trace for every
 * component (with `meta.level`, the figure of it) or error cause that has something to show.
 *
 * @typedef {import("./frames.js").Point} Point
 * @typedef {{x: number[], y: (number | null)[]}} Series
 */

import { LATENCY_SPAN_S } from "./frames.js";

/** Simulated seconds over which counts are turned into rates: one arrival more in 100 ms is not "10/s more". */
export const RATE_WINDOW_S = 1;

const COUNTS = new Set(["arrived", "done", "failed", "dropped"]);

/**
 * @param {Point[]} points
 * @param {string} source
 * @returns {Series}
 */
export function seriesOf(points, source) {
  const x = points.map((point) => point.t);
  if (COUNTS.has(source)) return { x, y: rates(points, (point) => /** @type {any} */ (point)[source]) };
  if (source.startsWith("latency.")) return { x, y: worst(points, (point) => point.latency[source.slice(8)] ?? null) };
  return { x, y: levels(points, (point) => point.hitRatio, (point) => point.arrived) };
}

/**
 * @param {Point[]} points
 * @param {"component" | "cause"} each
 * @param {{only?: string[], level?: string}} [options] only these, all otherwise; which figure of components
 * @returns {Map<string, Series>} by id
 */
export function seriesOfEach(points, each, { only, level = "utilisation" } = {}) {
  const x = points.map((point) => point.t);
  /** @type {Map<string, Series>} */
  const result = new Map();
  for (const id of only ?? idsOf(points, each, level)) {
    const y = each === "component"
      ? levels(points, (point) => point.levels[level].get(id) ?? null, (point) => point.dt)
      : rates(points, (point) => point.errors[id] ?? 0);
    result.set(id, { x, y });
  }
  return result;
}

/**
 * @param {Point[]} points
 * @param {"component" | "cause"} each
 * @param {string} level
 */
function idsOf(points, each, level) {
  const ids = new Set();
  for (const point of points) {
    for (const id of each === "component" ? point.levels[level].keys() : Object.keys(point.errors)) ids.add(id);
  }
  return ids;
}

/**
 * Counts per second over the last second or so before each point: exact sums, no smoothing by weights.
 *
 * @param {Point[]} points
 * @param {(point: Point) => number} count
 */
function rates(points, count) {
  let [from, sum, span] = [0, 0, 0];
  return points.map((point) => {
    sum += count(point);
    span += point.dt;
    while (from < points.length && span - points[from].dt >= RATE_WINDOW_S - 1e-6) {
      sum -= count(points[from]);
      span -= points[from].dt;
      from += 1;
    }
    return span > 0 ? Math.max(0, sum) / span : null;
  });
}

/**
 * Weighted averages over the last second or so. With the time as weight that is exact for time averages; a share is
 * weighted by the requests of its window.
 *
 * @param {Point[]} points
 * @param {(point: Point) => number | null} value
 * @param {(point: Point) => number} weight
 */
function levels(points, value, weight) {
  let from = 0;
  let span = 0;
  return points.map((point, at) => {
    span += point.dt;
    while (from < at && span - points[from].dt >= RATE_WINDOW_S - 1e-6) span -= points[from++].dt;
    if (value(point) === null) return null;
    let [sum, weights] = [0, 0];
    for (let i = from; i <= at; i += 1) {
      const each = value(points[i]);
      if (each === null) continue;
      sum += each * weight(points[i]);
      weights += weight(points[i]);
    }
    return weights > 0 ? sum / weights : value(point);
  });
}

/**
 * The highest value of the last second before each point: percentiles of short windows jump, and cannot be averaged.
 *
 * @param {Point[]} points
 * @param {(point: Point) => number | null} value
 */
function worst(points, value) {
  return points.map((point, at) => {
    let [highest, span] = [value(point), point.latencySpan];
    for (let i = at - 1; i >= 0 && span + points[i].dt <= LATENCY_SPAN_S + 1e-6; i -= 1) {
      span += points[i].dt;
      const each = value(points[i]);
      if (each !== null) highest = highest === null ? each : Math.max(highest, each);
    }
    return highest;
  });
}

/**
 * The top of an axis that only ever grows: 1, 2 or 5 times a power of ten.
 *
 * @param {number} highest
 * @param {number} [former] the axis as it was
 */
export function grownTop(highest, former = 0) {
  if (highest * 1.02 <= former) return former;
  const needed = Math.max(highest * 1.1, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(needed));
  const step = [1, 1.5, 2, 3, 5, 7.5, 10].find((factor) => factor * power >= needed) ?? 10;
  return step * power;
}

/**
 * The end of the time line: the scenario's end, and beyond it whole quarters more.
 *
 * @param {number} t
 * @param {number} duration
 */
export function timeEnd(t, duration) {
  const span = Math.max(duration, 10);
  return t <= span ? span : Math.ceil(t / (span / 4)) * (span / 4);
}

/**
 * The right end of a chart: an eighth of the scenario at first, doubled as time goes on, so that the beginning is not
 * a smear at the left edge.
 *
 * @param {number} t
 * @param {number} duration
 */
export function chartEnd(t, duration) {
  const whole = timeEnd(t, duration);
  const part = [8, 4, 2].map((divisor) => whole / divisor).find((end) => end >= 10 && t <= end);
  return part ?? whole;
}
