/**
 * The scenario editor: title, length, traffic over time, timed faults. Every change goes into the design at once and
 * can be undone; a wrong number says so and goes nowhere.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").Scenario} Scenario
 */
import { freeId, setMeta, setScenario } from "../core/edits.js";
import { t } from "../core/i18n.js";
import { emptyScenario, trafficLine } from "../core/scenario.js";
import { byId, h, icon, keptFocus, rebuildSoon, s } from "./dom.js";

const LONGEST_S = 86_400;

export class ScenarioDialog {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.dialog = /** @type {HTMLDialogElement} */ (byId("scenario-dialog"));
    this.body = byId("scenario-body");
    this.id = "";
    const redraw = () => this.dialog.open && this.draw();
    app.store.changed.on(() => rebuildSoon(redraw));
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
    const duration = number(scenario.duration_s, 1, LONGEST_S, "duration", t("Duration in seconds"), (value) => this.change(() => ({ duration_s: value })));
    return h("div", { className: "scenario-form" },
      h("div", { className: "row-pair" }, h("label", {}, t("Title"), title), h("label", {}, t("Duration, s"), duration)),
      h("h3", {}, t("Traffic")), this.sketch(scenario), this.trafficRows(scenario),
      h("h3", {}, t("Faults")), this.faultRows(scenario),
      h("footer", {}, h("button", { type: "button", className: "button small", disabled: this.app.store.scenarios.size < 2, on: { click: () => this.app.edit(setScenario(this.id, undefined)) } }, icon("ui-trash"), t("Delete this scenario"))));
  }

  /** @param {Scenario} scenario */
  sketch(scenario) {
    const line = trafficLine(scenario);
    const top = Math.max(...line.map((point) => point.multiplier), 1) * 1.15;
    const d = line.map((point) => `${(100 * point.at_s) / scenario.duration_s},${56 - (56 * point.multiplier) / top}`).join(" L ");
    return h("div", { className: "sketch" }, s("svg", { viewBox: "0 0 100 56", width: "100%", height: 56, preserveAspectRatio: "none", role: "img", "aria-label": t("Traffic over time") }, s("path", { d: `M -1,60 L ${d} L 101,60` })));
  }

  /** @param {Scenario} scenario */
  trafficRows(scenario) {
    const set = (/** @type {number} */ i, /** @type {object} */ change) => this.change(({ traffic }) => ({ traffic: traffic.map((point, at) => (at === i ? { ...point, ...change } : point)).sort((a, b) => a.at_s - b.at_s) }));
    const rows = scenario.traffic.map((point, i) => h("div", { className: "grid-row" }, t("at"),
      number(point.at_s, 0, LONGEST_S, `traffic-${i}-at`, t("Time of point {number}, s", { number: i + 1 }), (at_s) => set(i, { at_s })), "s ×",
      number(point.multiplier, 0, 1000, `traffic-${i}-by`, t("Traffic at point {number}, times normal", { number: i + 1 }), (multiplier) => set(i, { multiplier })), t("the normal traffic"),
      dropButton(t("Remove point {number}", { number: i + 1 }), () => this.change(({ traffic }) => ({ traffic: traffic.filter((_, at) => at !== i) })))));
    const more = () => this.change(({ traffic, duration_s: end }) => {
      const last = traffic.at(-1);
      return { traffic: [...traffic, { at_s: Math.min(end, (last?.at_s ?? 0) + 10), multiplier: last ? last.multiplier : 1 }] };
    });
    return h("div", { className: "grid-rows" }, rows.length === 0 ? h("p", { className: "muted" }, t("Steady: as the clients have it.")) : null, ...rows,
      h("div", {}, h("button", { type: "button", className: "button small", on: { click: more } }, icon("ui-plus"), t("Traffic point"))));
  }

  /** @param {Scenario} scenario */
  faultRows(scenario) {
    const { store, catalogue } = this.app;
    const mortal = [...store.components].filter(([, entry]) => catalogue.kind(entry.kind)?.can.includes("kill"));
    const set = (/** @type {number} */ i, /** @type {object} */ change) => this.change(({ faults }) => ({ faults: faults.map((fault, at) => (at === i ? { ...fault, ...change } : fault)) }));
    const rows = scenario.faults.map((fault, i) => {
      const who = choice(mortal.map(([id, entry]) => [id, entry.label]), fault.component, `fault-${i}-who`, t("Who, fault {number}", { number: i + 1 }), (component) => set(i, { component }));
      const what = choice([["kill", t("is killed")], ["restore", t("returns")]], fault.action, `fault-${i}-what`, t("What, fault {number}", { number: i + 1 }), (action) => set(i, { action }));
      const how = choice([["process", t("process")], ["machine", t("machine")]], fault.mode ?? "process", `fault-${i}-how`, t("How, fault {number}", { number: i + 1 }), (mode) => set(i, { mode }));
      const length = optionalNumber(fault.for_s ?? null, `fault-${i}-for`, t("For how long, fault {number}, s", { number: i + 1 }), (for_s) => set(i, { for_s }));
      return h("div", { className: "grid-row" }, t("at"), number(fault.at_s, 0, LONGEST_S, `fault-${i}-at`, t("Time of fault {number}, s", { number: i + 1 }), (at_s) => set(i, { at_s })), "s", who, what,
        ...(fault.action === "kill" ? [how, t("for"), length, "s"] : []),
        dropButton(t("Remove fault {number}", { number: i + 1 }), () => this.change(({ faults }) => ({ faults: faults.filter((_, at) => at !== i) }))));
    });
    const more = () => this.change(({ faults }) => ({ faults: [...faults, { at_s: 30, component: mortal[0][0], action: "kill", mode: "process", for_s: 30 }] }));
    return h("div", { className: "grid-rows" }, rows.length === 0 ? h("p", { className: "muted" }, t("Nothing breaks by itself.")) : null, ...rows,
      h("div", {}, h("button", { type: "button", className: "button small", disabled: mortal.length === 0, on: { click: more } }, icon("ui-plus"), t("Fault"))));
  }
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 * @param {string} row
 * @param {string} name
 * @param {(value: number) => void} set
 */
