/**
 * What a screen reader is told while a run goes on: warnings and failures, politely, one sentence at a time.
 *
 * @typedef {import("../app.js").App} App
 */
import { t } from "../core/i18n.js";
import { eventText } from "../core/messages.js";
import { clock } from "../core/units.js";
import { byId } from "./dom.js";

const EVERY_MS = 3000;
const TOLD = new Set(["warning", "error", "good"]);

/** @param {App} app */
export function buildAnnouncer(app) {
  const region = byId("announcer");
  /** @type {string[]} */
  let waiting = [];
  /** @type {any} */
  let timer = null;
  const speak = () => {
    timer = null;
    if (waiting.length === 0) return;
    const [next, more] = [waiting.slice(0, 2).join(" "), waiting.length - 2];
    region.textContent = more > 0 ? `${next} ${t("And {count} more in the log.", { count: more })}` : next;
    waiting = [];
    timer = setTimeout(speak, EVERY_MS);
  };
  const say = (/** @type {string} */ text) => {
    waiting.push(text);
    if (timer === null) timer = setTimeout(speak, 150);
  };
  app.frames.added.on((frames) => {
    for (const frame of frames) for (const event of frame.events) if (TOLD.has(event.severity)) say(eventText(app.catalogue, event));
  });
  let phase = app.run.phase;
  app.run.changed.on(() => {
    if (phase === app.run.phase) return;
    phase = app.run.phase;
    if (phase === "running") say(t("The simulation is on."));
    if (phase === "paused") say(t("Paused at {time}.", { time: clock(app.run.t) }));
    if (phase === "finished") say(t("Finished at {time}.", { time: clock(app.run.t) }));
  });
}
