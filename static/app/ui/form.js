/**
 * The parameters of a component or link as a form: the plain ones open, those under a heading folded with a line that
 * says what was changed in them, and with many of them a search field.
 *
 * @typedef {import("../core/types.js").ParameterSpec} ParameterSpec
 * @typedef {import("../core/types.js").Parameters} Parameters
 * @typedef {import("../core/sections.js").Section} Section
 * @typedef {import("./fields.js").FieldOptions & {kept: {search: string}}} FormOptions  `kept` outlives the form
 */
import { applies } from "../core/catalogue.js";
import { t } from "../core/i18n.js";
import { digestOf, found, SEARCH_FROM, sectionsOf } from "../core/sections.js";
import { h, icon } from "./dom.js";
import { field } from "./fields.js";

/**
 * @param {ParameterSpec[]} specs
 * @param {Parameters} parameters
 * @param {FormOptions} options
 * @returns {HTMLElement[]}
 */
export function parameterForm(specs, parameters, options) {
  const host = h("div", { className: "parameters" });
  const draw = () => {
    const search = options.kept.search.trim();
    host.replaceChildren(...(search ? results(specs, parameters, options, search) : sectionsOf(specs, parameters).map((section) => sectionOf(section, parameters, options))));
  };
  draw();
  const many = specs.filter((spec) => applies(spec, specs, parameters)).length > SEARCH_FROM;
  if (!many) options.kept.search = "";
  return host.childElementCount === 0 ? [] : [h("div", { className: "section form" }, many ? searchField(options, draw) : null, host)];
}

/**
 * @param {FormOptions} options
 * @param {() => void} draw
 */
function searchField(options, draw) {
  const input = h("input", { type: "search", className: "field-input", value: options.kept.search, placeholder: t("Find a parameter"), "aria-label": t("Find a parameter"), autocomplete: "off", spellcheck: false, "data-parameter": "search" });
  const take = () => { options.kept.search = input.value; draw(); };
  input.addEventListener("input", take);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || input.value === "") return;
    event.stopPropagation();
    input.value = "";
    take();
  });
  return h("div", { className: "parameter-search" }, icon("ui-search"), input);
}

/**
 * @param {ParameterSpec[]} specs
 * @param {Parameters} parameters
 * @param {FormOptions} options
 * @param {string} search
 */
function results(specs, parameters, options, search) {
  const hits = found(specs, parameters, search);
  if (hits.length === 0) return [h("p", { className: "muted" }, t("No parameter has that in its name or help."))];
  return [h("div", { className: "parameter-group" }, ...hits.flatMap((spec, i) => [
    spec.section && spec.section !== hits[i - 1]?.section ? h("h4", {}, spec.section) : null,
    field(spec, parameters, options),
  ]).filter((node) => node !== null))];
}

/**
 * @param {Section} section
 * @param {Parameters} parameters
 * @param {FormOptions} options
 */
function sectionOf(section, parameters, options) {
  const fields = section.specs.map((spec) => field(spec, parameters, options));
  if (!section.folded) return h("div", { className: "parameter-group" }, h("h3", {}, section.title), ...fields);
  const digest = digestOf(section, parameters);
  const summary = h("summary", {}, h("span", { className: "fold-title" }, section.title),
    digest ? h("span", { className: "fold-digest", title: digest }, digest) : h("span", { className: "fold-count", "aria-label": t("{count} parameters", { count: section.specs.length }) }, String(section.specs.length)));
  return h("details", { className: "parameter-group fold", "data-keep": section.key }, summary, h("div", { className: "fold-body" }, ...fields));
}
