/**
 * What the page remembers of a run: points for the charts, events, markers, and the newest frame. All bounded.
 *
 * When the points are full, neighbours are joined: counts add up and levels are weighted by time (both exact); of two
 * percentiles the higher stays, because percentiles cannot be averaged and hiding the worse one would flatter.
 *
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").RunEvent} RunEvent
 * @typedef {import("./types.js").Expectation} Expectation
 * Of latencies a point has those of the last second when the engine gives them (`latencySpan` is 1 then), else those of
 * its own window; charts show the highest of the last second either way.
 *
 * @typedef {{t: number, dt: number, latencySpan: number, arrived: number, done: number, failed: number, dropped: number,
 *   latency: Record<string, number | null>, hitRatio: number | null, errors: Record<string, number>,
 *   levels: Record<string, Map<string, number>>}} Point
 * `levels` has, for each figure that is followed component by component, its value by the component's id.
 * @typedef {Record<string, Record<string, number>>} Followed for each figure, which metrics show it and what one of it is worth
 * @typedef {{t: number, kind: string, word: string, severity: string, text: string}} Marker
 */
import { Emitter } from "./emitter.js";
import { IncidentBook } from "./incidents.js";
import { Recent } from "./recent.js";

/** Simulated seconds that a latency on a chart covers: in a tenth of one there are too few requests for a percentile. */
export const LATENCY_SPAN_S = 1;

/** What lies this long ago counts a third. */
const BUSY_FOR_S = 30;

/** Followed in every run: whoever is busiest is chosen by it. @type {Followed} */
const ALWAYS = { utilisation: { utilisation: 1 } };

export const LIMITS = Object.freeze({ points: 1200, events: 500, markers: 60 });

export class FrameStore {
  /**
   * @param {{points: number, events: number, markers: number}} [limits]
   * @param {Followed} [followed]
   */
  constructor(limits = LIMITS, followed = {}) {
    this.limits = limits;
    /** @type {Followed} */
    this.followed = { ...followed, ...ALWAYS };
    /** @type {Emitter<Frame[]>} */
    this.added = new Emitter();
    /** @type {Emitter<void>} */
    this.cleared = new Emitter();
    /** Grows with every change, so that a drawing knows whether it is stale. */
    this.version = 0;
    /** @type {Point[]} */
    this.points = [];
    /** @type {RunEvent[]} */
    this.events = [];
    /** @type {Marker[]} */
    this.markers = [];
    /** @type {Frame | null} */
    this.last = null;
    this.forgottenEvents = 0;
    /** Simulated seconds that a point must span; doubles when the points are full. */
    this.pointSpan = 0;
    this.recent = new Recent();
    this.incidents = new IncidentBook();
    /** Losses whose traffic came back in the last frames. @type {import("./types.js").Incident[]} */
    this.backNow = [];
    /** How busy each component was lately, to choose whom a chart has room for. @type {Map<string, number>} */
    this.busyness = new Map();
    /** What a formula expects of each component, the newest of each. @type {Map<string, Expectation>} */
    this.theory = new Map();
  }

  clear() {
    this.recent.clear();
    this.incidents.clear();
    this.backNow = [];
    this.busyness.clear();
    this.theory.clear();
    this.points = [];
    this.events = [];
    this.markers = [];
    this.last = null;
    this.forgottenEvents = 0;
    this.pointSpan = 0;
    this.version += 1;
    this.cleared.emit();
  }

  /** @param {Frame[]} frames in order */
  add(frames) {
    for (const frame of frames) {
      this.addPoint(pointOf(frame, this.followed));
      for (const event of frame.events) this.addEvent(event);
      for (const [id, expectation] of Object.entries(frame.theory ?? {})) this.theory.set(id, expectation);
      this.last = frame;
    }
    this.recent.add(frames);
    this.backNow = this.incidents.add(frames);
    this.version += 1;
    this.added.emit(frames);
  }

  /**
   * The components that were the busiest over the last half minute or so, the busiest first.
   *
   * @param {number} most
   */
  busiest(most) {
    return [...this.busyness].sort((a, b) => b[1] - a[1]).slice(0, most).map(([id]) => id);
  }

  /**
   * Those of a figure that are highest now.
   *
   * @param {string} figure
   * @param {number} most
   */
  highest(figure, most) {
    const now = this.points.at(-1)?.levels[figure] ?? new Map();
    return [...now].sort((a, b) => b[1] - a[1]).slice(0, most).map(([id]) => id);
  }

  /** @param {Point} point */
  addPoint(point) {
    const kept = Math.exp(-point.dt / BUSY_FOR_S);
    for (const [id, level] of point.levels.utilisation) this.busyness.set(id, (this.busyness.get(id) ?? 0) * kept + level * point.dt);
    const last = this.points.at(-1);
    if (last && last.dt + point.dt <= this.pointSpan + 1e-9) {
      this.points[this.points.length - 1] = joined(last, point);
      return;
    }
    this.points.push(point);
    if (this.points.length > this.limits.points) this.thin();
  }

