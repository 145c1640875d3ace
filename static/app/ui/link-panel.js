/**
 * The inspector of one link.
 *
 * @typedef {import("./inspector.js").Context} Context
 * @typedef {import("./inspector.js").Panel} Panel
 */
import { labelOf, remove, setParameter } from "../core/edits.js";
import { faultsAt } from "../core/faults.js";
import { t } from "../core/i18n.js";
import { formatValue } from "../core/units.js";
import { breakParts } from "./break-part.js";
import { h, icon, setText } from "./dom.js";
import { faultList } from "./fault-list.js";
import { parameterForm } from "./form.js";
import { closeButton, problemList, section } from "./panel-parts.js";

/**
 * @param {Context} context
 * @param {string} id
 * @returns {Panel}
 */
export function linkPanel(context, id) {
  const { app, canvas, problems } = context;
  const link = app.store.links.get(id);
  if (!link) return { nodes: [] };
  const end = (/** @type {string} */ component) => h("button", { type: "button", className: "link-button", on: { click: () => app.selection.set([component]) } }, labelOf(app.store, component));
  const [sent, failed] = [h("dd", {}), h("dd", {})];
  const row = (/** @type {string} */ title, /** @type {Node} */ value) => h("div", {}, h("dt", {}, title), value);
  const own = problems.of(id);
  const rule = problems.ruleOf(id);
  const faults = faultList(app, { which: () => faultsAt(app.frames.faults, { link: id }), named: false });
  const form = parameterForm(app.catalogue.link.parameters, link.parameters, {
    readOnly: !app.canEdit,
    kept: context.kept,
    set: (spec, value, stepping) => app.edit(setParameter(app.store, "links", id, spec, value, stepping)),
  });
  const nodes = [
    h("div", { className: "inspector-head" }, icon("ui-arrow-right"),
      h("div", { className: "grow" }, h("div", { className: "panel-title" }, end(link.from), " → ", end(link.to)), h("div", { className: "kind" }, t("Link"))), closeButton(context.close)),
    rule ? h("p", { className: "rule" }, rule) : null,
    own.length > 0 ? problemList(context, own) : null,
    faults.node,
    app.frames.last ? section(t("Now"), h("dl", { className: "metrics" }, row(t("Sent"), sent), row(t("Failed"), failed))) : null,
    ...breakParts(app, { link: id }, context.kept.drafts), ...form,
    app.canEdit ? h("div", { className: "section" }, h("div", { className: "button-row" },
      h("button", { type: "button", className: "button small", on: { click: () => app.edit(remove(app.store, [], id)) } }, icon("ui-trash"), t("Delete")))) : null,
  ].filter((node) => node !== null);
  const live = () => {
    faults.live();
    const rate = canvas.live.rates.get(id);
    setText(sent, formatValue(rate?.sent, "requests/s"));
    setText(failed, formatValue(rate?.failed, "requests/s"));
  };
  return { nodes, live };
}
