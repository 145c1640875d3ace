import assert from "node:assert/strict";
import { test } from "node:test";

import { costsOf } from "../../static/app/core/costs.js";
import { joined, pointOf } from "../../static/app/core/frames.js";
import { outlineOf } from "../../static/app/core/outline.js";
import { Recent } from "../../static/app/core/recent.js";
import { seriesOf } from "../../static/app/core/series.js";
import { lookNamed } from "../../static/app/core/states.js";
import { extendedCatalogue } from "./extended.js";
import { catalogue, frames } from "./samples.js";

const point = (i, p99, more = {}) => ({ ...pointOf(frames[0]), t: (i + 1) / 10, dt: 0.1, latencySpan: 0.1, latency: { p50: 1, p95: 2, p99 }, ...more });

test("a latency on a chart is the highest of the last second, not one of a tenth", () => {
  const points = Array.from({ length: 30 }, (_, i) => point(i, i === 12 ? 500 : 20));
  const { y } = seriesOf(points, "latency.p99");
  assert.deepEqual([11, 12, 17, 21, 22].map((i) => y[i]), [20, 500, 500, 500, 20]);
});

test("windows without requests do not hide what was before them, and a second without any is a gap", () => {
  const points = Array.from({ length: 30 }, (_, i) => point(i, i < 5 ? 40 : null));
  const { y } = seriesOf(points, "latency.p99");
  assert.deepEqual([4, 9, 13, 14, 29].map((i) => y[i]), [40, 40, 40, null, null]);
});

test("what the engine merged over a second is shown as it is", () => {
  const merged = frames.map((frame, i) => pointOf({ ...frame, t: i / 10, dt: 0.1, window: { ...frame.window, latency_1s_ms: { p50: 1, p95: 2, p99: i } } }));
  assert.deepEqual(seriesOf(merged, "latency.p99").y, merged.map((_, i) => i));
});

test("long points are not made longer", () => {
  const long = [0, 1, 2].map((i) => joined(point(2 * i, 10 * i, { dt: 1, latencySpan: 1 }), point(2 * i + 1, 1, { dt: 1, latencySpan: 1 })));
  assert.deepEqual(seriesOf(long, "latency.p99").y, [1, 10, 20]);
});

const classFrame = (i) => ({
  dt: 0.1, components: {},
  window: {
    classes: { read: { arrived: 10, done: 9, failed: i === 9 ? 10 : 0, dropped: 0, latency_ms: { p95: 20 + i } }, ...(i === 5 ? { write: { arrived: 1, done: 1, failed: 0, dropped: 0, latency_ms: { p95: null } } } : {}) },
    ...(i % 2 ? { pages: { views: 3, load_ms: { p95: 300 + i } } } : {}),
  },
});

test("classes of traffic over the last second", () => {
  const recent = new Recent();
  recent.add(Array.from({ length: 10 }, (_, i) => classFrame(i)));
  const [read, write] = recent.classes();
  assert.deepEqual([read.name, Math.round(read.arrived), Math.round(read.failed), read.p95], ["read", 100, 10, 29]);
  assert.deepEqual([write.name, Math.round(write.arrived), write.p95], ["write", 1, null]);
  assert.deepEqual([Math.round(recent.pages().rate), recent.pages().p95], [15, 309]);
});

test("frames without classes, pages and costs say nothing of them", () => {
  const recent = new Recent();
  recent.add([{ dt: 0.1, components: {}, window: {} }]);
  assert.deepEqual([recent.classes(), recent.pages(), costsOf(null), costsOf(frames[0])], [[], null, null, frames[0].cost ? costsOf(frames[0]) : null]);
});

test("costs: the dearest first, of a summary also for what", () => {
  const frame = { cost: { per_month: 90 }, components: { a: { cost: { per_month: 30 } }, b: { cost: { per_month: 60 } }, c: {} } };
  assert.deepEqual(costsOf(frame).components.map(({ id }) => id), ["b", "a"]);
  const summary = { cost: { per_month: 90, components: { a: { per_month: 31, instances: 20, requests: 11, storage: 0 } } } };
  assert.deepEqual(costsOf({ ...frame, summary }).components[1], { id: "a", total: 31, parts: [{ name: "instances", cost: 20 }, { name: "requests", cost: 11 }] });
});

test("the outline follows the places, sorts as people count, and finds", () => {
  const entry = (label, inside) => ({ kind: "k", label, x: 0, y: 0, parameters: {}, ...(inside ? { inside } : {}) });
  const components = new Map([["s10", entry("Server 10", "z")], ["s2", entry("Server 2", "z")], ["z", entry("Zone", "r")], ["r", entry("Region")], ["lost", entry("Lost", "gone")], ["a", entry("A", "b")], ["b", entry("B", "a")]]);
  const names = (entries) => entries.map(({ component, members }) => (members.length > 0 ? [component.label, names(members)] : component.label));
  assert.deepEqual(names(outlineOf(components)), ["A", "B", "Lost", ["Region", [["Zone", ["Server 2", "Server 10"]]]]]);
  assert.deepEqual(names(outlineOf(components, "server 1")), [["Region", [["Zone", ["Server 10"]]]]]);
  assert.deepEqual(outlineOf(components, "nobody"), []);
});

test("what starts and what drains have looks of their own", () => {
  const names = ["up", "busy", "saturated", "failing", "recovering", "starting", "draining", "down"];
  assert.equal(new Set(names.map((name) => lookNamed(name).shape)).size, names.length);
  assert.equal(new Set(names.map((name) => lookNamed(name).word())).size, names.length);
});

test("traffic begins where nobody asks", () => {
  const catalogue = extendedCatalogue();
  const sources = catalogue.document.kinds.filter((kind) => catalogue.sendsTraffic(kind.kind));
  assert.ok(sources.length > 0 && sources.every((kind) => kind.group === "traffic" || kind.provides === null));
  assert.ok(!catalogue.document.kinds.filter((kind) => kind.place || !kind.runs).some((kind) => catalogue.sendsTraffic(kind.kind)));
});

test("what controls can be wired to what grows, and to nothing else", () => {
  const subject = catalogue();
  const kinds = subject.document.kinds;
  const controllers = kinds.filter((kind) => kind.ports.some((port) => port.style === "control" && port.grows));
  assert.ok(controllers.length > 0, "the catalogue lists such a port");
  for (const { kind } of controllers) {
    for (const target of kinds.filter((each) => each.provides)) {
      assert.equal(subject.port(kind, target.kind)?.style, target.grows ? "control" : undefined, target.kind);
    }
  }
});
