import assert from "node:assert/strict";
import { test } from "node:test";

import * as edits from "../../static/app/core/edits.js";
import { middleOf } from "../../static/app/core/geometry.js";
import { History } from "../../static/app/core/history.js";
import { countOf, countWord } from "../../static/app/core/instances.js";
import { commandsFor } from "../../static/app/core/live-edit.js";
import * as places from "../../static/app/core/places.js";
import { extendedCatalogue, parameter, PLACES, placedStore } from "./extended.js";

const catalogue = extendedCatalogue();
const plain = catalogue.document.kinds.find((kind) => kind.runs && !kind.place).kind;
const card = (x, y, more = {}) => ({ kind: plain, label: `At ${x}`, x, y, parameters: {}, ...more });
const perform = (subject, edit) => subject.apply(edit.operations);
const inside = (subject, id) => subject.components.get(id).inside ?? null;
const spot = (subject, id) => [subject.components.get(id).x, subject.components.get(id).y];

test("a thing let go in a place stands in the smallest there, and outside of all in none", () => {
  const subject = placedStore({ a: card(5000, 5000) });
  const dropAt = (x, y) => perform(subject, edits.move(subject, catalogue, new Map([["a", { x, y }]])));
  dropAt(640, 160);
  assert.equal(inside(subject, "a"), "inner");
  dropAt(100, 160);
  assert.equal(inside(subject, "a"), "outer");
  dropAt(3000, 160);
  assert.ok(!("inside" in subject.components.get("a")));
});

test("what decides is the middle of the card", () => {
  const subject = placedStore({ a: card(5000, 5000) });
  perform(subject, edits.move(subject, catalogue, new Map([["a", { x: -83, y: 100 }]])));
  assert.equal(inside(subject, "a"), "outer");
  perform(subject, edits.move(subject, catalogue, new Map([["a", { x: -85, y: 100 }]])));
  assert.equal(inside(subject, "a"), null);
});

test("a place takes along what is in it, nested too, in one step", () => {
  const subject = placedStore({ a: card(640, 160, { inside: "inner" }), b: card(100, 160, { inside: "outer" }), far: card(9000, 9000) });
  const history = new History(subject);
  const before = subject.fingerprint();
  const edit = edits.move(subject, catalogue, new Map([["outer", { x: 80, y: 40 }]]));
  history.perform(edit.label, edit.operations);
  assert.deepEqual(["outer", "inner", "a", "b", "far"].map((id) => spot(subject, id)), [[80, 40], [680, 120], [720, 200], [180, 200], [9000, 9000]]);
  assert.deepEqual(["inner", "a", "b", "far"].map((id) => inside(subject, id)), ["outer", "inner", "outer", null]);
  history.undo();
  assert.equal(subject.fingerprint(), before);
});

test("selected together with what is in it, a place does not carry it twice", () => {
  const subject = placedStore({ a: card(640, 160, { inside: "inner" }) });
  perform(subject, edits.nudge(subject, catalogue, ["inner", "a"], 8, 0));
  assert.deepEqual([spot(subject, "inner"), spot(subject, "a")], [[608, 80], [648, 160]]);
  perform(subject, edits.move(subject, catalogue, new Map([["inner", { x: 616, y: 80 }], ["a", { x: 656, y: 160 }]])));
  assert.deepEqual([spot(subject, "a"), inside(subject, "a")], [[656, 160], "inner"]);
});

test("a place that is drawn larger or moved over something holds it; drawn smaller lets it go to the one around", () => {
  const subject = placedStore({ a: card(1100, 160, { inside: "outer" }) });
  perform(subject, edits.resize(subject, catalogue, "inner", { x: 600, y: 80, width: 800, height: 400 }));
  assert.equal(inside(subject, "a"), "inner");
  perform(subject, edits.resize(subject, catalogue, "inner", { x: 600, y: 80, width: 400, height: 400 }));
  assert.equal(inside(subject, "a"), "outer");
  perform(subject, edits.move(subject, catalogue, new Map([["inner", { x: 1000, y: 80 }]])));
  assert.equal(inside(subject, "a"), "inner");
});

