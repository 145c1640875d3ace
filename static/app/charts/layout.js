/**
 * The server's layout with what only the page knows: theme, ranges, markers.
 *
 * @typedef {import("../core/frames.js").Marker} Marker
 */
import { clock, compact } from "../core/units.js";

/** A word of 9 pixels' height takes about this much of the axis. */
const WORD_PX = 44;
const MARGINS_PX = 52;
/** A time on the axis takes about this much. */
const TIME_PX = 34;
const MOST_TIMES = 4;

/**
 * @param {Record<string, any>} layout
 * @param {{end: number, range: number[], markers: Marker[], version: number, unit: string, empty: boolean, width: number, height: number}} now
 */
export function layoutFor(layout, { end, range, markers, version, unit, empty, width, height }) {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const font = { family: getComputedStyle(document.body).fontFamily, size: 10, color: colour("--ink-3") };
  return {
    ...layout,
    font, width, height,
    datarevision: version,
    xaxis: { ...layout.xaxis, range: [0, end], autorange: false, linecolor: colour("--line-strong"), ...timeTicks(end, Math.max(2, Math.min(MOST_TIMES, Math.floor((width - MARGINS_PX) / TIME_PX)))) },
    yaxis: { ...layout.yaxis, range, autorange: false, gridcolor: colour("--line"), ...valueTicks(layout.yaxis, range, unit, empty) },
    ...markerShapes(markers, end, WORD_PX / Math.max(60, width - MARGINS_PX), colour),
  };
}

/**
 * @param {number} end
 * @param {number} most
 */
function timeTicks(end, most) {
  const step = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600].find((size) => end / size <= most) ?? end / most;
  const values = Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
  return { tickmode: "array", tickvals: values, ticktext: values.map(clock) };
}

/**
 * @param {Record<string, any>} axis
 * @param {number[]} range
 * @param {string} unit
 * @param {boolean} empty
 */
function valueTicks(axis, range, unit, empty) {
  if (axis.type === "log") {
    const decades = Array.from({ length: Math.floor(range[1]) - Math.ceil(range[0]) + 1 }, (_, i) => Math.ceil(range[0]) + i);
    const values = decades.map((decade) => 10 ** decade);
    return { tickmode: "array", tickvals: values, ticktext: values.map((value) => (value >= 1000 ? `${compact(value / 1000)} s` : `${compact(value)} ms`)) };
  }
  if (axis.tickvals) return {};
  if (empty) return { tickmode: "array", tickvals: [0], ticktext: ["0"] };
  const values = [0, 0.5, 1].map((share) => share * range[1]);
  return { tickmode: "array", tickvals: values, ticktext: values.map((value) => compact(value)) };
}

/**
 * Thin lines with a word; a word that would lie on the one before it is left to the time line and the log.
 *
 * @param {Marker[]} markers
 * @param {number} end
 * @param {number} room share of the axis that a word takes
 * @param {(name: string) => string} colour
 */
function markerShapes(markers, end, room, colour) {
  const names = new Map([["error", "--failed"], ["warning", "--slow"], ["good", "--done"]]);
  const shapes = [];
  const annotations = [];
  let last = -Infinity;
  for (const marker of markers) {
    const tint = colour(names.get(marker.severity) ?? "--ink-3");
    shapes.push({ type: "line", xref: "x", yref: "paper", x0: marker.t, x1: marker.t, y0: 0, y1: 1, line: { color: tint, width: 1 } });
    if ((marker.t - last) / end < room || !marker.word) continue;
    last = marker.t;
    const right = marker.t / end > 0.75;
    annotations.push({ x: marker.t, xref: "x", y: 1, yref: "paper", yanchor: "bottom", xanchor: right ? "right" : "left", xshift: right ? 2 : -2, text: plain(marker.word), showarrow: false, font: { size: 9, color: tint } });
  }
  return { shapes, annotations };
}

/** Plotly reads a little markup in texts: a label must not become any. @param {string} text */
function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
