import assert from "node:assert/strict";
import { test } from "node:test";

import { applies } from "../../static/app/core/catalogue.js";
import * as edits from "../../static/app/core/edits.js";
import { digestOf, found, sectionsOf } from "../../static/app/core/sections.js";
import { checkTyped } from "../../static/app/core/validate.js";
import { sameValue, shownValue } from "../../static/app/core/values.js";
import { formatParameter, formatValue } from "../../static/app/core/units.js";
import { parameter } from "./extended.js";
import { store } from "./samples.js";

const choices = [{ value: "read", title: "Reads" }, { value: "write", title: "Writes" }, { value: "page", title: "Pages" }];
const ofSet = parameter("classes", { type: "set", default: ["read", "write"], choices });
const specs = [
  parameter("cores", { title: "Cores" }),
  parameter("interval", { title: "Interval", section: "Health checks", unit: "s", default: 5, help: "Between two checks." }),
  parameter("exact", { title: "Exact", advanced: true }),
  parameter("hidden", { title: "Hidden", section: "Elsewhere", when: { parameter: "cores", is: [99] } }),
  parameter("timeout", { title: "Timeout", section: "Health checks", unit: "ms", default: 1000 }),
  ofSet,
];

test("parameters stand under their headings, plain ones first, advanced ones last, empty groups nowhere", () => {
  const sections = sectionsOf(specs, {});
  assert.deepEqual(sections.map((each) => [each.title, each.folded, each.specs.map((spec) => spec.name)]), [
    ["Parameters", false, ["cores", "classes"]], ["Health checks", true, ["interval", "timeout"]], ["Advanced", true, ["exact"]],
  ]);
});

test("a folded group says in one line what differs from the default", () => {
  const values = { interval: 10, timeout: 1000 };
  const [plain, health] = sectionsOf(specs, values);
  assert.equal(digestOf(plain, values), "");
  assert.equal(digestOf(health, values), "Interval 10 s");
});

test("a search finds by title, help, heading and choice, and only what applies", () => {
  const names = (search) => found(specs, {}, search).map((spec) => spec.name);
  assert.deepEqual(names("INTER"), ["interval"]);
  assert.deepEqual(names("two checks"), ["interval"]);
  assert.deepEqual(names("health"), ["interval", "timeout"]);
  assert.deepEqual(names("writes"), ["classes"]);
  assert.deepEqual(names("hidden"), []);
});

test("a set is what is ticked, in the order of the catalogue, and its own default", () => {
  assert.deepEqual(checkTyped(ofSet, ["page", "read", "unheard of"]), { ok: true, value: ["read", "page"] });
  assert.ok(sameValue(["write", "read"], ofSet.default));
  assert.ok(!sameValue(["read"], ofSet.default));
  assert.ok(!sameValue(["read"], "read"));
  assert.equal(shownValue(ofSet, []), "none");
  assert.equal(shownValue(ofSet, ["read", "page"]), "Reads, Pages");
});

test("a set that equals its default is left out of the document", () => {
  const subject = store();
  const [id] = subject.components.keys();
  subject.apply(edits.setParameter(subject, "components", id, ofSet, ["read"]).operations);
  assert.deepEqual(subject.components.get(id).parameters.classes, ["read"]);
  assert.deepEqual(edits.setParameter(subject, "components", id, ofSet, ["read"]).operations, []);
  subject.apply(edits.setParameter(subject, "components", id, ofSet, ["write", "read"]).operations);
  assert.ok(!("classes" in subject.components.get(id).parameters));
});

test("a field that waits for a member of a set is shown when it is one", () => {
  const waiting = parameter("page_kb", { when: { parameter: "classes", is: ["page"] } });
  assert.equal(applies(waiting, [ofSet, waiting], {}), false);
  assert.equal(applies(waiting, [ofSet, waiting], { classes: ["page"] }), true);
});

test("money", () => {
  assert.deepEqual([61.3, 512.4, 12_345, 0, 7].map((value) => formatValue(value, "USD/month")), ["$61.30/month", "$512/month", "$12k/month", "$0/month", "$7/month"]);
  assert.equal(formatParameter(0.09, "USD/GB"), "0.09 $/GB");
});
