/**
 * The faults that are on: what, at whom, since and until when, and a button that ends each.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").ActiveFault} ActiveFault
 */
import { actionText, targetLabel } from "../core/faults.js";
import { t } from "../core/i18n.js";
import { clock } from "../core/units.js";
import { h, icon } from "./dom.js";

/**
 * @param {App} app
 * @param {{which: () => ActiveFault[], named: boolean}} options `named`: say at whom
 * @returns {{node: HTMLElement, live: () => void}}
 */
export function faultList(app, { which, named }) {
  const node = h("ul", { className: "fault-list" });
  let shown = "";
  const live = () => {
    const faults = which();
    const now = JSON.stringify([faults, app.run.control]);
    if (now === shown) return;
    shown = now;
    node.hidden = faults.length === 0;
    node.replaceChildren(...faults.map((fault) => row(app, fault, named)));
  };
  live();
  return { node, live };
}

/**
 * @param {App} app
 * @param {ActiveFault} fault
 * @param {boolean} named
 */
function row(app, fault, named) {
  const what = actionText(app.catalogue, app.store, fault);
  const who = targetLabel(app.store, fault);
  const since = t("since {time}", { time: clock(fault.since_s) });
  const when = fault.until_s === null ? since : `${since}, ${t("until {time}", { time: clock(fault.until_s) })}`;
  const go = () => (fault.component ? app.selection.set([fault.component]) : fault.link && app.selection.setLink(fault.link));
  const end = () => app.run.command({ action: "end_fault", number: fault.number });
  return h("li", {}, icon("ui-fault"),
    h("div", { className: "grow" },
      named ? h("button", { type: "button", className: "link-button", disabled: !fault.component && !fault.link, on: { click: go } }, who) : null,
      h("div", { className: named ? "fault-what" : "fault-what is-first" }, what), h("div", { className: "muted" }, when)),
    app.run.control ? h("button", { type: "button", className: "button small", "aria-label": t("End: {what}, {who}", { what, who }), on: { click: end } }, t("End")) : null);
}
