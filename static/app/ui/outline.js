/**
 * The design as a list: what stands in which place, each a button that selects it. For keyboards, screen readers, and
 * designs too large to look through.
 *
 * @typedef {import("../app.js").App} App
 */
import { t } from "../core/i18n.js";
import { outlineOf } from "../core/outline.js";
import { h, icon } from "./dom.js";

const SEARCH_FROM = 12;

/** @param {App} app */
export function outlinePart(app) {
  const { size } = app.store.components;
  if (size === 0) return null;
  const body = h("div", { className: "fold-body outline" });
  const node = h("details", { className: "section fold", "data-keep": "outline" }, h("summary", {}, h("span", { className: "fold-title" }, t("Outline")), h("span", { className: "fold-count" }, String(size))), body);
  // of hundreds of components the list is made only for who opens it
  node.addEventListener("toggle", () => node.open && body.childElementCount === 0 && fill(app, body, size));
  return node;
}

/**
 * @param {App} app
 * @param {HTMLElement} body
 * @param {number} size
 */
function fill(app, body, size) {
  const host = h("div", { className: "outline-list" });
  const draw = (/** @type {string} */ search) => host.replaceChildren(list(app, outlineOf(app.store.components, search)));
  const search = h("input", { type: "search", className: "field-input", placeholder: t("Find a component"), "aria-label": t("Find a component"), autocomplete: "off", spellcheck: false, "data-parameter": "outline search", on: { input: () => draw(search.value) } });
  body.replaceChildren(...(size >= SEARCH_FROM ? [search] : []), host);
  draw("");
}

/**
 * @param {App} app
 * @param {import("../core/outline.js").Entry[]} entries
 * @returns {HTMLElement}
 */
function list(app, entries) {
  if (entries.length === 0) return h("p", { className: "muted" }, t("Nothing of that name."));
  return h("ul", {}, ...entries.map(({ id, component, members }) => h("li", {},
    h("button", { type: "button", className: "outline-row", on: { click: () => app.selection.set([id]) } }, icon(app.catalogue.kind(component.kind)?.icon ?? ""), h("span", {}, component.label)),
    members.length > 0 ? list(app, members) : null)));
}
