import assert from "node:assert/strict";
import { test } from "node:test";

import * as edits from "../../static/app/core/edits.js";
import { catalogue, componentWhere, store } from "./samples.js";

const mortal = (kind) => catalogue().actionsOf(kind.kind).includes("kill");

test("a new component has the catalogue's title, a free id, and stands on the grid", () => {
  const subject = store();
  const kind = catalogue().document.kinds.find(mortal);
  for (let round = 0; round < 2; round += 1) {
    const edit = edits.add(subject, catalogue(), kind.kind, { x: 13, y: 29 });
    subject.apply(edit.operations);
    const added = subject.components.get(edit.select[0]);
    assert.equal(added.x % edits.GRID, 0);
    assert.ok(added.label.startsWith(kind.title));
    assert.equal([...subject.components.values()].filter((entry) => entry.label === added.label).length, 1);
  }
});

test("labels of added and pasted components stay apart", () => {
  const subject = store();
  subject.apply(edits.duplicate(subject, catalogue(), subject.components.keys()).operations);
  const labels = [...subject.components.values()].map((entry) => entry.label);
  assert.equal(new Set(labels).size, labels.length);
});

test("a link is possible only where a port asks for what the other provides, and once", () => {
  const subject = store();
  const [link] = subject.links.values();
  assert.match(edits.refusal(subject, catalogue(), link.from, link.to), /linked already/);
  assert.match(edits.refusal(subject, catalogue(), link.to, link.to), /itself/);
  assert.match(edits.refusal(subject, catalogue(), link.to, link.from), /nothing to ask/);
  subject.apply(edits.remove(subject, [], [...subject.links.keys()][0]).operations);
  assert.equal(edits.refusal(subject, catalogue(), link.from, link.to), null);
  subject.apply(edits.connect(subject, link.from, link.to).operations);
  assert.ok([...subject.links.values()].some((each) => each.from === link.from && each.to === link.to));
});

test("deleting a component takes its links and the faults that name it along", () => {
  const subject = store();
  const [scenarioId, scenario] = [...subject.scenarios].find(([, each]) => each.faults.length > 0);
  const victim = scenario.faults[0].component;
  subject.apply(edits.remove(subject, [victim], null).operations);
  assert.ok(!subject.components.has(victim));
  assert.ok([...subject.links.values()].every((link) => link.from !== victim && link.to !== victim));
  assert.deepEqual(subject.scenarios.get(scenarioId).faults, []);
});

test("a parameter that is the default is left out of the document", () => {
  const subject = store();
  const id = componentWhere(subject, (kind) => kind.parameters.some((spec) => spec.type === "number"));
  const spec = catalogue().kind(subject.components.get(id).kind).parameters.find((each) => each.type === "number");
  const apply = (value) => subject.apply(edits.setParameter(subject, "components", id, spec, value).operations);
  apply(spec.default + 1);
  assert.equal(subject.components.get(id).parameters[spec.name], spec.default + 1);
  apply(spec.default);
  assert.ok(!Object.hasOwn(subject.components.get(id).parameters, spec.name));
  assert.deepEqual(edits.setParameter(subject, "components", id, spec, spec.default).operations, []);
});

test("a copied group keeps its inner links under new ids", () => {
  const subject = store();
  const before = [subject.components.size, subject.links.size];
  const clip = edits.copy(subject, subject.components.keys());
  subject.apply(edits.paste(subject, catalogue(), clip, { x: 32, y: 32 }).operations);
  assert.deepEqual([subject.components.size, subject.links.size], before.map((count) => count * 2));
});

test("ids are what the document allows, however odd the wish", () => {
  assert.match(edits.freeId(new Map(), "ein langer Name mit Ümlauten und ☃".repeat(9)), /^[a-zA-Z0-9_-]{1,64}$/);
  assert.equal(edits.freeId(new Map([["a", 1], ["a-2", 1]]), "a"), "a-3");
});
