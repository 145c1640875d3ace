import assert from "node:assert/strict";
import { test } from "node:test";

import * as faults from "../../static/app/core/faults.js";
import { FrameStore } from "../../static/app/core/frames.js";
import { checkSeconds } from "../../static/app/core/scenario.js";
import { extendedCatalogue } from "./extended.js";
import { componentWhere, frames, store } from "./samples.js";

const mortalIn = (subject) => componentWhere(subject, (kind) => kind.actions.includes("kill"));

test("what can be done follows from the kind, the link, the traffic", () => {
  const [subject, catalogue] = [store(), extendedCatalogue()];
  const names = (target) => faults.actionsFor(catalogue, subject, target).map((spec) => spec.name);
  assert.deepEqual(names({ component: mortalIn(subject) }), ["kill", "restore", "slow", "partition"]);
  assert.deepEqual(names({ link: [...subject.links.keys()][0] }), ["delay"]);
  assert.deepEqual(names({}), ["spike"]);
  assert.deepEqual(names({ component: "gone" }), []);
  assert.deepEqual(names({ link: "gone" }), []);
});

test("an instance can be picked only of what has some", () => {
  const [subject, catalogue] = [store(), extendedCatalogue()];
  const id = mortalIn(subject);
  const names = () => faults.actionsFor(catalogue, subject, { component: id })[0].parameters.map((each) => each.name);
  const kind = catalogue.kind(subject.components.get(id).kind);
  kind.grows = false;
  assert.deepEqual(names(), ["mode"]);
  kind.grows = true;
  assert.deepEqual(names(), ["mode", "instance"]);
});

test("a line that only controls carries nothing to slow down", () => {
  const [subject, catalogue] = [store(), extendedCatalogue()];
  const [id, link] = [...subject.links][0];
  catalogue.port(subject.components.get(link.from).kind, subject.components.get(link.to).kind).style = "control";
  assert.deepEqual(faults.actionsFor(catalogue, subject, { link: id }), []);
});

test("a command carries all arguments, defaults too, and the length of what lasts", () => {
  const catalogue = extendedCatalogue();
  const [slow, restore] = [catalogue.actions.get("slow"), catalogue.actions.get("restore")];
  assert.deepEqual(faults.faultCommand(slow, { component: "db" }, {}, 20), { action: "fault", name: "slow", component: "db", arguments: { factor: 4 }, for_s: 20 });
  assert.deepEqual(faults.faultCommand(slow, { link: "a-b", component: null }, { factor: 9 }, null), { action: "fault", name: "slow", link: "a-b", arguments: { factor: 9 }, for_s: null });
  assert.deepEqual(faults.faultCommand(catalogue.actions.get("spike"), {}, {}, 5), { action: "fault", name: "spike", arguments: { multiplier: 5 }, for_s: 5 });
  assert.ok(!("for_s" in faults.faultCommand(restore, { component: "db" }, {}, 20)));
  assert.deepEqual(faults.faultCommand(catalogue.actions.get("kill"), { component: "db" }, {}, null), { action: "kill", component: "db", mode: "process" });
  assert.deepEqual(faults.faultCommand(catalogue.actions.get("kill"), { component: "db" }, { instance: 2 }, null).arguments, { mode: "process", instance: 2 });
});

test("an action that names a component waits until one is chosen", () => {
  const catalogue = extendedCatalogue();
  const partition = catalogue.actions.get("partition");
  assert.match(faults.missingArgument(partition, {}), /other/);
  assert.equal(faults.missingArgument(partition, { other: "db" }), null);
});

test("the one click: kill what lives, bring back what is down", () => {
  const [subject, catalogue] = [store(), extendedCatalogue()];
  const id = mortalIn(subject);
  assert.equal(faults.quickAction(catalogue, subject, id, false).name, "kill");
  assert.equal(faults.quickAction(catalogue, subject, id, true).name, "restore");
  assert.equal(faults.quickAction(catalogue, subject, "gone", false), null);
});

test("faults that are on, by target, in words", () => {
  const [subject, catalogue] = [store(), extendedCatalogue()];
  const [linkId, link] = [...subject.links][0];
  const on = (number, name, more) => ({ number, name, component: null, link: null, since_s: 1, until_s: null, arguments: {}, ...more });
  const active = [on(1, "slow", { component: link.from, arguments: { factor: 9 } }), on(2, "delay", { link: linkId }), on(3, "spike"), on(4, "kill", { component: link.from, arguments: { mode: "machine", instance: 0 } })];
  assert.deepEqual(faults.faultsAt(active, { component: link.from }).map((each) => each.number), [1, 4]);
  assert.deepEqual(faults.faultsAt(active, { link: linkId }).map((each) => each.number), [2]);
  assert.deepEqual(faults.faultsAt(active, {}).map((each) => each.number), [3]);
  assert.equal(faults.actionText(catalogue, subject, active[0]), "Slow down · factor: 9");
  assert.equal(faults.actionText(catalogue, subject, active[3]), "Kill · mode: Machine");
  assert.equal(faults.actionText(catalogue, subject, on(5, "from the future")), "from the future");
  assert.equal(faults.markWords(catalogue, faults.faultsAt(active, { component: link.from })), "Kill +1");
  assert.equal(faults.markWords(catalogue, []), "");
  assert.equal(faults.targetLabel(subject, {}), "All traffic");
  assert.match(faults.targetLabel(subject, { link: linkId }), / → /);
});

test("when a run has ended nothing is broken any more", () => {
  const subject = new FrameStore();
  assert.deepEqual(subject.faults, []);
  const broken = [{ number: 1, name: "slow", component: "a", link: null, since_s: 0, until_s: null }];
  subject.add([{ ...frames[0], faults: broken }]);
  assert.deepEqual(subject.faults, broken);
  subject.add([{ ...frames[1], faults: broken, final: true }]);
  assert.deepEqual(subject.faults, []);
});

test("a fault of an older draft is read as one of today", () => {
  const old = { at_s: 30, component: "db", action: "kill", mode: "machine", for_s: 40 };
  const read = faults.readFault(old);
  assert.deepEqual(read, { at_s: 30, component: "db", action: "kill", for_s: 40, arguments: { mode: "machine" } });
  assert.deepEqual(faults.readFault(read), read);
});

test("a length is a number of seconds, or nothing", () => {
  assert.deepEqual(checkSeconds(" 2,5 "), { ok: true, value: 2.5 });
  assert.deepEqual(checkSeconds(""), { ok: true, value: null });
  for (const wrong of ["0", "-1", "x", "1e9"]) assert.equal(checkSeconds(wrong).ok, false, wrong);
});
