/**
 * The log: what happened, to whom, at what simulated time. The component's name leads to it.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").RunEvent} RunEvent
 */
import { t } from "../core/i18n.js";
import { eventText, splitAtLabel } from "../core/messages.js";
import { clockTenths } from "../core/units.js";
import { byId, h, s } from "./dom.js";

const LONGEST = 300;
const SHAPES = new Map([
  ["info", "M5 2a3 3 0 1 0 .01 0z"], ["warning", "M5 0 10 9H0z"], ["error", "M1 0 5 4 9 0l1 1-4 4 4 4-1 1-4-4-4 4-1-1 4-4-4-4z"], ["good", "M0 5l1.5-1.5L4 6l4.5-5L10 2.4 4 9z"],
]);
const WORDS = new Map([["info", () => t("Note")], ["warning", () => t("Warning")], ["error", () => t("Failure")], ["good", () => t("Recovery")]]);

/**
 * @param {App} app
 * @param {(number: number) => void} openIncident
 */
export function buildEvents(app, openIncident) {
  const list = byId("event-list");
  const region = byId("events");
  const empty = byId("events-empty");
  app.frames.cleared.on(() => { list.replaceChildren(); empty.hidden = false; });
  app.frames.added.on((frames) => {
    const events = frames.flatMap((frame) => frame.events);
    if (events.length === 0) return;
    const atEnd = region.scrollHeight - region.scrollTop - region.clientHeight < 40;
    empty.hidden = true;
    for (const event of events.slice(-LONGEST)) list.append(row(app, event, openIncident));
    while (list.children.length > LONGEST) list.firstElementChild?.remove();
    if (atEnd) region.scrollTop = region.scrollHeight;
  });
}

/**
 * @param {App} app
 * @param {RunEvent} event
 * @param {(number: number) => void} openIncident
 */
function row(app, event, openIncident) {
  const text = eventText(app.catalogue, event);
  const id = event.component ?? "";
  const parts = splitAtLabel(text, app.store.components.get(id)?.label);
  const severity = SHAPES.has(event.severity) ? event.severity : "info";
  const go = () => app.store.components.has(id) && app.selection.set([id]);
  const { incident } = event;
  const story = incident === undefined ? null : h("button", { type: "button", className: "story-button", on: { click: () => openIncident(incident) } }, t("Summary"));
  return h("li", { className: `event ${severity} fresh` },
    h("time", {}, clockTenths(event.t)),
    s("svg", { viewBox: "0 0 10 10", role: "img", "aria-label": WORDS.get(severity)?.() ?? "" }, s("path", { d: SHAPES.get(severity) ?? "" })),
    h("span", {}, parts.before, parts.label ? h("button", { type: "button", className: "link-button", on: { click: go } }, parts.label) : null, parts.after, story && " ", story));
}
