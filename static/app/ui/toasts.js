/**
 * Short sentences at the lower edge: they come, stay long enough to be read, and go.
 *
 * @typedef {import("../app.js").App} App
 */
import { t } from "../core/i18n.js";
import { byId, h, icon } from "./dom.js";

const SHORTEST_MS = 4000;
const MS_PER_LETTER = 55;
const MOST = 3;

/** @param {App} app */
export function buildToasts(app) {
  const host = byId("toasts");
  app.tells.on(({ text, bad, stay, action, perform }) => {
    for (const other of host.children) if (other.dataset.text === text) other.remove();
    const toast = h("div", { className: `toast${bad ? " bad" : ""}`, "data-text": text }, h("span", {}, text));
    if (action && perform) toast.append(h("button", { type: "button", className: "button", on: { click: () => { toast.remove(); perform(); } } }, action));
    toast.append(h("button", { type: "button", className: "icon-button small", "aria-label": t("Dismiss"), on: { click: () => toast.remove() } }, icon("ui-x")));
    host.append(toast);
    while (host.children.length > MOST) host.firstElementChild?.remove();
    const ms = SHORTEST_MS + text.length * MS_PER_LETTER;
    setTimeout(() => toast.remove(), stay ? ms * 3 : ms);
  });
}
