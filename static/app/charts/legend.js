/**
 * Names and values of a chart's series: the newest ones, or those under the cursor. Of many series the highest few
 * are named; all are in the table.
 *
 * @typedef {import("./chart.js").Trace} Trace
 */
import { t } from "../core/i18n.js";
import { formatValue } from "../core/units.js";
import { h } from "../ui/dom.js";

/** More series than this: the highest few and how many more. */
const MOST = 3;
const NAMED_OF_MANY = 2;

export class Legend {
  /** @param {string} unit */
  constructor(unit) {
    this.unit = unit;
    this.list = h("ul", { className: "chart-legend" });
    this.shown = "";
  }

  /**
   * @param {Trace[]} traces
   * @param {number | null} seconds the time under the cursor
   */
  show(traces, seconds) {
    const rows = traces.map((trace) => ({ trace, value: valueAt(trace, seconds) }));
    const chosen = rows.length > MOST ? [...rows].sort((a, b) => (b.value ?? -1) - (a.value ?? -1)).slice(0, NAMED_OF_MANY) : rows;
    const texts = chosen.map(({ trace, value }) => [trace.colour, trace.name, value === null ? "" : formatValue(value, this.unit === "requests/s" ? "" : this.unit)]);
    const shown = JSON.stringify([texts, rows.length]);
    if (shown === this.shown) return;
    this.shown = shown;
    const items = texts.map(([colour, name, value]) => h("li", {}, h("i", { style: { "--swatch": colour } }), name, value ? h("b", {}, value) : null));
    if (rows.length > MOST) items.push(h("li", { className: "muted" }, t("+{count} more", { count: rows.length - NAMED_OF_MANY })));
    this.list.replaceChildren(...items);
  }
}

/**
 * @param {Trace} trace
 * @param {number | null} seconds
 */
function valueAt({ series }, seconds) {
  if (seconds === null) return series.y.at(-1) ?? null;
  let [low, high] = [0, series.x.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (series.x[middle] < seconds) low = middle + 1;
    else high = middle;
  }
  return series.y[low] ?? null;
}
