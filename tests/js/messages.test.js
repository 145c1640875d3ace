import assert from "node:assert/strict";
import { test } from "node:test";

import { eventText, problemText, splitAtLabel } from "../../static/app/core/messages.js";
import { extendedCatalogue } from "./extended.js";
import { catalogue, frames } from "./samples.js";

test("the engine's own sentences come out as it wrote them", () => {
  const events = frames.flatMap((frame) => frame.events);
  assert.ok(events.length > 1);
  for (const event of events) assert.equal(eventText(catalogue(), event), event.text);
});

test("an unknown kind or a missing argument falls back on the text", () => {
  assert.equal(eventText(catalogue(), { t: 0, kind: "unheard_of", severity: "info", text: "As sent.", arguments: {} }), "As sent.");
  assert.equal(problemText(catalogue(), { severity: "problem", code: "out_of_bounds", component: null, text: "As sent.", arguments: { label: "A" } }), "As sent.");
});

test("a label in a sentence is found, whatever it holds", () => {
  assert.deepEqual(splitAtLabel("DB <b> died.", "<b>"), { before: "DB ", label: "<b>", after: " died." });
  assert.deepEqual(splitAtLabel("Nothing here.", "DB"), { before: "Nothing here.", label: "", after: "" });
  assert.deepEqual(splitAtLabel("Nothing here.", undefined), { before: "Nothing here.", label: "", after: "" });
});

test("an instance of a place is named in the visitor's language", () => {
  const subject = extendedCatalogue();
  subject.instances.set("Frankfurt", "Франкфурт");
  assert.equal(subject.ofInstance("CDN · Frankfurt"), "CDN · Франкфурт");
  for (const label of ["Frankfurt", "Server · 3", "Frankfurt · 3"]) assert.equal(subject.ofInstance(label), label);
  subject.messages.set("died", "{label} died.");
  const event = { t: 0, kind: "died", severity: "error", text: "CDN · Frankfurt died.", arguments: { label: "CDN · Frankfurt" } };
  assert.equal(eventText(subject, event), "CDN · Франкфурт died.");
});

test("an action is named by its title in the visitor's language", () => {
  const subject = extendedCatalogue();
  subject.messages.set("fault_over", "{label}: {title} is over.");
  const event = { t: 0, kind: "fault_over", severity: "good", text: "Db: Slow down is over.", arguments: { label: "Db", title: "as the engine says", action: "slow" } };
  assert.equal(eventText(subject, event), "Db: Slow down is over.");
  assert.equal(eventText(subject, { ...event, arguments: { ...event.arguments, action: "unheard of" } }), "Db: as the engine says is over.");
});
