import assert from "node:assert/strict";
import { test } from "node:test";

import { FrameStore } from "../../static/app/core/frames.js";
import { causeOf, courseOf, factsOf, headline, IncidentBook } from "../../static/app/core/incidents.js";
import { catalogue, componentWhere, frames, store } from "./samples.js";

const incident = (changes = {}) => ({
  number: 1, kind: "killed_machine", component: "x", link: null, label: "Orders", happened_s: 30, times: 1,
  noticed: { t: 35.1, by: "y", label: "Watcher", after_s: 5.1 }, fell_s: 30, recovered_s: 39, over_s: null, closed: false, overlaps: false,
  requests: { failed: 120, dropped: 0, above: 118, retried: 12, errors: { timeout: 120 } }, latency_ms: { before: 40, during: 60 },
  writes: { without_s: 8.1, back: true, lost: 10, lost_s: 0.08 }, messages: { lost: 0, waiting_most: 0 }, stale_reads: 0, causes: [], ...changes,
});
const frame = (...incidents) => ({ ...frames[0], events: [], incidents });
const factOf = (name, changes) => factsOf(incident(changes)).find((each) => each.name === name);

test("the book keeps the newest of each and says once whose traffic is back", () => {
  const book = new IncidentBook();
  assert.deepEqual(book.add([frame(incident({ recovered_s: null })), frame()]), []);
  assert.deepEqual(book.add([frame(incident())]).map((each) => each.number), [1]);
  assert.deepEqual(book.add([frame(incident({ closed: true }))]), []);
  assert.equal(book.all.get(1).closed, true);
  assert.deepEqual(book.add([frame(incident({ number: 2, fell_s: null, recovered_s: null }))]), [], "nobody felt it");
  assert.deepEqual(book.add([frame(incident({ number: 2 }))]).map((each) => each.number), [2], "fell and came back between two messages");
});

test("what skipped frames brought is in the summary of the last one", () => {
  const subject = new FrameStore();
  subject.add([{ ...frames[0], incidents: [] }]);
  subject.add([{ ...frames[1], incidents: [], final: true, summary: { incidents: [incident()] } }]);
  assert.equal(subject.incidents.all.size, 1);
  assert.equal(subject.backNow.length, 1);
  subject.clear();
  assert.equal(subject.incidents.all.size, 0);
  assert.deepEqual(subject.backNow, []);
});

test("the sample run has a loss that is still open", () => {
  const subject = new FrameStore();
  subject.add(frames);
  const [first] = subject.incidents.all.values();
  assert.equal(headline(catalogue(), first), `${first.label}: killed`);
  assert.match(headline(catalogue(), { ...first, times: 3 }), /×3$/);
});

test("the course runs from the loss to the last thing that happened", () => {
  assert.deepEqual(courseOf(incident({ over_s: 50 })).map(({ kind, share }) => [kind, Math.round(share * 100)]), [["happened", 0], ["noticed", 26], ["back", 45], ["over", 100]]);
  assert.deepEqual(courseOf(incident({ noticed: null, recovered_s: null })), [{ kind: "happened", at: 30, share: 0 }]);
});

test("the figures say how long and how much, and leave out what never was in danger", () => {
  assert.deepEqual(factsOf(incident()).map((each) => each.name), ["back", "noticed", "requests", "without", "writes", "latency"]);
  assert.equal(factOf("back").value, "9 s");
  assert.equal(factOf("back", { recovered_s: null }).tone, "bad");
  assert.equal(factOf("back", { fell_s: null, recovered_s: null }).tone, "good");
  assert.equal(factOf("noticed", { noticed: null }).note, "");
  assert.deepEqual([factOf("requests").value, factOf("requests").tone], ["118", "bad"]);
  assert.equal(factOf("requests", { requests: { failed: 0, dropped: 0, above: 0, retried: 0, errors: {} } }).tone, "good");
  assert.equal(factOf("writes", { writes: { without_s: null, back: true, lost: 0, lost_s: null } }), undefined);
  assert.equal(factOf("messages", { messages: { lost: 0, waiting_most: 400 } }).note, "400 had to wait");
  assert.equal(factOf("stale", { stale_reads: 7 }).value, "7");
});

test("a cause leads to its parameters as long as the design has them", () => {
  const [subject, known] = [store(), catalogue()];
  const id = componentWhere(subject, (kind) => kind.parameters.length > 0);
  const [spec] = known.kind(subject.components.get(id).kind).parameters;
  const cause = { code: "nothing", component: id, link: null, parameters: [spec.name, "gone"], arguments: {}, text: "It was so." };
  assert.deepEqual(causeOf(known, subject, cause), { text: "It was so.", component: id, link: null, parameters: [{ name: spec.name, title: spec.title }] });
  assert.deepEqual(causeOf(known, subject, { ...cause, component: "deleted" }).parameters, []);
  const link = [...subject.links.keys()][0];
  const own = known.link.parameters[0];
  assert.deepEqual(causeOf(known, subject, { ...cause, component: null, link, parameters: [own.name] }).link, link);
  assert.equal(causeOf(known, subject, { ...cause, component: null, link: "deleted" }).link, null);
});
