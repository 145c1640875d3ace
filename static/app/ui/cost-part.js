/**
 * What everything costs a month: the whole, and the dearest components.
 *
 * @typedef {import("../app.js").App} App
 */
import { costsOf } from "../core/costs.js";
import { labelOf } from "../core/edits.js";
import { t } from "../core/i18n.js";
import { formatExact, formatValue } from "../core/units.js";
import { h, setText } from "./dom.js";

const UNIT = "USD/month";
const MOST = 20;

/**
 * @param {App} app
 * @returns {{node: HTMLElement, live: () => void}}
 */
export function costPart(app) {
  const total = h("span", { className: "fold-digest plain" });
  const list = h("ul", { className: "cost-list" });
  const node = h("details", { className: "section fold", "data-keep": "cost" }, h("summary", {}, h("span", { className: "fold-title" }, t("Cost")), total), h("div", { className: "fold-body" }, list));
  let shown = "";
  const live = () => {
    const costs = costsOf(app.frames.last);
    node.hidden = costs === null;
    if (!costs) return;
    setText(total, formatValue(costs.total, UNIT));
    const rows = costs.components.slice(0, MOST);
    const now = JSON.stringify(rows.map((row) => [row.id, formatValue(row.total, UNIT)]));
    if (!node.open || now === shown) return;
    shown = now;
    list.replaceChildren(...rows.map((row) => h("li", {}, h("button", { type: "button", className: "link-button plain grow", on: { click: () => app.selection.set([row.id]) } }, labelOf(app.store, row.id)),
      h("span", { title: formatExact(row.total, UNIT) }, formatValue(row.total, UNIT)), row.parts.length > 0 ? h("small", {}, partsText(row.parts)) : null)));
    if (costs.components.length > MOST) list.append(h("li", { className: "muted" }, t("+{count} more", { count: costs.components.length - MOST })));
  };
  node.addEventListener("toggle", live);
  live();
  return { node, live };
}

/** @param {{name: string, cost: number}[]} parts */
function partsText(parts) {
  return parts.map(({ name, cost }) => t("{what} {cost}", { what: PARTS.get(name)?.() ?? name, cost: formatValue(cost, "USD") })).join(" · ");
}

const PARTS = new Map([
  ["instances", () => t("instances")], ["requests", () => t("requests")], ["storage", () => t("storage")], ["traffic", () => t("traffic out")],
]);
