/**
 * Sentences of the engine in the visitor's language: a template of the catalogue, filled with arguments.
 *
 * @typedef {import("./types.js").RunEvent} RunEvent
 * @typedef {import("./types.js").Problem} Problem
 * @typedef {import("./catalogue.js").Catalogue} Catalogue
 */
import { fill } from "./i18n.js";
import { formatParameter } from "./units.js";

/**
 * @param {Catalogue} catalogue
 * @param {string} name the template
 * @param {Record<string, unknown> | undefined} values
 * @param {string} english what to say when there is no such template
 */
export function sentence(catalogue, name, values, english) {
  const template = catalogue.messages.get(name);
  if (!template || !values) return english;
  const needed = [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  // Half-filled sentences are worse than English ones.
  if (!needed.every((place) => Object.hasOwn(values, place))) return english;
  // an empty unit leaves a space before the full stop
  return fill(template, shown(values)).replace(/ +([.,])/g, "$1");
}

/**
 * @param {Catalogue} catalogue
 * @param {RunEvent} event
 */
export function eventText(catalogue, event) {
  const label = event.arguments?.label;
  const values = typeof label === "string" ? { ...event.arguments, label: catalogue.ofInstance(label) } : event.arguments;
  const [name, action] = [values?.parameter, values?.action];
  const title = typeof action === "string" ? catalogue.actions.get(action)?.title : typeof name === "string" ? catalogue.parameterTitle(name) : undefined;
  return sentence(catalogue, event.kind, title ? { ...values, title } : values, event.text);
}

/**
 * @param {Catalogue} catalogue
 * @param {Problem} problem
 */
export function problemText(catalogue, problem) {
  // the server has said it in the visitor's language already
  return problem.text || sentence(catalogue, problem.code, problem.arguments, problem.code);
}

/**
 * Splits a sentence around the first occurrence of a label, so that the label can be a button.
 *
 * @param {string} text
 * @param {string | undefined} label
 * @returns {{before: string, label: string, after: string}}
 */
export function splitAtLabel(text, label) {
  const at = label ? text.indexOf(label) : -1;
  if (!label || at < 0) return { before: text, label: "", after: "" };
  return { before: text.slice(0, at), label, after: text.slice(at + label.length) };
}

/** @param {Record<string, unknown>} values */
function shown(values) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "number" ? formatParameter(Number.isInteger(value) ? value : Number(value.toPrecision(3))) : value,
    ]),
  );
}
