import assert from "node:assert/strict";
import { test } from "node:test";

import * as edits from "../../static/app/core/edits.js";
import { History } from "../../static/app/core/history.js";
import { commandsFor } from "../../static/app/core/live-edit.js";
import { catalogue, componentWhere, store } from "./samples.js";

function listening() {
  const designStore = store();
  const sent = [];
  designStore.changed.on((change) => sent.push(...commandsFor(change, designStore, catalogue())));
  const history = new History(designStore);
  return { designStore, history, sent, perform: (edit) => history.perform(edit.label, edit.operations, edit.merge) };
}

const number = (kind) => kind.parameters.find((spec) => spec.type === "number" && !spec.when);

test("a parameter is set, and its undo sets it back", () => {
  const { designStore, history, sent, perform } = listening();
  const id = componentWhere(designStore, (kind) => number(kind) !== undefined);
  const spec = number(catalogue().kind(designStore.components.get(id).kind));
  const former = designStore.components.get(id).parameters[spec.name] ?? spec.default;
  perform(edits.setParameter(designStore, "components", id, spec, former + 1));
  history.undo();
  assert.deepEqual(sent, [former + 1, former].map((value) => ({ action: "set", component: id, parameter: spec.name, value })));
});

test("a link's parameter is set on the link", () => {
  const { designStore, sent, perform } = listening();
  const [id] = designStore.links.keys();
  const spec = catalogue().link.parameters[0];
  perform(edits.setParameter(designStore, "links", id, spec, 33));
  assert.deepEqual(sent, [{ action: "set", link: id, parameter: spec.name, value: 33 }]);
});

test("moves, names and notes are none of the run's business", () => {
  const { designStore, sent, perform } = listening();
  const [first] = designStore.components.keys();
  const silent = catalogue().document.kinds.find((kind) => !kind.runs);
  perform(edits.nudge(designStore, catalogue(), [first], 8, 8));
  perform(edits.relabel(designStore, first, "Other"));
  perform(edits.setMeta(designStore, "name", "Other"));
  perform(edits.add(designStore, catalogue(), silent.kind, { x: 0, y: 0 }));
  assert.deepEqual(sent, []);
});

test("a structural edit sends the design once", () => {
  const { designStore, sent, perform } = listening();
  const [first] = designStore.components.keys();
  perform(edits.remove(designStore, [first], null));
  assert.equal(sent.length, 1);
  assert.equal(sent[0].action, "design");
  assert.ok(!Object.hasOwn(sent[0].design.components, first));
});
