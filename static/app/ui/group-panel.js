/**
 * The inspector of several components at once.
 *
 * @typedef {import("./inspector.js").Context} Context
 * @typedef {import("./inspector.js").Panel} Panel
 */
import { duplicate, labelOf, remove } from "../core/edits.js";
import { t } from "../core/i18n.js";
import { h, icon } from "./dom.js";
import { closeButton, section } from "./panel-parts.js";

/**
 * @param {Context} context
 * @returns {Panel}
 */
export function groupPanel(context) {
  const { app } = context;
  const ids = [...app.selection.components];
  const rows = ids.map((id) => h("li", {}, icon(app.catalogue.kind(app.store.components.get(id)?.kind ?? "")?.icon ?? ""),
    h("button", { type: "button", className: "link-button grow", style: { "font-weight": "400" }, on: { click: () => app.selection.set([id]) } }, labelOf(app.store, id))));
  const nodes = [
    h("div", { className: "inspector-head" }, h("div", { className: "panel-title grow" }, t("{count} components", { count: ids.length })), closeButton(context.close)),
    h("ul", { className: "neighbours" }, ...rows),
    app.canEdit ? section("", h("div", { className: "button-row" },
      h("button", { type: "button", className: "button small", on: { click: () => app.edit(duplicate(app.store, app.catalogue, ids)) } }, icon("ui-copy"), t("Duplicate")),
      h("button", { type: "button", className: "button small", on: { click: () => app.edit(remove(app.store, ids, null)) } }, icon("ui-trash"), t("Delete")))) : null,
  ].filter((node) => node !== null);
  return { nodes };
}
