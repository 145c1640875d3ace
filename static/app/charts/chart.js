/**
 * One chart: a figure declared by the server, filled with numbers from the frame store. Its axes grow and never
 * shrink within a run, so that it does not jump while one reads it.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").ChartFigure} ChartFigure
 * @typedef {import("../core/series.js").Series} Series
 * @typedef {{key: string, name: string, colour: string, dash: string, stacked: boolean, series: Series, template: Record<string, any>}} Trace
 */
import { t } from "../core/i18n.js";
import { chartEnd, grownTop, seriesOf, seriesOfEach, timeEnd } from "../core/series.js";
import { clock, unitWord } from "../core/units.js";
import { h, icon, setText } from "../ui/dom.js";
import { layoutFor } from "./layout.js";
import { Legend } from "./legend.js";
import { fillTable } from "./table.js";

const MARGIN = { left: 44, right: 8 };
const EMPTY_TOP = 10;
/** A redraw costs with each trace, and nobody tells more apart. */
const MOST_TRACES = 12;

export class Chart {
  /**
   * @param {App} app
   * @param {string} name
   * @param {ChartFigure} figure
   * @param {(seconds: number | null) => void} point called with the time under the pointer
   */
  constructor(app, name, figure, point) {
    this.app = app;
    this.figure = figure;
    this.name = name;
    const { title, unit } = figure.layout.meta;
    const overSecond = figure.data.some((trace) => String(/** @type {any} */ (trace).meta?.source ?? "").startsWith("latency."));
    const help = overSecond ? `${figure.layout.meta.help} ${t("Each point is the highest of the last second.")}` : figure.layout.meta.help;
    this.unit = unit;
    this.plot = h("div", { className: "plotly-host", role: "img", "aria-label": t("Chart: {title}. {help}", { title, help }) });
    this.cursor = h("div", { className: "chart-cursor", hidden: true });
    this.area = h("div", { className: "chart-plot" }, this.plot, this.cursor);
    this.table = h("div", { className: "chart-table", tabIndex: 0, role: "region", "aria-label": t("Table: {title}", { title }), hidden: true });
    this.legend = new Legend(unit);
    this.large = h("button", { type: "button", className: "icon-button small", "aria-label": t("Enlarge: {title}", { title }), "aria-pressed": "false" }, icon("ui-expand"));
    this.asTable = h("button", { type: "button", className: "icon-button small", "aria-label": t("Show as table: {title}", { title }), "aria-pressed": "false", on: { click: () => this.toggleTable() } }, icon("ui-table"));
    this.scope = h("span", { className: "unit" });
    this.element = h("article", { className: "chart", title: help },
      h("div", { className: "chart-head" }, h("h3", {}, title), h("span", { className: "unit" }, overSecond ? t("{unit}, worst of 1 s", { unit: unitWord(unit) }) : unit === "ratio" ? "%" : unitWord(unit)), this.scope),
      this.legend.list, this.area, this.table, h("div", { className: "chart-tools" }, this.asTable, this.large));
    this.element.hidden = Boolean(figure.layout.meta.optional);
    this.visible = !this.element.hidden;
    this.drawn = -1;
    /** @type {Trace[]} */
    this.traces = [];
    this.top = 0;
    this.decades = { low: 1, high: 2 };
    this.end = 0;
    this.area.addEventListener("pointermove", (event) => point(this.timeAt(event)));
    this.area.addEventListener("pointerleave", () => point(null));
  }

  /** A new run: axes may start small again. */
  forget() {
    this.element.hidden = Boolean(this.figure.layout.meta.optional);
    this.top = 0;
    this.decades = { low: 1, high: 2 };
    this.end = 0;
    this.drawn = -1;
  }

  toggleTable() {
    const table = this.table.hidden;
    this.table.hidden = !table;
    this.area.hidden = table;
    this.asTable.setAttribute("aria-pressed", String(table));
    this.drawn = -1;
  }

  /** One that not every design has something for appears with its first value, and stays for the run. */
  appear() {
    const point = this.app.frames.points.at(-1);
    if (!this.element.hidden || !point) return;
    const levels = [...(point.levels[this.name]?.values() ?? []), ...this.figure.data.map(({ meta }) => newest([point], meta))];
    this.element.hidden = !levels.some((value) => (value ?? 0) > 0);
  }

  /** @param {import("../vendor/plotly.js").PlotlyApi} plotly */
  draw(plotly) {
    const { frames, run } = this.app;
    this.drawn = frames.version;
    const { points } = frames;
    const duration = run.duration || this.app.store.scenarios.get(this.app.scenario)?.duration_s || 60;
    this.end = points.length === 0 ? timeEnd(0, duration) : chartEnd(points[points.length - 1].t, duration);
    this.traces = this.figure.data.flatMap((template) => this.expand(template));
    this.legend.show(this.traces, null);
    if (!this.table.hidden) {
      fillTable(this.table, this.traces, this.unit);
      return;
    }
    const axis = this.figure.layout.yaxis;
    const range = axis.type === "log" ? this.logRange() : axis.range ?? [0, this.grow()];
    const layout = layoutFor(this.figure.layout, { end: this.end, range, markers: frames.markers.map((marker) => ({ ...marker, word: this.app.catalogue.markerWord(marker) })), version: frames.version, unit: this.unit, empty: points.length === 0, width: this.area.clientWidth, height: this.area.clientHeight });
    plotly.react(this.plot, this.traces.filter(hasShape).map(plotted), layout, { displayModeBar: false, staticPlot: true, displaylogo: false, showSendToCloud: false, plotlyServerURL: "", responsive: false });
  }

