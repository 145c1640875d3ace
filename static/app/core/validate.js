/**
 * A typed value against the catalogue, before it reaches the design or the run.
 *
 * @typedef {import("./types.js").ParameterSpec} ParameterSpec
 * @typedef {import("./types.js").ParameterValue} ParameterValue
 * @typedef {{ok: true, value: ParameterValue} | {ok: false, text: string}} Checked
 */
import { t } from "./i18n.js";
import { formatParameter } from "./units.js";

/**
 * @param {ParameterSpec} spec
 * @param {string | boolean | string[]} typed what stands in the field; of a set what is ticked
 * @returns {Checked}
 */
export function checkTyped(spec, typed) {
  switch (spec.type) {
    case "boolean": return { ok: true, value: typed === true || typed === "true" };
    case "choice": return checkChoice(spec, String(typed));
    case "set": return { ok: true, value: ticked(spec, /** @type {string[]} */ (typed)) };
    case "component": return typed === "" ? { ok: false, text: t("Choose one of the list.") } : { ok: true, value: String(typed) };
    case "text": return checkText(spec, String(typed));
    default: return checkNumber(spec, String(typed));
  }
}

/**
 * @param {ParameterSpec} spec
 * @param {string} typed
 * @returns {Checked}
 */
function checkChoice(spec, typed) {
  const choice = (spec.choices ?? []).find((candidate) => String(candidate.value) === typed);
  return choice ? { ok: true, value: choice.value } : { ok: false, text: t("Choose one of the list.") };
}

/**
 * In the order of the catalogue, each once.
 *
 * @param {ParameterSpec} spec
 * @param {string[]} typed
 */
function ticked(spec, typed) {
  return (spec.choices ?? []).filter((choice) => typed.includes(String(choice.value))).map((choice) => choice.value);
}

/**
 * @param {ParameterSpec} spec
 * @param {string} typed
 * @returns {Checked}
 */
function checkText(spec, typed) {
  const longest = spec.maximum ?? Infinity;
  if (typed.length <= longest) return { ok: true, value: typed };
  return { ok: false, text: t("At most {maximum} characters; this has {length}.", { maximum: longest, length: typed.length }) };
}

/**
 * @param {ParameterSpec} spec
 * @param {string} typed
 * @returns {Checked}
 */
function checkNumber(spec, typed) {
  const text = typed.trim().replace(",", ".");
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) return { ok: false, text: t("This must be a number.") };
  if (spec.type === "integer" && !Number.isInteger(value)) {
    return { ok: false, text: t("This must be a whole number.") };
  }
  const low = spec.minimum ?? -Infinity;
  const high = spec.maximum ?? Infinity;
  if (value >= low && value <= high) return { ok: true, value };
  return { ok: false, text: outOfBounds(spec, low, high) };
}

/**
 * @param {ParameterSpec} spec
 * @param {number} low
 * @param {number} high
 */
function outOfBounds(spec, low, high) {
  const minimum = formatParameter(low, spec.unit);
  const maximum = formatParameter(high, spec.unit);
  if (high === Infinity) return t("This must be at least {minimum}.", { minimum });
  if (low === -Infinity) return t("This must be at most {maximum}.", { maximum });
  return t("This must be between {minimum} and {maximum}.", { minimum: formatParameter(low), maximum });
}

/**
 * "0.1 to 300 s": the bounds beside a field, or an empty text.
 *
 * @param {ParameterSpec} spec
 */
export function boundsText(spec) {
  if (spec.type !== "number" && spec.type !== "integer") return "";
  const low = spec.minimum ?? null;
  const high = spec.maximum ?? null;
  if (low !== null && high !== null) {
    return t("{minimum} to {maximum}", { minimum: formatParameter(low), maximum: formatParameter(high, spec.unit) });
  }
  if (low !== null) return t("at least {minimum}", { minimum: formatParameter(low, spec.unit) });
  return high === null ? "" : t("at most {maximum}", { maximum: formatParameter(high, spec.unit) });
}
