/**
 * Two figures of the whole in the canvas' corner: who is there, and what it costs.
 *
 * @typedef {import("../app.js").App} App
 */
import { t } from "../core/i18n.js";
import { compact, formatExact, formatValue } from "../core/units.js";
import { byId, h, setText } from "./dom.js";

const EVERY_MS = 250;

/** @param {App} app */
export function buildStatus(app) {
  const host = byId("canvas-status");
  const users = h("span", {});
  const cost = h("span", {});
  host.replaceChildren(users, cost);
  let at = 0;
  const show = (/** @type {boolean} */ now) => {
    if (!now && performance.now() - at < EVERY_MS) return;
    at = performance.now();
    const frame = app.frames.last;
    const active = Math.round(frame?.clients?.active_users ?? 0);
    setText(users, active > 0 ? t("{count} active users", { count: compact(active) }) : "");
    setText(cost, frame?.cost ? formatValue(frame.cost.per_month, "USD/month") : "");
    cost.title = frame?.cost ? t("All parts together, at the load of now: {cost}", { cost: formatExact(frame.cost.per_month, "USD/month") }) : "";
    host.hidden = users.textContent === "" && cost.textContent === "";
  };
  app.frames.added.on((frames) => show(frames.some((frame) => frame.final)));
  app.frames.cleared.on(() => show(true));
  show(true);
}
