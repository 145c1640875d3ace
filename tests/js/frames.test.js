import assert from "node:assert/strict";
import { test } from "node:test";

import { followedBy, FrameStore, joined, pointOf } from "../../static/app/core/frames.js";
import { Recent } from "../../static/app/core/recent.js";
import { chartEnd, grownTop, seriesOf, seriesOfEach, timeEnd } from "../../static/app/core/series.js";
import { frames } from "./samples.js";

const limits = (more) => ({ points: 1200, events: 500, markers: 60, ...more });
const sum = (items, of) => items.reduce((total, item) => total + of(item), 0);

test("a run's frames become points, events and markers", () => {
  const store = new FrameStore();
  store.add(frames);
  assert.equal(store.points.length, frames.length);
  assert.equal(store.events.length, sum(frames, (frame) => frame.events.length));
  assert.deepEqual(store.markers.map((marker) => marker.word), ["killed"]);
  assert.equal(store.last, frames.at(-1));
});

test("when the points are full, counts and time are conserved and memory is bounded", () => {
  const store = new FrameStore(limits({ points: 10 }));
  for (let i = 0; i < 40; i += 1) store.add(frames.map((frame) => ({ ...frame, t: frame.t + i * 3 })));
  assert.ok(store.points.length <= 10);
  for (const count of ["arrived", "done", "failed", "dropped"]) {
    assert.equal(sum(store.points, (point) => point[count]), 40 * sum(frames, (frame) => frame.window[count]));
  }
  assert.ok(Math.abs(sum(store.points, (point) => point.dt) - 40 * sum(frames, (frame) => frame.dt)) < 1e-6);
});

test("of two percentiles the worse stays, and nothing stays nothing", () => {
  const [a, b] = [pointOf(frames[0]), pointOf(frames[1])];
  const both = joined({ ...a, latency: { p50: 10, p95: null, p99: null } }, { ...b, latency: { p50: 30, p95: 5, p99: null } });
  assert.deepEqual(both.latency, { p50: 30, p95: 5, p99: null });
});

test("events are bounded, and what was forgotten is counted", () => {
  const store = new FrameStore(limits({ events: 5 }));
  const event = { t: 0, kind: "k", severity: "info", text: "x" };
  store.add([{ ...frames[0], events: Array.from({ length: 12 }, () => event) }]);
  assert.equal(store.events.length, 5);
  assert.equal(store.forgottenEvents, 7);
});

test("clearing forgets everything", () => {
  const store = new FrameStore();
  store.add(frames);
  store.clear();
  assert.deepEqual([store.points, store.events, store.markers, store.last], [[], [], [], null]);
});

test("rates are counts over the last second", () => {
  const points = Array.from({ length: 30 }, (_, i) => ({ ...pointOf(frames[0]), t: (i + 1) / 10, dt: 0.1, done: i < 20 ? 10 : 0 }));
  const { y } = seriesOf(points, "done");
  assert.ok(Math.abs(y[15] - 100) < 1e-6);
  assert.ok(Math.abs(y[24] - 50) < 1e-6);
  assert.ok(Math.abs(y[29]) < 1e-6);
});

test("one series for each component and each cause", () => {
  const store = new FrameStore();
  store.add(frames);
  const levels = seriesOfEach(store.points, "component");
  assert.ok(levels.size > 3);
  for (const { x, y } of levels.values()) assert.equal(x.length, y.length);
  const causes = new Set(frames.flatMap((frame) => Object.keys(frame.window.errors)));
  assert.deepEqual(new Set(seriesOfEach(store.points, "cause").keys()), causes);
});

test("axes grow in steps and never shrink", () => {
  assert.equal(grownTop(80), 100);
  assert.equal(grownTop(40, 100), 100);
  assert.equal(grownTop(99, 100), 150);
  assert.equal(timeEnd(30, 120), 120);
  assert.equal(timeEnd(121, 120), 150);
  assert.deepEqual([1, 16, 31, 61, 119].map((at) => chartEnd(at, 120)), [15, 30, 60, 120, 120]);
});

