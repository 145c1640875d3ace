/**
 * The inspector of one component: name, state, faults, live figures, parameters, links.
 *
 * @typedef {import("./inspector.js").Context} Context
 * @typedef {import("./inspector.js").Panel} Panel
 * @typedef {import("../core/types.js").KindSpec} KindSpec
 * @typedef {import("../core/types.js").Component} Component
 */
import { connect, duplicate, refusal, relabel, remove, setParameter } from "../core/edits.js";
import { faultCommand, faultsAt, quickAction } from "../core/faults.js";
import { t } from "../core/i18n.js";
import { lookOf, roleWord } from "../core/states.js";
import { breakParts } from "./break-part.js";
import { h, icon, s, setText } from "./dom.js";
import { faultList } from "./fault-list.js";
import { parameterForm } from "./form.js";
import { instancesPart } from "./instances-part.js";
import { placeField, placeParts } from "./place-part.js";
import { theoryPart } from "./theory-part.js";
import { trafficPart } from "./traffic-part.js";
import { closeButton, metricList, problemList, section } from "./panel-parts.js";

/** The name of the figure that is no metric of the kind's own. */
const COST = "cost";
const costSpec = () => ({ name: COST, title: t("Cost"), unit: "USD/month", form: "gauge" });

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
  const state = kind.runs ? stateRow(context, id) : null;
  const running = app.frames.component(id) !== undefined;
  const priced = app.frames.component(id)?.cost !== undefined;
  const figures = metricList(priced ? [...kind.metrics, costSpec()] : kind.metrics, (spec) => (spec.name === COST ? app.frames.component(id)?.cost?.per_month : app.frames.recent.metric(id, spec)));
  const traffic = running && app.catalogue.sendsTraffic(component.kind) ? trafficPart(app) : null;
  const instances = running && kind.grows ? instancesPart(app, id) : null;
  const theory = running ? theoryPart(context, id) : null;
  const form = parameterForm(kind.parameters, component.parameters, {
    readOnly: !app.canEdit,
    kept: context.kept,
    set: (spec, value, stepping) => app.edit(setParameter(app.store, "components", id, spec, value, stepping)),
  });
  const nodes = [
    head(context, id, component, kind),
    own.length > 0 ? problemList(context, own) : null,
    state?.node, ...breakParts(app, { component: id }, context.kept.drafts), running && (priced || kind.metrics.length > 0) ? section(t("Now"), figures.list) : null,
    instances?.node ?? null, traffic?.node ?? null,
    theory?.node ?? null,
    !running && kind.runs ? h("p", { className: "summary" }, kind.summary) : null,
    placeField(context, id), ...placeParts(context, id), ...form, kind.runs ? links(context, id) : null, app.canEdit ? tools(context, id) : null,
  ].filter((node) => node !== null && node !== undefined);
  return { nodes, live: () => { figures.live(); state?.live(); instances?.live(); traffic?.live(); theory?.live(); } };
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
 */
function stateRow({ app }, id) {
  const isPlace = app.catalogue.isPlace(app.store.components.get(id)?.kind ?? "");
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
    setText(word, isPlace && frame?.state === "down" ? t("Down") : look.word());
    role.hidden = !frame?.role;
    setText(role, roleWord(frame?.role));
    faults.live();
  };
  const faults = faultList(app, { which: () => faultsAt(app.frames.faults, { component: id }), named: false });
  const row = h("div", { className: "section" }, h("div", { className: "state-row" }, chip, role, quickButton(app, id)), faults.node);
  return { node: row, live };
}

/**
 * @param {import("../app.js").App} app
 * @param {string} id
 */
function quickButton(app, id) {
  const spec = quickAction(app.catalogue, app.store, id, app.frames.component(id)?.state === "down");
  if (!spec) return null;
  const perform = () => app.run.command(faultCommand(spec, { component: id }, {}, null));
  const breaks = spec.group === "fault";
  return h("button", {
    type: "button", className: `button small quick${breaks ? " danger" : ""}`, disabled: !app.run.active || !app.run.control, title: app.run.active ? "" : t("Works while the simulation is on."), on: { click: perform },
  }, icon(breaks ? "ui-fault" : "ui-heal"), spec.title);
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
    h("button", { type: "button", className: "button small", on: { click: () => app.edit(duplicate(app.store, app.catalogue, [id])) } }, icon("ui-copy"), t("Duplicate")),
    h("button", { type: "button", className: "button small", on: { click: () => app.edit(remove(app.store, [id], null)) } }, icon("ui-trash"), t("Delete"))));
}
