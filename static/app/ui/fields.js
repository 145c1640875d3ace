/**
 * One field for each parameter of the catalogue: unit, bounds, help, default, and why a typed value is wrong. A wrong
 * value stays in the field with its reason and goes nowhere else.
 *
 * @typedef {import("../core/types.js").ParameterSpec} ParameterSpec
 * @typedef {import("../core/types.js").ParameterValue} ParameterValue
 * @typedef {import("../core/types.js").Parameters} Parameters
 *
 * @typedef {object} FieldOptions
 * @property {(spec: ParameterSpec, value: ParameterValue, stepping?: boolean) => void} set
 * @property {boolean} readOnly
 * @property {[string, string][]} [components] ids and labels, for parameters that name a component
 */
import { valueOf } from "../core/catalogue.js";
import { t } from "../core/i18n.js";
import { unitWord } from "../core/units.js";
import { boundsText, checkTyped } from "../core/validate.js";
import { sameValue, shownValue } from "../core/values.js";
import { h, icon } from "./dom.js";

let serial = 0;

/** Choices with longer names than this get a line of their own. */
const LONG_CHOICE = 15;

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/**
 * @param {ParameterSpec} spec
 * @param {Parameters} parameters
 * @param {FieldOptions} options
 */
export function field(spec, parameters, options) {
  const id = `field-${(serial += 1)}`;
  const value = valueOf(spec, parameters);
  const changed = !sameValue(value, spec.default);
  const classes = ["field", isWide(spec) ? "wide" : "", changed ? "is-changed" : ""].filter(Boolean).join(" ");
  if (spec.type === "set") return setField(spec, value, id, classes, changed, options);
  const error = h("p", { className: "field-error", id: `${id}-error`, role: "alert", hidden: true });
  const control = controlFor(spec, value, id, options);
  control.disabled = options.readOnly;
  control.setAttribute("aria-describedby", `${id}-error ${id}-help`);
  control.dataset.parameter = spec.name;
  control.dataset.stored = control.value;
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
  return h("div", { className: classes }, h("label", { htmlFor: id }, spec.title), withUnit(control, spec), error, foot(spec, id, changed, options));
}

/**
 * A box for each choice; ticking one commits the set.
 *
 * @param {ParameterSpec} spec
 * @param {ParameterValue} value
 * @param {string} id
 * @param {string} classes
 * @param {boolean} changed
 * @param {FieldOptions} options
 */
function setField(spec, value, id, classes, changed, options) {
  const now = Array.isArray(value) ? value : [];
  const boxes = (spec.choices ?? []).map((choice) => h("input", {
    type: "checkbox", value: String(choice.value), checked: now.includes(choice.value), disabled: options.readOnly, "data-parameter": `${spec.name} ${choice.value}`,
  }));
  const rows = boxes.map((box, i) => h("label", { className: "tick" }, box, h("span", {}, spec.choices?.[i].title ?? "")));
  const group = h("fieldset", { className: classes, "aria-describedby": `${id}-help` }, h("legend", {}, spec.title), h("div", { className: "ticks" }, ...rows), foot(spec, id, changed, options));
  group.addEventListener("change", () => {
    const checked = checkTyped(spec, boxes.filter((box) => box.checked).map((box) => box.value));
    if (checked.ok) options.set(spec, checked.value);
  });
  return group;
}

/**
 * @param {ParameterSpec} spec
 * @param {ParameterValue} value
 * @param {string} id
 * @param {FieldOptions} options
 * @returns {Control}
 */
function controlFor(spec, value, id, options) {
  switch (spec.type) {
    case "boolean": return h("input", { id, type: "checkbox", className: "switch", checked: value === true, role: "switch" });
    case "choice": return selectOf(id, (spec.choices ?? []).map((choice) => [String(choice.value), choice.title]), String(value));
    case "component": return selectOf(id, [["", t("Choose…")], ...(options.components ?? [])], String(value ?? ""));
    case "text": return h("textarea", { id, className: "field-input", value: String(value), rows: 4 });
    default: return h("input", { id, type: "text", className: "field-input", value: String(value), inputMode: "decimal", autocomplete: "off", spellcheck: false });
  }
}

/**
 * @param {string} id
 * @param {[string, string][]} entries
 * @param {string} value
 */
function selectOf(id, entries, value) {
  const select = h("select", { id, className: "field-input" }, ...entries.map(([each, title]) => h("option", { value: each }, title)));
  select.value = value;
  select.title = select.selectedOptions[0]?.textContent ?? "";
  return select;
}

/**
 * Arrow keys step a number, as in any number field; one gesture, one undo step (see History).
 *
 * @param {KeyboardEvent} event
 * @param {Control} control
 * @param {ParameterSpec} spec
 */
function step(event, control, spec) {
  const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
  if (!direction || !isNumeric(spec)) return;
  event.preventDefault();
  const now = Number(control.value);
  if (!Number.isFinite(now)) return;
  const size = spec.type === "integer" ? (event.shiftKey ? 10 : 1) : 10 ** (Math.floor(Math.log10(Math.max(Math.abs(now), 1e-3))) - (event.shiftKey ? 0 : 1));
  const next = Math.min(spec.maximum ?? Infinity, Math.max(spec.minimum ?? -Infinity, now + direction * size));
  control.value = String(Number(next.toPrecision(8)));
  control.dispatchEvent(new CustomEvent("change"));
}

/** @param {ParameterSpec} spec */
function isWide(spec) {
  return spec.type === "text" || spec.type === "set" || (spec.type === "choice" && (spec.choices ?? []).some((choice) => choice.title.length > LONG_CHOICE));
}

/** @param {ParameterSpec} spec */
function isNumeric(spec) {
  return spec.type === "number" || spec.type === "integer";
}

/**
 * @param {HTMLElement} control
 * @param {ParameterSpec} spec
 */
function withUnit(control, spec) {
  const unit = isNumeric(spec) ? unitWord(spec.unit) : "";
  return h("div", { className: `field-control${unit ? " has-unit" : ""}`, style: unit ? { "--unit-room": `${unit.length * 6.4 + 16}px` } : {} },
    control, unit ? h("span", { className: "field-unit", "aria-hidden": "true" }, unit) : null);
}

/**
 * @param {ParameterSpec} spec
 * @param {string} id
 * @param {boolean} changed
 * @param {FieldOptions} options
 */
function foot(spec, id, changed, options) {
  const said = spec.type === "text" || spec.type === "component" ? "" : t("default {value}", { value: shownValue(spec, spec.default) });
  const reset = changed && !options.readOnly && said ? h("button", {
    type: "button", className: "field-reset", "aria-label": t("Reset {title} to its default", { title: spec.title }), title: t("Reset to {value}", { value: shownValue(spec, spec.default) }),
    on: { click: () => options.set(spec, spec.default) },
  }, icon("ui-reset"), t("Reset")) : null;
  const facts = [boundsText(spec), reset ? "" : said, spec.source ?? ""].filter(Boolean).join(" · ");
  // What grows with the focus stands last: a button must not move away under the press that gives its field the focus.
  return h("div", { className: "field-foot", id: `${id}-help` },
    reset ? h("span", { className: "normal" }, said, " · ", reset) : null,
    spec.help ? h("span", { className: "field-help", title: spec.help }, spec.help) : null,
    facts ? h("span", { className: "facts" }, facts) : null);
}
