import assert from "node:assert/strict";
import { test } from "node:test";

import { DesignStore, fingerprintOf } from "../../static/app/core/document.js";
import { design, store } from "./samples.js";

test("a document goes in and comes out unchanged", () => {
  assert.deepEqual(store().toJSON(), design());
});

test("entries the page does not know are kept", () => {
  const document = { ...design(), invented_later: { a: [1] } };
  assert.deepEqual(new DesignStore(document).toJSON().invented_later, { a: [1] });
});

test("applying gives back what undoes it", () => {
  const subject = store();
  const before = subject.fingerprint();
  const former = subject.apply([
    { section: "components", id: "new", value: { kind: "k", label: "New", x: 0, y: 0, parameters: {} } },
    { section: "meta", id: "name", value: "Other" },
    { section: "links", id: [...subject.links.keys()][0], value: undefined },
  ]);
  assert.notEqual(subject.fingerprint(), before);
  subject.apply(former);
  assert.equal(subject.fingerprint(), before);
});

test("the fingerprint does not depend on the order of entries", () => {
  const document = design();
  const turned = { ...document, components: Object.fromEntries(Object.entries(document.components).reverse()) };
  assert.equal(fingerprintOf(turned), fingerprintOf(document));
});

test("names of the object's own machinery are ordinary ids", () => {
  const document = JSON.parse('{"components": {"__proto__": {"kind": "k", "label": "P", "x": 0, "y": 0, "parameters": {}}, "constructor": {"kind": "k", "label": "C", "x": 0, "y": 0, "parameters": {}}}, "links": {}, "scenarios": {}}');
  const subject = new DesignStore(document);
  assert.equal(subject.components.get("__proto__")?.label, "P");
  assert.deepEqual(Object.keys(subject.toJSON().components), ["__proto__", "constructor"]);
  assert.equal({}.label, undefined);
});

test("entries cannot be changed behind the store's back", () => {
  const [entry] = store().components.values();
  assert.throws(() => { entry.label = "x"; }, TypeError);
});
