/**
 * Pieces that several panels of the inspector have.
 *
 * @typedef {import("./inspector.js").Context} Context
 * @typedef {import("../core/types.js").MetricSpec} MetricSpec
 * @typedef {import("../core/types.js").Problem} Problem
 */
import { mended } from "../core/edits.js";
import { t } from "../core/i18n.js";
import { problemText } from "../core/messages.js";
import { formatExact, formatValue } from "../core/units.js";
import { h, icon, setText } from "./dom.js";

/** @param {() => void} close */
export function closeButton(close) {
  return h("button", { type: "button", className: "icon-button small sheet-close", "aria-label": t("Close"), on: { click: close } }, icon("ui-x"));
}

/**
 * A list of figures whose numbers are written by `live`.
 *
 * @param {MetricSpec[]} specs
 * @param {(spec: MetricSpec) => unknown} read
 */
export function metricList(specs, read) {
  const rows = specs.map((spec) => ({ spec, value: h("dd", {}) }));
  const list = h("dl", { className: "metrics" }, ...rows.map(({ spec, value }) => h("div", {}, h("dt", { title: spec.title }, spec.title), value)));
  const live = () => {
    for (const { spec, value } of rows) {
      const now = read(spec);
      setText(value, formatValue(now, spec.unit));
      const exact = formatExact(now, spec.unit);
      if (value.title !== exact) value.title = exact;
    }
  };
  return { list, live };
}

/**
 * @param {Context} context
 * @param {Problem[]} problems
 */
export function problemList(context, problems) {
  const { app } = context;
  return h("ul", { className: "problem-list" }, ...problems.map((problem) => {
    const text = problemText(app.catalogue, problem);
    const id = problem.component;
    const known = id !== null && (app.store.components.has(id) || app.store.links.has(id));
    const go = () => (id !== null && app.store.components.has(id) ? app.selection.set([id]) : app.selection.setLink(id ?? ""));
    return h("li", { className: problem.severity }, icon(problem.severity === "problem" ? "ui-warning" : "ui-hint"),
      h("div", { className: "grow" }, known ? h("button", { type: "button", className: "link-button", on: { click: go } }, text) : h("span", {}, text), mendButton(app, problem)));
  }));
}

/**
 * The one click that answers a problem or hint; it can be undone like any other edit.
 *
 * @param {import("../app.js").App} app
 * @param {Problem} problem
 */
function mendButton(app, { mend }) {
  if (!mend || !app.canEdit) return null;
  return h("button", { type: "button", className: "button small mend", on: { click: () => app.edit(mended(app.store, mend)) } }, icon("ui-mend"), mend.text);
}

/**
 * @param {string} title
 * @param {...(Node | null)} children
 */
export function section(title, ...children) {
  return h("div", { className: "section" }, title ? h("h3", {}, title) : null, ...children);
}
