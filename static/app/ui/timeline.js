/**
 * The thin line between canvas and charts: traffic to come, faults to come, what happened, and where the run is.
 *
 * @typedef {import("../app.js").App} App
 */
import { actionText, readFault, targetLabel } from "../core/faults.js";
import { timeEnd } from "../core/series.js";
import { trafficLine } from "../core/scenario.js";
import { clock } from "../core/units.js";
import { t } from "../core/i18n.js";
import { byId, h, s, setText } from "./dom.js";

const WORD_ROOM = 0.07;

export class Timeline {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.track = byId("timeline-track");
    this.done = h("div", { className: "timeline-done" });
    this.shown = "";
    app.store.changed.on(() => this.draw());
    app.run.changed.on(() => this.draw());
    app.frames.added.on(() => this.draw());
    app.frames.cleared.on(() => this.draw());
    this.draw();
  }

  get scenario() {
    const { store, run } = this.app;
    const id = run.phase === "none" ? this.app.scenario : run.scenario;
    return store.scenarios.get(id) ?? { title: "", duration_s: 60, traffic: [], faults: [] };
  }

  draw() {
    const end = timeEnd(this.app.run.t, this.scenario.duration_s);
    const shown = JSON.stringify([end, this.scenario, this.app.frames.markers]);
    if (shown !== this.shown) {
      this.shown = shown;
      this.build(end);
    }
    this.done.style.width = `${(100 * this.app.run.t) / end}%`;
  }

  /** @param {number} end */
  build(end) {
    const { scenario } = this;
    setText(byId("timeline-end"), clock(end));
    const happened = this.app.frames.markers.map((marker) => ({ at: marker.t, word: this.app.catalogue.markerWord(marker), kind: marker.severity, title: marker.text }));
    const coming = scenario.faults.filter((fault) => fault.at_s > this.app.run.t).map(readFault);
    const planned = coming.map((fault) => ({ at: fault.at_s, word: this.word(fault), kind: "planned", title: this.title(fault) }));
    const all = [...happened, ...planned].sort((a, b) => a.at - b.at);
    // Of marks that stand close together only the last has room for its word.
    const marks = all.map((mark, i) => element(mark, end, (all[i + 1]?.at ?? Infinity) - mark.at > end * WORD_ROOM));
    const spans = coming.filter((fault) => fault.for_s).map((fault) => span(fault.at_s, Math.min(end, fault.at_s + (fault.for_s ?? 0)), end));
    this.track.replaceChildren(...this.traffic(end), h("div", { className: "timeline-line" }), this.done, ...spans, ...marks);
  }

  /** @param {import("../core/types.js").Fault} fault */
  word(fault) {
    const { catalogue, store } = this.app;
    return t("{what}: {who}", { what: catalogue.actions.get(fault.action)?.title ?? fault.action, who: targetLabel(store, fault) });
  }

  /** @param {import("../core/types.js").Fault} fault */
  title(fault) {
    const { catalogue, store } = this.app;
    const what = t("{what}: {who}", { what: actionText(catalogue, store, { name: fault.action, arguments: fault.arguments }), who: targetLabel(store, fault) });
    return fault.for_s ? `${what}, ${t("until {time}", { time: clock(fault.at_s + fault.for_s) })}` : what;
  }

  /** @param {number} end */
  traffic(end) {
    const line = trafficLine(this.scenario);
    const top = Math.max(...line.map((point) => point.multiplier), 1);
    if (line.every((point) => point.multiplier === line[0].multiplier)) return [];
    const points = line.map((point) => `${(1000 * point.at_s) / end},${27 - (22 * point.multiplier) / top}`).join(" L ");
    const right = (1000 * this.scenario.duration_s) / end;
    return [s("svg", { viewBox: "0 0 1000 28", preserveAspectRatio: "none", "aria-hidden": "true" }, s("path", { class: "timeline-traffic", d: `M 0,28 L ${points} L ${right},28 Z` }))];
  }
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} end
 */
function span(from, to, end) {
  return h("div", { className: "timeline-span", style: { left: `${(100 * from) / end}%`, width: `${(100 * (to - from)) / end}%` } });
}

/**
 * @param {{at: number, word: string, kind: string, title: string}} mark
 * @param {number} end
 * @param {boolean} room
 */
function element({ at, word, kind, title }, end, room) {
  return h("span", { className: `timeline-mark ${kind}`, title: `${clock(at)} ${title}`, style: { left: `${(100 * at) / end}%` } }, room && word ? h("span", {}, word) : null);
}
