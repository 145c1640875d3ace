/**
 * A chart as a table: for screen readers, and for whoever wants the numbers. About sixty rows, the newest first.
 *
 * @typedef {import("./chart.js").Trace} Trace
 */
import { t } from "../core/i18n.js";
import { clockTenths, formatValue } from "../core/units.js";
import { h } from "../ui/dom.js";

const ROWS = 60;

/**
 * @param {HTMLElement} host
 * @param {Trace[]} traces
 * @param {string} unit
 */
export function fillTable(host, traces, unit) {
  const x = traces[0]?.series.x ?? [];
  const step = Math.max(1, Math.ceil(x.length / ROWS));
  const rows = [];
  for (let i = x.length - 1; i >= 0; i -= step) {
    rows.push(h("tr", {}, h("th", { scope: "row" }, clockTenths(x[i])), ...traces.map((trace) => h("td", {}, formatValue(trace.series.y[i], unit)))));
  }
  const head = h("tr", {}, h("th", { scope: "col" }, t("Time")), ...traces.map((trace) => h("th", { scope: "col" }, trace.name)));
  host.replaceChildren(h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)));
}