test("a large place never goes into a small one", () => {
  const subject = placedStore();
  perform(subject, edits.move(subject, catalogue, new Map([["inner", { x: 4000, y: 0 }]])));
  assert.equal(inside(subject, "inner"), null);
  perform(subject, edits.resize(subject, catalogue, "inner", { x: -500, y: -500, width: 4000, height: 4000 }));
  assert.equal(inside(subject, "outer"), null);
  assert.ok(!places.mayHold(catalogue, PLACES[1], PLACES[0]) && !places.mayHold(catalogue, PLACES[1], PLACES[1]));
  assert.ok(places.mayHold(catalogue, PLACES[0], PLACES[1]) && places.mayHold(catalogue, PLACES[1], plain) && !places.mayHold(catalogue, plain, plain));
});

test("sides are bounded, and the side that is not pulled stays", () => {
  const box = { x: 100, y: 100, width: 400, height: 300 };
  assert.deepEqual(places.pulled(box, "se", 80, 40, 8), { x: 100, y: 100, width: 480, height: 344 });
  assert.deepEqual(places.pulled(box, "nw", 1000, 1000, 8), { x: 380, y: 280, width: 120, height: 120 });
  assert.equal(places.pulled(box, "e", 1e9, 0, 8).width, 20_000);
  assert.deepEqual(places.pulled(box, "n", 50, -16, 8), { x: 100, y: 80, width: 400, height: 320 });
});

test("a new place stands around what is given, a new component in what lies under it", () => {
  const subject = placedStore({ a: card(3000, 3000), b: card(3400, 3200) });
  const around = places.boxAround(["a", "b"].map((id) => subject.components.get(id)), 8);
  const added = edits.add(subject, catalogue, PLACES[1], around);
  perform(subject, added);
  assert.deepEqual(["a", "b"].map((id) => inside(subject, id)), [added.select[0], added.select[0]]);
  const second = edits.add(subject, catalogue, plain, { x: 640, y: 200 });
  perform(subject, second);
  assert.equal(inside(subject, second.select[0]), "inner");
  assert.ok(!("width" in subject.components.get(second.select[0])));
});

test("deleting a place keeps what is in it, in the place around", () => {
  const subject = placedStore({ a: card(640, 160, { inside: "inner" }), b: card(100, 160, { inside: "outer" }) });
  const history = new History(subject);
  const before = subject.fingerprint();
  let edit = edits.remove(subject, ["inner"], null);
  history.perform(edit.label, edit.operations);
  assert.equal(inside(subject, "a"), "outer");
  edit = edits.remove(subject, ["outer"], null);
  history.perform(edit.label, edit.operations);
  assert.ok(["a", "b"].every((id) => !("inside" in subject.components.get(id))));
  history.undo();
  history.undo();
  assert.equal(subject.fingerprint(), before);
  perform(subject, edits.remove(subject, ["outer", "inner"], null));
  assert.equal(inside(subject, "a"), null);
});

test("a copied place brings what is in it, in the copy and not in the original", () => {
  const subject = placedStore({ a: card(640, 160, { inside: "inner" }) });
  const edit = edits.duplicate(subject, catalogue, ["inner"]);
  perform(subject, edit);
  assert.equal(edit.select.length, 2);
  const [place, member] = edit.select.map((id) => [id, subject.components.get(id)]).sort(([, a], [, b]) => Number(catalogue.isPlace(b.kind)) - Number(catalogue.isPlace(a.kind)));
  assert.equal(member[1].inside, place[0]);
  assert.equal(place[1].inside, "outer");
  assert.equal(inside(subject, "a"), "inner");
  assert.ok(place[1].x >= 1000, "beside the original");
});

test("a copy of what is in a place stands where it is put", () => {
  const subject = placedStore({ a: card(640, 160, { inside: "inner" }) });
  const clip = edits.copy(subject, ["a"]);
  const near = edits.paste(subject, catalogue, clip, { x: 32, y: 32 });
  assert.equal(near.operations[0].value.inside, "inner");
  const away = edits.paste(subject, catalogue, clip, { x: 5000, y: 0 });
  assert.ok(!("inside" in away.operations[0].value));
});

