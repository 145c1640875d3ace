/**
 * "Faults on: 2" beside the run controls: all faults that are on, each with its end, and what one can do to the traffic.
 *
 * @typedef {import("../app.js").App} App
 */
import { t } from "../core/i18n.js";
import { breakParts } from "./break-part.js";
import { byId, h, setText } from "./dom.js";
import { faultList } from "./fault-list.js";

/** As in layout.css. */
const WIDTH_PX = 320;

/** @param {App} app */
export function buildFaultsMenu(app) {
  const button = byId("faults-button");
  const menu = byId("faults-menu");
  const body = byId("faults-body");
  const list = faultList(app, { which: () => app.frames.faults, named: true });
  const none = h("p", { className: "muted" }, t("Nothing is broken by hand or by the scenario just now."));
  const hint = h("p", { className: "muted" }, t("To break a component or a link, select it."));
  const endAll = h("button", { type: "button", className: "button small end-all", on: { click: () => app.frames.faults.forEach((fault) => app.run.command({ action: "end_fault", number: fault.number })) } }, t("End all"));
  /** @type {import("./break-part.js").Drafts} */
  const drafts = new Map();
  const show = () => {
    const count = app.frames.faults.length;
    button.hidden = !app.run.active;
    if (button.hidden && menu.matches(":popover-open")) menu.hidePopover();
    button.classList.toggle("is-on", count > 0);
    setText(byId("faults-count"), count > 0 ? t("Faults on: {count}", { count }) : t("Faults"));
    setText(byId("faults-number"), count > 0 ? String(count) : "");
    none.hidden = count > 0;
    endAll.hidden = count < 2 || !app.run.control;
    list.live();
  };
  menu.addEventListener("beforetoggle", (/** @type {any} */ event) => {
    if (event.newState !== "open") return;
    place(button, menu);
    body.replaceChildren(h("div", { className: "section" }, h("h3", {}, t("Faults")), none, list.node, endAll, hint), ...breakParts(app, {}, drafts, t("All traffic")));
    for (const part of body.querySelectorAll("details")) part.open = true;
  });
  for (const emitter of [app.run.changed, app.frames.added, app.frames.cleared, app.store.changed]) {
    /** @type {import("../core/emitter.js").Emitter<any>} */ (emitter).on(show);
  }
  show();
}

/**
 * Under its button; on a phone the style sheet puts it elsewhere.
 *
 * @param {HTMLElement} button
 * @param {HTMLElement} menu
 */
function place(button, menu) {
  const box = button.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left, window.innerWidth - WIDTH_PX - 8));
  menu.style.setProperty("--left", `${left}px`);
}
