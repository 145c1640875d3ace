/**
 * The scenario editor: title, length, traffic over time, timed faults. Every change goes into the design at once and
 * can be undone; a wrong number says so and goes nowhere.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").Scenario} Scenario
 */
import { freeId, setMeta, setScenario } from "../core/edits.js";
import { t } from "../core/i18n.js";
import { emptyScenario, LONGEST_S, trafficLine } from "../core/scenario.js";
import { byId, h, icon, keptFocus, rebuildSoon, s } from "./dom.js";
import { faultRows } from "./scenario-faults.js";
import { dropButton, numberInput } from "./scenario-inputs.js";

/** Faults drawn over the sketch of the traffic: so many have room. */
const BARS = 8;
const BAR_STEP = 6;

export class ScenarioDialog {
  /**
   * @param {App} app
   * @param {import("./problems.js").Problems} problems
   */
  constructor(app, problems) {
    this.app = app;
    this.problems = problems;
    this.dialog = /** @type {HTMLDialogElement} */ (byId("scenario-dialog"));
    this.body = byId("scenario-body");
    this.id = "";
    const redraw = () => this.dialog.open && this.draw();
    app.store.changed.on(() => rebuildSoon(redraw));
    problems.changed.on(() => rebuildSoon(redraw));
  }

  open() {
    this.id = this.app.scenario;
    this.draw();
    this.dialog.showModal();
  }

  /** @returns {Scenario | undefined} */
  get scenario() {
    return this.app.store.scenarios.get(this.id);
  }

  /**
   * From the scenario as it is now, not as it was when the form was built: two fields may be committed at once.
   *
   * @param {(scenario: Scenario) => Partial<Scenario>} how
   */
  change(how) {
    const scenario = this.scenario;
    if (scenario) this.app.edit(setScenario(this.id, { ...structuredClone(scenario), ...how(scenario) }));
  }

  draw() {
    const { store } = this.app;
    if (!this.scenario) this.id = this.app.scenario;
    const items = [...store.scenarios].map(([id, scenario]) => h("li", {}, h("button", {
      type: "button", "aria-current": id === this.id ? "true" : undefined, on: { click: () => { this.id = id; this.draw(); } },
    }, scenario.title || id)));
    const kept = keptFocus(this.body);
    const list = h("div", {}, h("ul", { className: "scenario-list" }, ...items),
      h("div", { className: "scenario-list" }, h("button", { type: "button", className: "button small", on: { click: () => this.create() } }, icon("ui-plus"), t("New scenario"))));
    this.body.replaceChildren(h("div", { className: "scenario-columns" }, list, this.scenario ? this.form(this.scenario) : h("p", { className: "muted" }, t("No scenario yet: traffic stays as the clients have it."))));
    kept?.();
  }

  create() {
    const id = freeId(this.app.store.scenarios, "scenario");
    this.id = id;
    this.app.edit(setScenario(id, { ...emptyScenario(), title: t("New scenario") }));
    this.app.edit(setMeta(this.app.store, "scenario", id));
  }

  /** @param {Scenario} scenario */
  form(scenario) {
    const title = h("input", { type: "text", value: scenario.title, maxLength: 80, "data-parameter": "title", on: { change: () => this.change(() => ({ title: title.value })) } });
    const error = h("p", { className: "field-error", role: "alert", hidden: true });
    const duration = numberInput({ value: scenario.duration_s, low: 1, high: LONGEST_S, row: "duration", name: t("Duration in seconds"), error, set: (value) => this.change(() => ({ duration_s: value })) });
    const found = this.problems.of(this.id).filter((problem) => problem.where === "scenario");
    return h("div", { className: "scenario-form" },
      h("div", { className: "row-pair" }, h("label", {}, t("Title"), title), h("label", {}, t("Duration, s"), duration)), error,
      h("h3", {}, t("Traffic")), this.sketch(scenario), this.trafficRows(scenario),
      h("h3", {}, t("Faults and operations")), faultRows(this.app, scenario, (how) => this.change(how)),
      found.length > 0 ? h("ul", { className: "problem-list", role: "status" }, ...found.map((problem) => h("li", { className: problem.severity }, icon(problem.severity === "problem" ? "ui-warning" : "ui-hint"), h("span", { className: "grow" }, problem.text)))) : null,
      h("footer", {}, h("button", { type: "button", className: "button small", disabled: this.app.store.scenarios.size < 2, on: { click: () => this.app.edit(setScenario(this.id, undefined)) } }, icon("ui-trash"), t("Delete this scenario"))));
  }

  /** @param {Scenario} scenario */
  sketch(scenario) {
    const line = trafficLine(scenario);
    const top = Math.max(...line.map((point) => point.multiplier), 1) * 1.15;
    const d = line.map((point) => `${(100 * point.at_s) / scenario.duration_s},${56 - (56 * point.multiplier) / top}`).join(" L ");
    const bars = scenario.faults.slice(0, BARS).map((fault, i) => s("rect", {
      x: (100 * fault.at_s) / scenario.duration_s, y: 4 + i * BAR_STEP, height: 4,
      width: Math.max(0.7, (100 * Math.min(fault.for_s === undefined ? 0 : fault.for_s ?? Infinity, scenario.duration_s - fault.at_s)) / scenario.duration_s),
    }));
    return h("div", { className: "sketch" }, s("svg", { viewBox: "0 0 100 56", width: "100%", height: 56, preserveAspectRatio: "none", role: "img", "aria-label": t("Traffic and faults over time") }, s("path", { d: `M -1,60 L ${d} L 101,60` }), ...bars));
  }

  /**
   * @param {import("../core/types.js").TrafficPoint} point
   * @param {number} i
   * @param {(i: number, change: object) => void} set
   */
  trafficRow(point, i, set) {
    const n = { number: i + 1 };
    const error = h("p", { className: "field-error", role: "alert", hidden: true });
    const at = numberInput({ value: point.at_s, low: 0, high: LONGEST_S, row: `traffic-${i}-at`, name: t("Time of point {number}, s", n), error, set: (at_s) => set(i, { at_s }) });
    const by = numberInput({ value: point.multiplier, low: 0, high: 1000, row: `traffic-${i}-by`, name: t("Traffic at point {number}, times normal", n), error, set: (multiplier) => set(i, { multiplier }) });
    const drop = dropButton(t("Remove point {number}", n), () => this.change(({ traffic }) => ({ traffic: traffic.filter((_, place) => place !== i) })));
    return h("div", {}, h("div", { className: "grid-row" }, t("at"), at, "s ×", by, t("the normal traffic"), drop), error);
  }

  /** @param {Scenario} scenario */
  trafficRows(scenario) {
    const set = (/** @type {number} */ i, /** @type {object} */ change) => this.change(({ traffic }) => ({ traffic: traffic.map((point, at) => (at === i ? { ...point, ...change } : point)).sort((a, b) => a.at_s - b.at_s) }));
    const rows = scenario.traffic.map((point, i) => this.trafficRow(point, i, set));
    const more = () => this.change(({ traffic, duration_s: end }) => {
      const last = traffic.at(-1);
      return { traffic: [...traffic, { at_s: Math.min(end, (last?.at_s ?? 0) + 10), multiplier: last ? last.multiplier : 1 }] };
    });
    return h("div", { className: "grid-rows" }, rows.length === 0 ? h("p", { className: "muted" }, t("Steady: as the clients have it.")) : null, ...rows,
      h("div", {}, h("button", { type: "button", className: "button small", on: { click: more } }, icon("ui-plus"), t("Traffic point"))));
  }
}
