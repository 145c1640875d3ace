import assert from "node:assert/strict";
import { test } from "node:test";

import * as edits from "../../static/app/core/edits.js";
import { History } from "../../static/app/core/history.js";
import { catalogue, store } from "./samples.js";

function subject() {
  const clock = { ms: 0 };
  const designStore = store();
  const history = new History(designStore, () => clock.ms);
  const perform = (edit) => history.perform(edit.label, edit.operations, edit.merge);
  return { clock, designStore, history, perform };
}

test("undo and redo walk back and forth over any sequence of edits", () => {
  const { designStore, history, perform } = subject();
  const [first] = designStore.components.keys();
  const states = [designStore.fingerprint()];
  const steps = [
    () => edits.add(designStore, catalogue(), catalogue().document.kinds[0].kind, { x: 10, y: 10 }),
    () => edits.relabel(designStore, first, "Renamed"),
    () => edits.duplicate(designStore, catalogue(), designStore.components.keys()),
    () => edits.remove(designStore, [first], null),
    () => edits.setMeta(designStore, "name", "Else"),
  ];
  for (const step of steps) {
    perform(step());
    states.push(designStore.fingerprint());
  }
  for (const state of states.slice(0, -1).reverse()) {
    assert.ok(history.undo());
    assert.equal(designStore.fingerprint(), state);
  }
  assert.equal(history.undo(), null);
  for (const state of states.slice(1)) {
    assert.ok(history.redo());
    assert.equal(designStore.fingerprint(), state);
  }
  assert.equal(history.redo(), null);
});

test("a gesture is one step", () => {
  const { designStore, history, perform } = subject();
  const before = designStore.fingerprint();
  history.begin("Drag");
  for (const id of designStore.components.keys()) perform(edits.nudge(designStore, catalogue(), [id], 8, 0));
  history.end();
  assert.equal(history.undoLabel, "Drag");
  history.undo();
  assert.equal(designStore.fingerprint(), before);
  assert.equal(history.undoLabel, null);
});

test("a held arrow key is one step, two presses apart are two", () => {
  const { clock, designStore, history, perform } = subject();
  const [first] = designStore.components.keys();
  for (let i = 0; i < 5; i += 1) {
    clock.ms += 100;
    perform(edits.nudge(designStore, catalogue(), [first], 8, 0));
  }
  assert.equal(history.done.length, 1);
  clock.ms += 5000;
  perform(edits.nudge(designStore, catalogue(), [first], 8, 0));
  assert.equal(history.done.length, 2);
});

test("a new edit forgets what was undone", () => {
  const { designStore, history, perform } = subject();
  perform(edits.setMeta(designStore, "name", "A"));
  history.undo();
  perform(edits.setMeta(designStore, "name", "B"));
  assert.equal(history.redoLabel, null);
});

test("an edit that changes nothing is no step", () => {
  const { designStore, history, perform } = subject();
  perform(edits.setMeta(designStore, "name", designStore.text("name")));
  assert.equal(history.undoLabel, null);
});

test("the past is bounded", () => {
  const { designStore, history, perform } = subject();
  for (let i = 0; i < 500; i += 1) perform(edits.setMeta(designStore, "name", `Name ${i}`));
  assert.ok(history.done.length <= 200);
});
