/**
 * Values of parameters: when two are the same, how one is said in a sentence.
 *
 * @typedef {import("./types.js").ParameterSpec} ParameterSpec
 * @typedef {import("./types.js").ParameterValue} ParameterValue
 */
import { t } from "./i18n.js";
import { formatParameter } from "./units.js";

/**
 * @param {ParameterValue | undefined} a
 * @param {ParameterValue | undefined} b
 */
export function sameValue(a, b) {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((each) => b.includes(each));
}

/**
 * A value as people read it: titles of choices, a unit, "none" of an empty set.
 *
 * @param {ParameterSpec} spec
 * @param {ParameterValue} value
 * @param {(id: string) => string} [labelOf] of a component, for parameters that name one
 * @returns {string}
 */
export function shownValue(spec, value, labelOf = (id) => id) {
  if (Array.isArray(value)) return value.length === 0 ? t("none") : value.map((each) => titleOf(spec, each)).join(", ");
  if (spec.type === "component") return value === "" ? t("none") : labelOf(String(value));
  if (spec.type === "choice" || spec.type === "set") return titleOf(spec, value);
  return formatParameter(value, spec.unit);
}

/**
 * @param {ParameterSpec} spec
 * @param {ParameterValue} value
 */
function titleOf(spec, value) {
  return spec.choices?.find((choice) => choice.value === value)?.title ?? String(value);
}
