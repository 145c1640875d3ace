/**
 * The inspector of one component: name, state, faults, live figures, parameters, links.
 *
 * @typedef {import("./inspector.js").Context} Context
 * @typedef {import("./inspector.js").Panel} Panel
 * @typedef {import("../core/types.js").KindSpec} KindSpec
 * @typedef {import("../core/types.js").Component} Component
 */
import { connect, duplicate, refusal, relabel, remove, setParameter } from "../core/edits.js";
import { t } from "../core/i18n.js";
import { lookOf, roleWord } from "../core/states.js";
import { h, icon, s, setText } from "./dom.js";
import { faultActions } from "./faults.js";
import { parameterForm } from "./fields.js";
import { theoryPart } from "./theory-part.js";
import { closeButton, metricList, problemList, section } from "./panel-parts.js";

/**
 * @param {Context} context
 * @param {string} id
 * @returns {Panel}
 */
export function componentPanel(context, id) {
  const { app, problems } = context;
  const component = app.store.components.get(id);
  const kind = component && app.catalogue.kind(component.kind);
  if (!component || !kind) return { nodes: [h("p", { className: "muted" }, t("This kind of component is not known here."))] };
  const own = problems.of(id);
  const state = kind.runs ? stateRow(context, id, kind) : null;
  const running = app.frames.component(id) !== undefined;
  const figures = metricList(kind.metrics, (spec) => app.frames.recent.metric(id, spec));
  const theory = running ? theoryPart(context, id) : null;
  const form = parameterForm(kind.parameters, component.parameters, {
    readOnly: !app.canEdit,
    set: (spec, value, stepping) => app.edit(setParameter(app.store, "components", id, spec, value, stepping)),
  });
  const nodes = [
    head(context, id, component, kind),
    own.length > 0 ? problemList(context, own) : null,
    state?.node, running && kind.metrics.length > 0 ? section(t("Now"), figures.list) : null,
    theory?.node ?? null,
    !running && kind.runs ? h("p", { className: "summary" }, kind.summary) : null,
    ...form, kind.runs ? links(context, id) : null, app.canEdit ? tools(context, id) : null,
  ].filter((node) => node !== null && node !== undefined);
  return { nodes, live: () => { figures.live(); state?.live(); theory?.live(); } };
}

/**
 * @param {Context} context
 * @param {string} id
 * @param {Component} component
 * @param {KindSpec} kind
 */
function head(context, id, component, kind) {
  const { app } = context;
  const input = h("input", { type: "text", className: "label-input", value: component.label, maxLength: 80, disabled: !app.canEdit, autocomplete: "off", spellcheck: false, "aria-label": t("Label"), "data-parameter": "label" });
  input.addEventListener("change", () => app.edit(relabel(app.store, id, input.value.trim())));
  input.addEventListener("keydown", (event) => event.key === "Enter" && input.blur());
  return h("div", { className: "inspector-head" }, icon(kind.icon),
    h("div", { className: "grow" }, input, h("div", { className: "kind" }, kind.title)), closeButton(context.close));
}

/**
 * @param {Context} context
 * @param {string} id
 * @param {KindSpec} kind
 */
function stateRow(context, id, kind) {
  const { app } = context;
  const mark = s("path", {});
  const word = h("span", {});
  const chip = h("span", { className: "state-chip" }, s("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, mark), word);
  const role = h("span", { className: "state-chip", hidden: true });
  const live = () => {
    const frame = app.frames.component(id);
    const look = lookOf(frame);
    chip.className = `state-chip ${look.tone}`;
    mark.setAttribute("d", look.shape);
    mark.setAttribute("fill", look.filled ? "currentColor" : "none");
    setText(word, look.word());
    role.hidden = !frame?.role;
    setText(role, roleWord(frame?.role));
  };
  const row = h("div", { className: "section" }, h("div", { className: "state-row" }, chip, role), faultRow(context, id, kind));
  return { node: row, live };
}

/**
 * @param {Context} context
 * @param {string} id
 * @param {KindSpec} kind
 */
function faultRow({ app }, id, kind) {
  const fault = faultActions(app, id);
  if (!fault.can || !fault.now) return null;
  const ready = app.run.active && app.run.control;
  if (fault.now === "restore") {
    return h("div", { className: "fault-row" }, h("button", { type: "button", className: "button", disabled: !ready, on: { click: () => app.run.command({ action: "restore", component: id }) } }, icon("ui-heal"), t("Restore")));
  }
  const mode = h("select", { "aria-label": t("How it dies"), "data-parameter": "kill-mode" },
    h("option", { value: "process" }, t("Process dies: refuses at once")),
    h("option", { value: "machine" }, t("Machine lost: no answer at all")));
  const kill = h("button", { type: "button", className: "button danger", disabled: !ready, on: { click: () => app.run.command({ action: "kill", component: id, mode: mode.value }) } }, icon("ui-skull"), t("Kill"));
  return h("div", { className: "section", style: { gap: "4px" } }, h("div", { className: "fault-row" }, kill, mode),
    ready ? null : h("p", { className: "muted field-foot" }, t("Works while the simulation is on.")));
}

/**
 * @param {Context} context
 * @param {string} id
 */
function links(context, id) {
  const { app } = context;
  const rows = [...app.store.links].filter(([, link]) => link.from === id || link.to === id).map(([linkId, link]) => {
    const outgoing = link.from === id;
    const other = app.store.components.get(outgoing ? link.to : link.from)?.label ?? "";
    const text = outgoing ? t("to {label}", { label: other }) : t("from {label}", { label: other });
    return h("li", {},
      h("button", { type: "button", className: "link-button grow", style: { "font-weight": "400" }, on: { click: () => app.selection.setLink(linkId) } }, text),
      app.canEdit ? h("button", { type: "button", className: "icon-button small", "aria-label": t("Remove the link {text}", { text }), on: { click: () => app.edit(remove(app.store, [], linkId)) } }, icon("ui-x")) : null);
  });
  const targets = [...app.store.components].filter(([other]) => refusal(app.store, app.catalogue, id, other) === null);
  const select = h("select", { "aria-label": t("Connect to…"), "data-parameter": "connect" }, h("option", { value: "" }, t("Connect to…")), ...targets.map(([other, entry]) => h("option", { value: other }, entry.label)));
  select.addEventListener("change", () => select.value && app.edit(connect(app.store, id, select.value)));
  const canConnect = app.canEdit && targets.length > 0;
  if (rows.length === 0 && !canConnect) return null;
  return section(t("Links"), rows.length > 0 ? h("ul", { className: "neighbours" }, ...rows) : null, canConnect ? h("div", { className: "connect-row" }, select) : null);
}

/**
 * @param {Context} context
 * @param {string} id
 */
function tools({ app }, id) {
  return h("div", { className: "section" }, h("div", { className: "button-row" },
    h("button", { type: "button", className: "button small", on: { click: () => app.edit(duplicate(app.store, [id])) } }, icon("ui-copy"), t("Duplicate")),
    h("button", { type: "button", className: "button small", on: { click: () => app.edit(remove(app.store, [id], null)) } }, icon("ui-trash"), t("Delete"))));
}
