/**
 * The traffic by class, and how long pages take, while a run is on.
 *
 * @typedef {import("../app.js").App} App
 */
import { t } from "../core/i18n.js";
import { formatValue } from "../core/units.js";
import { h, setText } from "./dom.js";
import { section } from "./panel-parts.js";

/**
 * @param {App} app
 * @returns {{node: HTMLElement, live: () => void}}
 */
export function trafficPart(app) {
  const body = h("tbody", {});
  const head = [t("Class"), t("Rate"), t("Lost"), "p95"].map((title, i) => h("th", { scope: "col", className: i > 0 ? "figure" : "" }, title));
  const table = h("table", { className: "class-table" }, h("thead", {}, h("tr", {}, ...head)), body);
  const note = h("p", { className: "muted field-foot" }, t("Over the last second. Lost: failed or dropped. p95: the highest of its windows."));
  const node = section(t("Traffic by class"), table, note);
  /** @type {Map<string, Element[]>} */
  const cells = new Map();
  const live = () => {
    const rows = app.frames.recent.classes();
    node.hidden = rows.length === 0;
    for (const row of rows) {
      const own = cells.get(row.name) ?? addRow(body, cells, row.name, app.catalogue.classes.get(row.name) ?? row.name);
      const lost = row.failed + row.dropped;
      setText(own[0], formatValue(row.arrived, "requests/s"));
      setText(own[1], lost === 0 ? "–" : formatValue(lost, "requests/s"));
      own[1].classList.toggle("bad", lost > 0);
      setText(own[2], formatValue(row.p95, "ms"));
    }
  };
  live();
  return { node, live };
}

/**
 * @param {HTMLElement} body
 * @param {Map<string, Element[]>} cells
 * @param {string} name
 * @param {string} title
 */
function addRow(body, cells, name, title) {
  const own = Array.from({ length: 3 }, () => h("td", { className: "figure" }));
  body.append(h("tr", {}, h("th", { scope: "row" }, title), ...own));
  cells.set(name, own);
  return own;
}
