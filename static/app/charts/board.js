/**
 * The charts under the canvas. A redraw costs about 15 ms whatever the number of points, so one chart is drawn at a
 * time, in turn, ten times a second, and only those that can be seen.
 *
 * @typedef {import("../app.js").App} App
 */
import { byId } from "../ui/dom.js";
import { Chart } from "./chart.js";

const EVERY_MS = 100;

export class Board {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.host = byId("charts");
    this.charts = Object.entries(app.figures).map(([name, figure]) => new Chart(app, name, figure, (seconds) => this.point(seconds)));
    this.host.replaceChildren(...this.charts.map((chart) => chart.element));
    this.next = 0;
    /** @type {import("../vendor/plotly.js").PlotlyApi | null} */
    this.plotly = null;
    for (const chart of this.charts) chart.large.addEventListener("click", () => this.enlarge(chart));
    this.watchVisibility();
    app.frames.added.on(() => this.charts.forEach((chart) => chart.appear()));
    app.frames.cleared.on(() => this.charts.forEach((chart) => chart.forget()));
    app.themed.on(() => this.redraw());
    this.load();
    setInterval(() => this.tick(), EVERY_MS);
  }

  /** After the page stands: Plotly is half a megabyte that the first click on Run should find ready. */
  load() {
    const later = window.requestIdleCallback ?? ((/** @type {() => void} */ run) => setTimeout(run, 300));
    later(async () => {
      const { Plotly } = await import("../vendor/plotly.js");
      this.plotly = Plotly;
    });
  }

  watchVisibility() {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const chart = this.charts.find((each) => each.element === entry.target);
        if (chart) chart.visible = entry.isIntersecting;
      }
    });
    const sized = new ResizeObserver((entries) => {
      for (const entry of entries) {
        const chart = this.charts.find((each) => each.area === entry.target);
        if (chart) chart.drawn = -1;
      }
    });
    for (const chart of this.charts) {
      seen.observe(chart.element);
      sized.observe(chart.area);
    }
  }

  tick() {
    if (!this.plotly || document.hidden) return;
    for (let i = 0; i < this.charts.length; i += 1) {
      const chart = this.charts[(this.next + i) % this.charts.length];
      if (!chart.visible || chart.drawn === this.app.frames.version || chart.element.clientHeight === 0) continue;
      this.next = (this.next + i + 1) % this.charts.length;
      chart.draw(this.plotly);
      return;
    }
  }

  redraw() {
    for (const chart of this.charts) chart.drawn = -1;
  }

  /** @param {number | null} seconds */
  point(seconds) {
    for (const chart of this.charts) if (chart.visible) chart.showCursor(seconds);
  }

  /** @param {Chart} chosen */
  enlarge(chosen) {
    const large = !chosen.element.classList.contains("is-large");
    for (const chart of this.charts) {
      chart.element.classList.toggle("is-large", large && chart === chosen);
      chart.large.setAttribute("aria-pressed", String(large && chart === chosen));
    }
    this.host.classList.toggle("has-large", large);
    this.redraw();
  }
}