  thin() {
    const thinned = [];
    for (let i = 0; i < this.points.length; i += 2) {
      const next = this.points[i + 1];
      thinned.push(next ? joined(this.points[i], next) : this.points[i]);
    }
    this.points = thinned;
    this.pointSpan = Math.max(...thinned.slice(0, 3).map((point) => point.dt));
  }

  /** @param {RunEvent} event */
  addEvent(event) {
    this.events.push(event);
    if (this.events.length > this.limits.events) {
      this.events.shift();
      this.forgottenEvents += 1;
    }
    if (event.marker) this.addMarker({ t: event.t, kind: event.kind, word: event.short ?? "", severity: event.severity, text: event.text });
  }

  /** @param {Marker} marker */
  addMarker(marker) {
    this.markers.push(marker);
    if (this.markers.length > this.limits.markers) this.markers.shift();
    this.version += 1;
  }

  /** Those that are on now. @returns {import("./types.js").ActiveFault[]} */
  get faults() {
    return this.last?.final ? [] : this.last?.faults ?? [];
  }

  /** @param {string} id */
  component(id) {
    const components = this.last?.components;
    return components && Object.hasOwn(components, id) ? components[id] : undefined;
  }
}

/**
 * What the charts want to know of each component.
 *
 * @param {Record<string, import("./types.js").ChartFigure>} figures
 * @returns {Followed}
 */
export function followedBy(figures) {
  /** @type {Followed} */
  const followed = {};
  for (const [name, figure] of Object.entries(figures)) {
    for (const trace of figure.data) {
      const { metrics } = /** @type {{metrics?: Record<string, number>}} */ (trace.meta ?? {});
      if (metrics) followed[name] = metrics;
    }
  }
  return followed;
}

/**
 * @param {Frame} frame
 * @param {Followed} [followed]
 * @returns {Point}
 */
export function pointOf(frame, followed = ALWAYS) {
  const { window } = frame;
  /** @type {Point["levels"]} */
  const levels = {};
  for (const [figure, metrics] of Object.entries(followed)) levels[figure] = levelsOf(frame, Object.entries(metrics));
  const { p50 = null, p95 = null, p99 = null } = window.latency_1s_ms ?? window.latency_ms;
  return {
    t: frame.t, dt: frame.dt, latencySpan: window.latency_1s_ms ? Math.max(LATENCY_SPAN_S, frame.dt) : frame.dt,
    arrived: window.arrived, done: window.done, failed: window.failed, dropped: window.dropped,
    latency: { p50, p95, p99 }, hitRatio: window.cache_hit_ratio, errors: window.errors, levels,
  };
}

/**
 * @param {Frame} frame
 * @param {[string, number][]} metrics
 */
function levelsOf(frame, metrics) {
  const levels = new Map();
  for (const [id, component] of Object.entries(frame.components)) {
    for (const [name, worth] of metrics) {
      const value = component.metrics[name];
      if (typeof value === "number") levels.set(id, value * worth);
    }
  }
  return levels;
}

/**
 * @param {Point} a
 * @param {Point} b the one that follows
 * @returns {Point}
 */
export function joined(a, b) {
  const dt = a.dt + b.dt;
  /** @type {Record<string, number>} */
  const errors = { ...a.errors };
  for (const [cause, count] of Object.entries(b.errors)) errors[cause] = (errors[cause] ?? 0) + count;
  /** @type {Point["levels"]} */
  const levels = {};
  for (const [figure, later] of Object.entries(b.levels)) {
    levels[figure] = new Map(later);
    for (const [id, value] of a.levels[figure]) {
      const other = later.get(id);
      levels[figure].set(id, other === undefined ? value : (value * a.dt + other * b.dt) / dt);
    }
  }
  return {
    t: b.t, dt, latencySpan: Math.max(dt, b.latencySpan),
    arrived: a.arrived + b.arrived, done: a.done + b.done, failed: a.failed + b.failed, dropped: a.dropped + b.dropped,
    latency: {
      p50: higher(a.latency.p50, b.latency.p50),
      p95: higher(a.latency.p95, b.latency.p95),
      p99: higher(a.latency.p99, b.latency.p99),
    },
    hitRatio: weighted(a.hitRatio, a.dt, b.hitRatio, b.dt), errors, levels,
  };
}

/**
 * @param {number | null} a
 * @param {number | null} b
 */
function higher(a, b) {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

/**
 * @param {number | null} a
 * @param {number} aWeight
 * @param {number | null} b
 * @param {number} bWeight
 */
function weighted(a, aWeight, b, bWeight) {
  if (a === null || b === null) return a ?? b;
  return (a * aWeight + b * bWeight) / (aWeight + bWeight);
}