function number(value, low, high, row, name, set) {
  const input = h("input", { type: "text", inputMode: "decimal", value: String(value), "aria-label": name, "data-parameter": row });
  input.addEventListener("change", () => {
    const typed = Number(input.value.trim().replace(",", "."));
    const fine = input.value.trim() !== "" && typed >= low && typed <= high;
    input.setAttribute("aria-invalid", String(!fine));
    input.title = fine ? "" : t("A number from {minimum} to {maximum}.", { minimum: low, maximum: high });
    if (fine) set(typed);
  });
  return input;
}

/**
 * @param {number | null} value
 * @param {string} row
 * @param {string} name
 * @param {(value: number | null) => void} set
 */
function optionalNumber(value, row, name, set) {
  const input = h("input", { type: "text", inputMode: "decimal", value: value === null ? "" : String(value), placeholder: t("ever"), "aria-label": name, "data-parameter": row });
  input.addEventListener("change", () => {
    const text = input.value.trim();
    const typed = Number(text.replace(",", "."));
    const fine = text === "" || (typed > 0 && typed <= LONGEST_S);
    input.setAttribute("aria-invalid", String(!fine));
    if (fine) set(text === "" ? null : typed);
  });
  return input;
}

/**
 * @param {string[][]} options
 * @param {string} value
 * @param {string} row
 * @param {string} name
 * @param {(value: string) => void} set
 */
function choice(options, value, row, name, set) {
  const select = h("select", { "aria-label": name, "data-parameter": row }, ...options.map(([each, title]) => h("option", { value: each }, title)));
  select.value = value;
  select.addEventListener("change", () => set(select.value));
  return select;
}

/**
 * @param {string} name
 * @param {() => void} drop
 */
function dropButton(name, drop) {
  return h("button", { type: "button", className: "icon-button small", "aria-label": name, on: { click: drop } }, icon("ui-x"));
}
