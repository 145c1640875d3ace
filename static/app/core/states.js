/**
 * The states of a component: each a word, a shape and a rank, so that none is told by colour alone.
 *
 * @typedef {import("./types.js").ComponentFrame} ComponentFrame
 * @typedef {{name: string, word: () => string, shape: string, filled: boolean, tone: "" | "bad" | "good"}} StateLook
 */
import { t } from "./i18n.js";

/** Shapes are drawn in a box of 12 by 12. */
/** @type {Map<string, StateLook>} */
const LOOKS = new Map([
  { name: "idle", word: () => t("Idle"), shape: "M2.5 6h7", filled: false, tone: "" },
  { name: "up", word: () => t("Up"), shape: "M6 2a4 4 0 1 0 .01 0z", filled: false, tone: "" },
  { name: "busy", word: () => t("Busy"), shape: "M6 2a4 4 0 1 0 .01 0zM6 3.6v4.8M4 6h4", filled: false, tone: "" },
  { name: "saturated", word: () => t("Saturated"), shape: "M2 2h8v8H2z", filled: true, tone: "bad" },
  { name: "failing", word: () => t("Failing"), shape: "M6 1.8 10.6 10H1.4zM6 4.8v2.4", filled: false, tone: "bad" },
  { name: "starting", word: () => t("Starting"), shape: "M3.5 2.5v7L9.5 6z", filled: false, tone: "good" },
  { name: "draining", word: () => t("Draining"), shape: "M6 1.8v6M3.4 5.6 6 8.4l2.6-2.8M2.5 10.4h7", filled: false, tone: "" },
  { name: "standby", word: () => t("Stands by"), shape: "M4 3v6M8 3v6", filled: false, tone: "" },
  { name: "recovering", word: () => t("Recovering"), shape: "M9.6 7.4A4 4 0 1 1 9 3.4M9.4 1.4v2.4H7", filled: false, tone: "good" },
  { name: "down", word: () => t("Down, taken out"), shape: "M2.5 2.5l7 7M9.5 2.5l-7 7", filled: false, tone: "" },
  { name: "unnoticed", word: () => t("Down, not noticed"), shape: "M2.5 2.5l7 7M9.5 2.5l-7 7", filled: false, tone: "bad" },
].map((look) => [look.name, /** @type {StateLook} */ (look)]));

/**
 * @param {ComponentFrame | undefined} frame
 * @returns {StateLook}
 */
export function lookOf(frame) {
  return lookNamed(!frame ? "idle" : frame.state === "down" && !frame.noticed ? "unnoticed" : frame.state);
}

/**
 * @param {string} name of a state
 * @returns {StateLook}
 */
export function lookNamed(name) {
  return /** @type {StateLook} */ (LOOKS.get(name) ?? LOOKS.get("up"));
}

/** @param {string | null | undefined} role */
export function roleWord(role) {
  if (role === "primary") return t("Primary");
  if (role === "replica") return t("Replica");
  return role ?? "";
}

/**
 * How many ticks stand before a card: each more means twice as many requests waiting.
 *
 * @param {number} waiting
 * @param {number} most
 */
export function ticksFor(waiting, most) {
  if (!(waiting >= 0.5)) return 0;
  return Math.min(most, 1 + Math.floor(Math.log2(Math.max(1, waiting)) * 1.25));
}

/**
 * A link's width: its rate on a logarithmic scale, so that 10/s and 10,000/s can stand on one canvas.
 *
 * @param {number} perSecond
 */
export function wireWidth(perSecond) {
  return perSecond > 0 ? Math.min(6, 1.5 + Math.log10(1 + perSecond) * 0.85) : 1.5;
}

/**
 * Dots a second on a link: enough to show that there is more here than there, few enough to follow.
 *
 * @param {number} perSecond
 */
export function dotsPerSecond(perSecond) {
  return perSecond > 0 ? Math.min(4, 0.6 + Math.log10(1 + perSecond) * 0.9) : 0;
}
