/**
 * A scenario as the editor and the timeline see it.
 *
 * @typedef {import("./types.js").Scenario} Scenario
 * @typedef {import("./types.js").TrafficPoint} TrafficPoint
 */
import { t } from "./i18n.js";

/** @returns {Scenario} */
export function emptyScenario() {
  return { title: "", duration_s: 120, traffic: [], faults: [] };
}

/**
 * The traffic multiplier at a time: straight lines between points, level before the first and after the last.
 *
 * @param {TrafficPoint[]} traffic
 * @param {number} t
 */
export function multiplierAt(traffic, t) {
  if (traffic.length === 0) return 1;
  const points = [...traffic].sort((a, b) => a.at_s - b.at_s);
  if (t <= points[0].at_s) return points[0].multiplier;
  for (let i = 1; i < points.length; i += 1) {
    const [from, to] = [points[i - 1], points[i]];
    if (t > to.at_s) continue;
    const share = to.at_s === from.at_s ? 1 : (t - from.at_s) / (to.at_s - from.at_s);
    return from.multiplier + share * (to.multiplier - from.multiplier);
  }
  return points[points.length - 1].multiplier;
}

/**
 * The traffic as a line from 0 to the end, corners only.
 *
 * @param {Scenario} scenario
 * @returns {TrafficPoint[]}
 */
export function trafficLine(scenario) {
  const inside = scenario.traffic.filter((point) => point.at_s > 0 && point.at_s < scenario.duration_s);
  const ends = [0, scenario.duration_s].map((at_s) => ({ at_s, multiplier: multiplierAt(scenario.traffic, at_s) }));
  return [...inside, ...ends].sort((a, b) => a.at_s - b.at_s);
}

/** A day: the longest scenario, and the longest that anything in one lasts. */
export const LONGEST_S = 86_400;

/**
 * How long a fault lasts, as typed; nothing typed: until something ends it.
 *
 * @param {string} typed
 * @returns {{ok: true, value: number | null} | {ok: false, text: string}}
 */
export function checkSeconds(typed) {
  const text = typed.trim().replace(",", ".");
  if (text === "") return { ok: true, value: null };
  const value = Number(text);
  if (value > 0 && value <= LONGEST_S) return { ok: true, value };
  return { ok: false, text: t("A number of seconds up to {maximum}, or nothing.", { maximum: LONGEST_S }) };
}
