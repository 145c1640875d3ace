import assert from "node:assert/strict";
import { test } from "node:test";

import { applies } from "../../static/app/core/catalogue.js";
import { boundsText, checkTyped } from "../../static/app/core/validate.js";
import { catalogueDocument } from "./samples.js";

const spec = (more) => ({ name: "p", title: "P", type: "number", unit: "s", default: 1, minimum: 0.1, maximum: 300, ...more });

test("every default of the catalogue is valid", () => {
  const specs = [...catalogueDocument.kinds.flatMap((kind) => kind.parameters), ...catalogueDocument.link.parameters];
  for (const each of specs) {
    const typed = each.type === "boolean" ? each.default : Array.isArray(each.default) ? each.default.map(String) : String(each.default);
    const checked = checkTyped(each, typed);
    assert.deepEqual(checked, { ok: true, value: each.default }, each.name);
  }
});

test("numbers say what is wrong with them", () => {
  assert.match(checkTyped(spec(), "-1").text, /between 0.1 and 300 s/);
  assert.match(checkTyped(spec({ maximum: null }), "0").text, /at least 0.1 s/);
  assert.match(checkTyped(spec(), "abc").text, /must be a number/);
  assert.match(checkTyped(spec(), "").text, /must be a number/);
  assert.match(checkTyped(spec(), "Infinity").text, /must be a number/);
  assert.match(checkTyped(spec({ type: "integer" }), "1.5").text, /whole number/);
  assert.deepEqual(checkTyped(spec(), "2,5"), { ok: true, value: 2.5 });
  assert.deepEqual(checkTyped(spec({ minimum: 0 }), "1e2"), { ok: true, value: 100 });
});

test("choices, texts and switches", () => {
  const choice = spec({ type: "choice", choices: [{ value: "a", title: "A" }, { value: 2, title: "Two" }] });
  assert.deepEqual(checkTyped(choice, "2"), { ok: true, value: 2 });
  assert.equal(checkTyped(choice, "b").ok, false);
  assert.match(checkTyped(spec({ type: "text", maximum: 3 }), "abcd").text, /3 characters; this has 4/);
  assert.deepEqual(checkTyped(spec({ type: "boolean" }), true), { ok: true, value: true });
});

test("bounds read as people say them", () => {
  assert.equal(boundsText(spec()), "0.1 to 300 s");
  assert.equal(boundsText(spec({ maximum: null })), "at least 0.1 s");
  assert.equal(boundsText(spec({ type: "boolean" })), "");
});

test("a field depends on others, through any depth", () => {
  const specs = [
    spec({ name: "a", default: "x" }),
    spec({ name: "b", default: true, when: { parameter: "a", is: ["y"] } }),
    spec({ name: "c", when: { parameter: "b", is: [true] } }),
  ];
  assert.deepEqual(specs.map((each) => applies(each, specs, {})), [true, false, false]);
  assert.deepEqual(specs.map((each) => applies(each, specs, { a: "y" })), [true, true, true]);
  assert.deepEqual(specs.map((each) => applies(each, specs, { a: "y", b: false })), [true, true, false]);
});