test("figures on cards are those of the last second", () => {
  const recent = new Recent();
  const frame = (rate, keys) => ({ dt: 0.1, components: { a: { metrics: { rate, keys } } } });
  recent.add(Array.from({ length: 30 }, (_, i) => frame(i < 20 ? 1000 : i % 2 ? 110 : 90, i)));
  assert.ok(Math.abs(recent.metric("a", { name: "rate", title: "", unit: "requests/s", form: "rate" }) - 100) < 1e-6);
  assert.equal(recent.metric("a", { name: "keys", title: "", unit: "keys", form: "gauge" }), 29);
  assert.equal(recent.metric("toString", { name: "rate", title: "", unit: "", form: "rate" }), undefined);
});

test("the newest expectation of each component stays until the run is cleared", () => {
  const store = new FrameStore();
  const frame = frames[0];
  const expectation = { formula: "M/M/1 (Erlang C)", metric: "queue", unit: "requests", expected: 3.2, measured: 3.1, half_width: 0.2 };
  store.add([{ ...frame, theory: { a: { none: "theory_changing" }, b: expectation } }]);
  store.add([{ ...frame, seq: frame.seq + 1, theory: { a: expectation } }, { ...frame, seq: frame.seq + 2 }]);
  assert.deepEqual(store.theory.get("a"), expectation);
  assert.deepEqual(store.theory.get("b"), expectation);
  store.clear();
  assert.equal(store.theory.size, 0);
});

test("a chart of many shows those that were busy lately", () => {
  const store = new FrameStore();
  const frame = (t, levels) => ({ ...frames[0], seq: t, t, dt: 1, components: Object.fromEntries(Object.entries(levels).map(([id, utilisation]) => [id, { ...Object.values(frames[0].components)[0], metrics: { utilisation } }])) });
  store.add(Array.from({ length: 60 }, (_, i) => frame(i, { always: 0.5, once: i < 5 ? 1 : 0, never: 0, lately: i > 50 ? 1 : 0 })));
  assert.deepEqual(store.busiest(2), ["always", "lately"]);
  assert.deepEqual([...seriesOfEach(store.points, "component", { only: store.busiest(2) }).keys()], ["always", "lately"]);
  store.clear();
  assert.deepEqual(store.busiest(2), []);
});

test("what the charts follow of components is kept, joined by time, and measured in the chart's unit", () => {
  const figures = { behind: { data: [{ meta: { each: "component", metrics: { oldest_s: 1000, lag_ms: 1 } } }], layout: {} }, cache: { data: [{ meta: { source: "hitRatio" } }], layout: {} } };
  assert.deepEqual(followedBy(figures), { behind: { oldest_s: 1000, lag_ms: 1 } });
  const store = new FrameStore(limits({ points: 4 }), followedBy(figures));
  const frame = (t, metrics) => ({ ...frames[0], seq: t, t, dt: 1, components: Object.fromEntries(Object.entries(metrics).map(([id, each]) => [id, { ...Object.values(frames[0].components)[0], metrics: each }])) });
  store.add([frame(0, { queue: { oldest_s: 2 }, replica: { lag_ms: 5 }, primary: { lag_ms: null }, server: { utilisation: 1 } })]);
  assert.deepEqual(Object.fromEntries(store.points[0].levels.behind), { queue: 2000, replica: 5 });
  assert.deepEqual(store.highest("behind", 1), ["queue"]);
  store.add(Array.from({ length: 5 }, (_, i) => frame(i + 1, { queue: { oldest_s: 4 } })));
  assert.ok(store.points.length <= 4);
  assert.equal(store.points[0].levels.behind.get("queue"), 3000);
  assert.deepEqual([...seriesOfEach(store.points, "component", { level: "behind" }).keys()].sort(), ["queue", "replica"]);
});
