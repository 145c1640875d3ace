import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { fill, setLanguage, t } from "../../static/app/core/i18n.js";
import { clock, clockTenths, compact, formatExact, formatParameter, formatValue } from "../../static/app/core/units.js";

afterEach(() => setLanguage("en"));

test("rates and times are rounded to what one can read", () => {
  const cases = [
    [1234, "requests/s", "1.2k/s"], [999.4, "requests/s", "999/s"], [38.4, "ms", "38 ms"], [0.42, "ms", "0.42 ms"], [1500, "ms", "1.5 s"],
    [0.9995, "ratio", "99.95 %"], [0.99999, "ratio", "99.99 %"], [1, "ratio", "100 %"], [0.031, "ratio", "3.1 %"], [0, "ratio", "0 %"],
    [12, "users", "12 users"], [1, "users", "1 user"], [null, "ms", "–"], [NaN, "ms", "–"], ["cpu", "", "cpu"], [0, "requests/s", "0/s"],
  ];
  for (const [value, unit, shown] of cases) assert.equal(formatValue(value, unit), shown);
});

test("large numbers have a letter", () => {
  assert.deepEqual([950, 1000, 45_678, 3_400_000, 2e9].map(compact), ["950", "1k", "46k", "3.4M", "2G"]);
});

test("exact values keep their digits", () => {
  assert.equal(formatExact(1234.56789, "requests/s"), "1234.5679 requests/s");
  assert.equal(formatExact(0.123456, "ratio"), "12.3456 %");
  assert.equal(formatParameter(0.00025, "s"), "0.00025 s");
});

test("clocks", () => {
  assert.deepEqual([0, 62.4, 3725, 59.9999999999].map(clock), ["0:00", "1:02", "1:02:05", "1:00"]);
  assert.equal(clockTenths(31.24), "0:31.2");
  assert.equal(clockTenths(0.3), "0:00.3");
});

test("other languages: decimal sign and texts", () => {
  setLanguage("bg", { "Run {name}": "Пусни {name}" });
  assert.equal(formatValue(1234, "requests/s"), "1,2k/s");
  assert.equal(t("Run {name}", { name: "А" }), "Пусни А");
  assert.equal(t("Untranslated {n}", { n: 1 }), "Untranslated 1");
});

test("a missing argument stays visible", () => {
  assert.equal(fill("{a} and {b}", { a: 1 }), "1 and {b}");
});
