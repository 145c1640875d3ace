/**
 * The small inputs of the scenario editor: a wrong number says why beneath its row and goes nowhere.
 */
import { t } from "../core/i18n.js";
import { h, icon } from "./dom.js";

/**
 * @typedef {object} InputOptions
 * @property {string} row  names the field across redraws
 * @property {string} name  for who cannot see where it stands
 * @property {HTMLElement} error
 *
 * @param {InputOptions & {value: number, low: number, high: number, set: (value: number) => void}} options
 */
export function numberInput({ value, low, high, row, name, error, set }) {
  const check = (/** @type {string} */ text) => {
    const typed = Number(text.trim().replace(",", "."));
    const ok = text.trim() !== "" && typed >= low && typed <= high;
    return ok ? { ok, value: typed } : { ok, text: t("A number from {minimum} to {maximum}.", { minimum: low, maximum: high }) };
  };
  return inputOf(String(value), "", { row, name, error }, check, set);
}

/**
 * @param {InputOptions & {value: number | null, check: (typed: string) => any, set: (value: number | null) => void}} options
 */
export function optionalInput({ value, row, name, error, check, set }) {
  return inputOf(value === null ? "" : String(value), t("ever"), { row, name, error }, check, set);
}

/**
 * @param {string} value
 * @param {string} placeholder
 * @param {InputOptions} options
 * @param {(typed: string) => any} check
 * @param {(value: any) => void} set
 */
function inputOf(value, placeholder, { row, name, error }, check, set) {
  const input = h("input", { type: "text", inputMode: "decimal", autocomplete: "off", value, placeholder, "aria-label": name, "data-parameter": row });
  const take = () => {
    const checked = check(input.value);
    input.setAttribute("aria-invalid", String(!checked.ok));
    error.hidden = checked.ok;
    error.textContent = checked.ok ? "" : `${name}: ${checked.text}`;
    return checked;
  };
  input.addEventListener("input", take);
  input.addEventListener("change", () => {
    const checked = take();
    if (checked.ok) set(checked.value);
  });
  return input;
}

/**
 * @param {[string, string[][]][]} groups each with its title (or none) and its entries
 * @param {string} value
 * @param {string} row
 * @param {string} name
 * @param {(value: string) => void} set
 */
export function choice(groups, value, row, name, set) {
  const options = (/** @type {string[][]} */ entries) => entries.map(([each, title]) => h("option", { value: each }, title));
  const select = h("select", { "aria-label": name, "data-parameter": row });
  for (const [title, entries] of groups) {
    if (title === "") select.append(...options(entries));
    else {
      const group = h("optgroup", { label: title });
      group.append(...options(entries));
      select.append(group);
    }
  }
  select.value = value;
  select.addEventListener("change", () => set(select.value));
  return select;
}

/**
 * @param {string} name
 * @param {() => void} drop
 */
export function dropButton(name, drop) {
  return h("button", { type: "button", className: "icon-button small", "aria-label": name, on: { click: drop } }, icon("ui-x"));
}