test("chosen from the list, a component goes to where there is room, and out again", () => {
  const subject = placedStore({ a: card(5000, 5000) });
  const put = (id, place) => perform(subject, edits.putInside(subject, id, place));
  put("a", "inner");
  assert.equal(inside(subject, "a"), "inner");
  const middle = { x: spot(subject, "a")[0] + 84, y: spot(subject, "a")[1] + 38 };
  assert.ok(places.holds(places.boxOf(subject.components.get("inner")), middle));
  put("a", null);
  assert.equal(inside(subject, "a"), null);
  assert.ok(spot(subject, "a")[0] >= 2000, "beside the outermost");
  assert.deepEqual(edits.putInside(subject, "a", null).operations, []);
  assert.deepEqual(edits.putInside(subject, "a", "gone").operations, []);
});

test("a full place grows, and no two cards lie on one another", () => {
  const subject = placedStore(Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`c${i}`, card(5000, 5000 + i * 100)])));
  for (let i = 0; i < 14; i += 1) perform(subject, edits.putInside(subject, `c${i}`, "inner"));
  const boxes = Array.from({ length: 14 }, (_, i) => places.boxOf(subject.components.get(`c${i}`)));
  for (const [i, a] of boxes.entries()) for (const b of boxes.slice(0, i)) assert.ok(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y);
  const inner = places.boxOf(subject.components.get("inner"));
  assert.ok(inner.height > 400);
  for (const box of boxes) assert.ok(box.y + box.height <= inner.y + inner.height);
});

test("a ring of places in a broken document ends", () => {
  const subject = placedStore();
  perform(subject, { operations: [{ section: "components", id: "outer", value: { ...subject.components.get("outer"), inside: "inner" } }] });
  assert.deepEqual(places.placesAround(subject.components, "outer"), ["inner", "outer"]);
  assert.deepEqual([...places.contentsOf(subject.components, ["outer"])], ["inner"]);
});

test("a run hears of another place, not of a move within it", () => {
  const subject = placedStore({ a: card(640, 160, { inside: "inner" }) });
  const sent = [];
  subject.changed.on((change) => sent.push(...commandsFor(change, subject, catalogue)));
  perform(subject, edits.nudge(subject, catalogue, ["a"], 8, 0));
  perform(subject, edits.resize(subject, catalogue, "outer", { x: 0, y: 0, width: 2400, height: 1000 }));
  assert.deepEqual(sent, []);
  perform(subject, edits.putInside(subject, "a", "outer"));
  assert.deepEqual(sent.map((command) => command.action), ["design"]);
  assert.equal(sent[0].design.components.a.inside, "outer");
});

test("a mend is laid over the design, and null takes away", () => {
  const subject = placedStore({ a: card(100, 100, { parameters: { cores: 2 } }) });
  const [link] = subject.links.keys();
  const edit = edits.mended(subject, { text: "Mend it", edit: {
    components: { a: { parameters: { workers: 3 } }, b: card(0, 0), gone: null }, links: { [link]: null, "a-b": { from: "a", to: "b", parameters: {} } },
  } });
  perform(subject, edit);
  assert.deepEqual([edit.label, edit.select], ["Mend it", ["b"]]);
  assert.deepEqual(subject.components.get("a").parameters, { cores: 2, workers: 3 });
  assert.equal(subject.components.get("a").label, "At 100");
  assert.ok(!subject.links.has(link) && subject.links.has("a-b") && !subject.components.has("gone"));
});

test("the number on a stack: as set before a run, as it is in one", () => {
  const kind = { grows: true, parameters: [parameter("instances", { default: 2 })] };
  const entry = card(0, 0);
  assert.equal(countWord(countOf(kind, entry, undefined)), "×2");
  assert.equal(countWord(countOf(kind, { ...entry, parameters: { instances: 5 } }, undefined)), "×5");
  const instances = ["up", "down", "starting", "busy"].map((state, i) => ({ number: i + 1, state, utilisation: 0 }));
  assert.equal(countWord(countOf(kind, entry, { instances })), "2/4");
  assert.equal(countOf({ ...kind, grows: false }, entry, undefined), null);
});

test("the middle of a link lies half way along it", () => {
  assert.deepEqual(middleOf([{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 30 }]), { x: 10, y: 10 });
  assert.deepEqual(middleOf([{ x: 0, y: 0 }, { x: 10, y: 0 }]), { x: 5, y: 0 });
  assert.deepEqual(middleOf([{ x: 3, y: 3 }, { x: 3, y: 3 }]), { x: 3, y: 3 });
  assert.equal(middleOf([]), null);
});
