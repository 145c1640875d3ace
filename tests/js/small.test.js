import assert from "node:assert/strict";
import { test } from "node:test";

import { ColourBook, PALETTE } from "../../static/app/core/colours.js";
import { Drafts } from "../../static/app/core/drafts.js";
import { bounds, lanes, route } from "../../static/app/core/geometry.js";
import { routes, socketUrl, tokenOf } from "../../static/app/core/routes.js";
import { multiplierAt, trafficLine } from "../../static/app/core/scenario.js";
import { Selection } from "../../static/app/core/selection.js";
import { dotsPerSecond, lookOf, ticksFor, wireWidth } from "../../static/app/core/states.js";
import { design, memoryStorage } from "./samples.js";

test("a draft comes back when it differs from what was served", () => {
  const storage = memoryStorage();
  const drafts = new Drafts(storage, "secret-token", "new", () => 5);
  assert.equal(drafts.find(design()), null);
  drafts.keep({ ...design(), name: "Mine" }, 3);
  assert.deepEqual(drafts.find(design()), { design: { ...design(), name: "Mine" }, base: 3, at: 5 });
  assert.equal(drafts.find({ ...design(), name: "Mine" }), null);
  drafts.drop();
  assert.equal(drafts.find(design()), null);
});

test("drafts of several designs stay apart and do not show the secret", () => {
  const storage = memoryStorage();
  new Drafts(storage, "one").keep({ ...design(), name: "One" }, 1);
  new Drafts(storage, null).keep({ ...design(), name: "New" }, null);
  assert.equal(new Drafts(storage, "two").read(), null);
  assert.equal(new Drafts(storage, null).read().design.name, "New");
  assert.equal(new Drafts(storage, null, "example.chat").read(), null);
  for (const key of storage.entries.keys()) assert.doesNotMatch(key, /one/);
});

test("a browser without storage, or with rubbish in it, is no reason to fail", () => {
  const broken = { getItem: () => { throw new Error("forbidden"); }, setItem: () => { throw new Error("full"); }, removeItem: () => { throw new Error("forbidden"); } };
  const drafts = new Drafts(broken, null);
  assert.equal(drafts.keep(design(), null), false);
  assert.equal(drafts.read(), null);
  drafts.drop();
  const storage = memoryStorage();
  storage.setItem(new Drafts(storage, null).key, "{not json");
  assert.equal(new Drafts(storage, null).read(), null);
});

test("addresses", () => {
  assert.equal(tokenOf("/d/abc_-1/"), "abc_-1");
  assert.equal(tokenOf("/"), null);
  assert.equal(routes.revoke("a/b", 3), "/api/designs/a%2Fb/links/3/revoke/");
  assert.equal(socketUrl({ protocol: "https:", host: "h:1" }, "r"), "wss://h:1/ws/runs/r/");
});

test("traffic between points is a straight line", () => {
  const traffic = [{ at_s: 30, multiplier: 1 }, { at_s: 40, multiplier: 5 }];
  assert.deepEqual([0, 30, 35, 40, 90].map((at) => multiplierAt(traffic, at)), [1, 1, 3, 5, 5]);
  assert.equal(multiplierAt([], 3), 1);
  assert.equal(multiplierAt([{ at_s: 5, multiplier: 1 }, { at_s: 5, multiplier: 4 }], 6), 4);
  assert.deepEqual(trafficLine({ title: "", duration_s: 60, traffic, faults: [] }).map((point) => point.at_s), [0, 30, 40, 60]);
});

test("a component keeps its colour", () => {
  const book = new ColourBook();
  const first = book.of("a");
  for (let i = 0; i < 20; i += 1) book.of(`other-${i}`);
  assert.equal(book.of("a"), first);
  assert.equal(new Set(Array.from({ length: PALETTE.length }, (_, i) => new ColourBook().of(String(i)) && PALETTE[i])).size, PALETTE.length);
  assert.notEqual(book.dash("other-15"), "solid");
});

test("selection: toggling, links alone, forgetting what is gone", () => {
  const selection = new Selection();
  let changes = 0;
  selection.changed.on(() => (changes += 1));
  selection.set(["a"]);
  selection.set(["a"]);
  selection.toggle("b");
  assert.deepEqual([...selection.components], ["a", "b"]);
  assert.equal(selection.only, null);
  selection.prune({ components: new Map([["a", 1]]), links: new Map() });
  assert.equal(selection.only, "a");
  selection.setLink("l");
  assert.equal(selection.only, null);
  selection.prune({ components: new Map(), links: new Map() });
  assert.ok(selection.empty);
  assert.equal(changes, 5);
});

test("a death nobody noticed looks different from one that was", () => {
  const frame = (state, noticed) => ({ state, noticed, role: null, arrived: 0, done: 0, failed: 0, dropped: 0, in_flight: 0, metrics: {} });
  assert.equal(lookOf(undefined).name, "idle");
  assert.equal(lookOf(frame("down", false)).name, "unnoticed");
  assert.equal(lookOf(frame("down", true)).name, "down");
  assert.equal(lookOf(frame("from the future", true)).name, "up");
  const looks = ["up", "busy", "saturated", "failing", "recovering", "down"].map((state) => lookOf(frame(state, true)));
  assert.equal(new Set(looks.map((look) => look.shape)).size, looks.length);
  assert.equal(new Set(looks.map((look) => look.word())).size, looks.length);
});

test("ticks, widths and dots grow with their cause and are bounded", () => {
  assert.deepEqual([0, 0.1, 1, 4, 1e6].map((waiting) => ticksFor(waiting, 8)), [0, 0, 1, 3, 8]);
  for (const scale of [wireWidth, dotsPerSecond]) {
    const values = [0, 1, 10, 100, 1e4, 1e7].map(scale);
    assert.deepEqual(values, [...values].sort((a, b) => a - b));
    assert.ok(values.at(-1) <= 6);
  }
});

const box = (x, y) => ({ x, y, width: 168, height: 76 });

test("links run at right angles from the right side to the left side", () => {
  for (const to of [box(300, 0), box(300, 200), box(-300, 0), box(0, 200), box(0, -200), box(100, 10)]) {
    const corners = route(box(0, 0), to, { out: 0, in: 0, track: 0 });
    assert.deepEqual(corners[0], { x: 168, y: 38 });
    assert.deepEqual(corners.at(-1), { x: to.x, y: to.y + 38 });
    for (let i = 1; i < corners.length; i += 1) assert.ok(corners[i].x === corners[i - 1].x || corners[i].y === corners[i - 1].y);
  }
});

test("links that share a side or a gap do not lie on one another", () => {
  const boxes = new Map([["a", box(0, 0)], ["b", box(0, 120)], ["c", box(400, 0)], ["d", box(400, 120)]]);
  const wires = ["a", "b"].flatMap((from) => ["c", "d"].map((to) => ({ id: `${from}${to}`, from, to })));
  const result = lanes(wires, (id) => boxes.get(id));
  const starts = wires.map((wire) => `${wire.from} ${result.get(wire.id).out}`);
  const ends = wires.map((wire) => `${wire.to} ${result.get(wire.id).in}`);
  const turning = ["ad", "bc"].map((id) => result.get(id).track);
  for (const list of [starts, ends, turning]) assert.equal(new Set(list).size, list.length);
});

test("the bounds of nothing are nothing", () => {
  assert.equal(bounds([]), null);
  assert.deepEqual(bounds([box(0, 0), box(100, 100)]), { x: 0, y: 0, width: 268, height: 176 });
});