  /**
   * @param {Record<string, any>} template
   * @returns {Trace[]}
   */
  expand(template) {
    const { source, each, colour } = template.meta;
    const stacked = Boolean(template.stackgroup);
    if (!each) {
      return [{ key: source, name: template.name, colour: cssColour(colour), dash: "solid", stacked, series: seriesOf(this.app.frames.points, source), template }];
    }
    return [...seriesOfEach(this.app.frames.points, each, { only: this.chosen(each), level: this.name })].map(([id, series]) => {
      const book = this.app.colours[/** @type {"component" | "cause"} */ (each)];
      const name = each === "component" ? this.app.store.components.get(id)?.label ?? id : this.app.catalogue.causeTitle(id);
      return { key: id, name, colour: book.of(id), dash: book.dash(id), stacked, series, template };
    });
  }

  /**
   * Of hundreds of components only the busiest are drawn, in an order that does not jump; the chart's head says so.
   *
   * @param {string} each
   */
  chosen(each) {
    if (each !== "component") return undefined;
    const { frames } = this.app;
    if (this.name !== "utilisation") {
      const many = (frames.points.at(-1)?.levels[this.name]?.size ?? 0) > MOST_TRACES;
      return many ? frames.highest(this.name, MOST_TRACES).sort() : undefined;
    }
    const all = frames.busyness.size;
    setText(this.scope, all > MOST_TRACES ? t("{shown} busiest of {all}", { shown: MOST_TRACES, all }) : "");
    return all > MOST_TRACES ? frames.busiest(MOST_TRACES).sort() : undefined;
  }

  grow() {
    let highest = 0;
    const stacked = this.traces.filter((trace) => trace.stacked);
    const length = stacked[0]?.series.y.length ?? 0;
    for (let i = 0; i < length; i += 1) {
      let sum = 0;
      for (const trace of stacked) sum += trace.series.y[i] ?? 0;
      highest = Math.max(highest, sum);
    }
    for (const trace of this.traces) if (!trace.stacked) for (const value of trace.series.y) highest = Math.max(highest, value ?? 0);
    if (highest === 0) return this.top || EMPTY_TOP;
    this.top = grownTop(highest, this.top);
    return this.top;
  }

  logRange() {
    for (const trace of this.traces) {
      for (const value of trace.series.y) {
        if (value === null || value <= 0) continue;
        this.decades.low = Math.min(this.decades.low, Math.floor(Math.log10(value)));
        this.decades.high = Math.max(this.decades.high, Math.ceil(Math.log10(value * 1.05)));
      }
    }
    return [Math.max(-3, this.decades.low), this.decades.high];
  }

  /** @param {PointerEvent} event */
  timeAt(event) {
    const box = this.area.getBoundingClientRect();
    const share = (event.clientX - box.left - MARGIN.left) / Math.max(1, box.width - MARGIN.left - MARGIN.right);
    return share < 0 || share > 1 ? null : share * this.end;
  }

  /** @param {number | null} seconds the shared cursor of all charts */
  showCursor(seconds) {
    this.cursor.hidden = seconds === null || this.end === 0;
    if (seconds === null) {
      this.legend.show(this.traces, null);
      return;
    }
    const width = this.area.clientWidth - MARGIN.left - MARGIN.right;
    this.cursor.style.left = `${MARGIN.left + (width * seconds) / this.end}px`;
    this.cursor.title = clock(seconds);
    this.legend.show(this.traces, seconds);
  }
}

/**
 * @param {import("../core/frames.js").Point[]} points
 * @param {any} meta of a trace
 */
function newest(points, { source }) {
  return source ? seriesOf(points, source).y.at(-1) : null;
}

/**
 * A layer of a stack that is nothing but zeros would draw its edge over the one below.
 *
 * @param {Trace} trace
 */
function hasShape(trace) {
  return !trace.stacked || trace.template.meta.source === "done" || trace.series.y.some((value) => (value ?? 0) > 0);
}

/** @param {(number | null)[]} y */
function hasGap(y) {
  const first = y.findIndex((value) => value !== null);
  return first >= 0 && y.indexOf(null, first) > 0;
}

/** @param {Trace} trace */
function plotted(trace) {
  const { template, series, colour, dash, stacked } = trace;
  // a fill would bridge a time without any value
  const filled = stacked || (template.fill && !hasGap(series.y));
  return {
    ...template, ...(filled ? {} : { fill: "none" }), name: trace.name, x: series.x, y: series.y,
    line: { ...template.line, color: colour, dash, ...(stacked ? { width: 1 } : {}) },
    ...(filled ? { fillcolor: `color-mix(in srgb, ${colour} ${stacked ? 32 : 14}%, transparent)` } : {}),
  };
}

/** @param {string} name of a meaning colour */
export function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

