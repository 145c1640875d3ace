/**
 * One field for each parameter of the catalogue: unit, bounds, help, default, and why a typed value is wrong. A wrong
 * value stays in the field with its reason and goes nowhere else.
 *
 * @typedef {import("../core/types.js").ParameterSpec} ParameterSpec
 * @typedef {import("../core/types.js").ParameterValue} ParameterValue
 * @typedef {import("../core/types.js").Parameters} Parameters
 * @typedef {{set: (spec: ParameterSpec, value: ParameterValue, stepping?: boolean) => void, readOnly: boolean}} FormOptions
 */
import { applies, valueOf } from "../core/catalogue.js";
import { t } from "../core/i18n.js";
import { formatParameter, unitWord } from "../core/units.js";
import { boundsText, checkTyped } from "../core/validate.js";
import { h } from "./dom.js";

let serial = 0;

/**
 * @param {ParameterSpec[]} specs
 * @param {Parameters} parameters
 * @param {FormOptions} options
 * @returns {HTMLElement[]} the plain ones, then the advanced ones folded away
 */
export function parameterForm(specs, parameters, options) {
  const shown = specs.filter((spec) => applies(spec, specs, parameters));
  const fields = (/** @type {boolean} */ advanced) => shown.filter((spec) => Boolean(spec.advanced) === advanced).map((spec) => field(spec, parameters, options));
  const [plain, more] = [fields(false), fields(true)];
  const result = [];
  if (plain.length > 0) result.push(h("div", { className: "section" }, h("h3", {}, t("Parameters")), ...plain));
  if (more.length > 0) result.push(h("details", { className: "section", "data-keep": "advanced" }, h("summary", {}, t("Advanced")), ...more.map((each) => h("div", { style: { "margin-top": "10px" } }, each))));
  return result;
}

/**
 * @param {ParameterSpec} spec
 * @param {Parameters} parameters
 * @param {FormOptions} options
 */
function field(spec, parameters, options) {
  const id = `field-${(serial += 1)}`;
  const value = valueOf(spec, parameters);
  const changed = value !== spec.default;
  const error = h("p", { className: "field-error", id: `${id}-error`, role: "alert", hidden: true });
  const control = controlFor(spec, value, id);
  control.disabled = options.readOnly;
  control.setAttribute("aria-describedby", `${id}-error ${id}-help`);
  control.dataset.parameter = spec.name;
  const commit = () => {
    const typed = control instanceof HTMLInputElement && control.type === "checkbox" ? control.checked : control.value;
    const checked = checkTyped(spec, typed);
    error.hidden = checked.ok;
    error.textContent = checked.ok ? "" : checked.text;
    control.setAttribute("aria-invalid", String(!checked.ok));
    return checked;
  };
  control.addEventListener("input", () => commit());
  control.addEventListener("change", (event) => {
    const checked = commit();
    if (checked.ok) options.set(spec, checked.value, event instanceof CustomEvent);
  });
  control.addEventListener("keydown", (event) => step(/** @type {KeyboardEvent} */ (event), control, spec));
  return h("div", { className: `field${spec.type === "text" ? " wide" : ""}${changed ? " is-changed" : ""}` },
    h("label", { htmlFor: id }, spec.title), withUnit(control, spec), error, foot(spec, id, changed, options));
}

/**
 * @param {ParameterSpec} spec
 * @param {ParameterValue} value
 * @param {string} id
 * @returns {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement}
 */
function controlFor(spec, value, id) {
  switch (spec.type) {
    case "boolean": return h("input", { id, type: "checkbox", className: "switch", checked: value === true, role: "switch" });
    case "choice": {
      const select = h("select", { id, className: "field-input" }, ...(spec.choices ?? []).map((choice) => h("option", { value: String(choice.value) }, choice.title)));
      select.value = String(value);
      select.title = select.selectedOptions[0]?.textContent ?? "";
      return select;
    }
    case "text": return h("textarea", { id, className: "field-input", value: String(value), rows: 4 });
    default: return h("input", { id, type: "text", className: "field-input", value: String(value), inputMode: "decimal", autocomplete: "off", spellcheck: false });
  }
}

/**
 * Arrow keys step a number, as in any number field; one gesture, one undo step (see History).
 *
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} control
 * @param {ParameterSpec} spec
 */
function step(event, control, spec) {
  const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
  if (!direction || (spec.type !== "number" && spec.type !== "integer")) return;
  event.preventDefault();
  const now = Number(control.value);
  if (!Number.isFinite(now)) return;
  const size = spec.type === "integer" ? (event.shiftKey ? 10 : 1) : 10 ** (Math.floor(Math.log10(Math.max(Math.abs(now), 1e-3))) - (event.shiftKey ? 0 : 1));
  const next = Math.min(spec.maximum ?? Infinity, Math.max(spec.minimum ?? -Infinity, now + direction * size));
  control.value = String(Number(next.toPrecision(8)));
  control.dispatchEvent(new CustomEvent("change"));
}

/**
 * @param {HTMLElement} control
 * @param {ParameterSpec} spec
 */
function withUnit(control, spec) {
  const numeric = spec.type === "number" || spec.type === "integer";
  const unit = numeric ? unitWord(spec.unit) : "";
  return h("div", { className: `field-control${unit ? " has-unit" : ""}`, style: unit ? { "--unit-room": `${unit.length * 6.4 + 16}px` } : {} },
    control, unit ? h("span", { className: "field-unit", "aria-hidden": "true" }, unit) : null);
}

/**
 * @param {ParameterSpec} spec
 * @param {string} id
 * @param {boolean} changed
 * @param {FormOptions} options
 */
function foot(spec, id, changed, options) {
  const numeric = spec.type === "number" || spec.type === "integer";
  const normal = spec.choices?.find((choice) => choice.value === spec.default)?.title ?? formatParameter(spec.default, spec.unit);
  const facts = [numeric ? boundsText(spec) : "", spec.type === "text" ? "" : t("default {value}", { value: normal }), spec.source ?? ""].filter(Boolean).join(" · ");
  const reset = changed && !options.readOnly && spec.type !== "text" ? h("button", {
    type: "button", className: "field-reset", "aria-label": t("Reset {title} to its default", { title: spec.title }),
    on: { click: () => options.set(spec, spec.default) },
  }, t("Reset")) : null;
  return h("div", { className: "field-foot", id: `${id}-help` },
    spec.help ? h("span", { className: "field-help", title: spec.help }, spec.help) : null,
    h("span", { className: "facts" }, facts, reset ? " · " : "", reset));
}
