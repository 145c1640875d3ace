/**
 * The faults and operations of a scenario: when, at whom, what, with which arguments and for how long.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").ActionSpec} ActionSpec
 * @typedef {import("../core/types.js").Fault} Fault
 * @typedef {import("../core/types.js").Scenario} Scenario
 * @typedef {(how: (scenario: Scenario) => Partial<Scenario>) => void} Change
 */
import { actionsFor, readFault, targetLabel, targetOf } from "../core/faults.js";
import { applies } from "../core/catalogue.js";
import { t } from "../core/i18n.js";
import { checkSeconds, LONGEST_S } from "../core/scenario.js";
import { sameValue } from "../core/values.js";
import { h, icon } from "./dom.js";
import { field } from "./fields.js";
import { choice, dropButton, numberInput, optionalInput } from "./scenario-inputs.js";

const FIRST_AT_S = 30;
const FIRST_FOR_S = 30;

/**
 * @param {App} app
 * @param {Scenario} scenario
 * @param {Change} change
 */
export function faultRows(app, scenario, change) {
  const targets = targetsOf(app);
  const cards = scenario.faults.map((fault, i) => card(app, readFault(fault), i, targets, change));
  const more = () => change(({ faults }) => ({ faults: [...faults, firstFault(app, targets)] }));
  return h("div", { className: "grid-rows" }, cards.length === 0 ? h("p", { className: "muted" }, t("Nothing breaks by itself.")) : null, ...cards,
    h("div", {}, h("button", { type: "button", className: "button small", disabled: targets.length === 0, on: { click: more } }, icon("ui-plus"), t("Fault"))));
}

/** @typedef {{key: string, target: import("../core/faults.js").Target, title: string, group: string, specs: ActionSpec[]}} Choosable */

/**
 * Everything that something can be done to.
 *
 * @param {App} app
 * @returns {Choosable[]}
 */
function targetsOf({ store, catalogue }) {
  const all = [
    ...[...store.components.keys()].map((component) => ({ key: `component ${component}`, target: { component }, group: t("Components") })),
    { key: "traffic", target: {}, group: t("Traffic") },
    ...[...store.links.keys()].map((link) => ({ key: `link ${link}`, target: { link }, group: t("Links") })),
  ];
  return all.map((each) => ({ ...each, title: targetLabel(store, each.target), specs: actionsFor(catalogue, store, each.target) })).filter((each) => each.specs.length > 0);
}

/** @param {import("../core/faults.js").Target} target */
function keyOf({ component, link }) {
  return component ? `component ${component}` : link ? `link ${link}` : "traffic";
}

/**
 * At what is selected, or at the first of those that the most can be done to.
 *
 * @param {App} app
 * @param {Choosable[]} targets
 * @returns {Fault}
 */
function firstFault(app, targets) {
  const most = Math.max(...targets.map((each) => each.specs.length));
  const first = targets.find((each) => app.selection.components.has(each.target.component ?? "")) ?? targets.find((each) => each.specs.length === most) ?? targets[0];
  return withAction({ at_s: FIRST_AT_S, ...targetOf(first.target), action: "" }, first.specs[0]);
}

/**
 * @param {Fault} fault
 * @param {ActionSpec} spec
 * @returns {Fault}
 */
function withAction(fault, spec) {
  const lasting = { for_s: fault.for_s === undefined ? FIRST_FOR_S : fault.for_s };
  const { for_s: _dropped, ...rest } = fault;
  return { ...rest, action: spec.name, arguments: {}, ...(spec.lasting ? lasting : {}) };
}

/**
 * @param {App} app
 * @param {Fault} fault
 * @param {number} i
 * @param {Choosable[]} targets
 * @param {Change} change
 */
function card(app, fault, i, targets, change) {
  const n = { number: i + 1 };
  const put = (/** @type {(fault: Fault) => Fault} */ how) => change(({ faults }) => ({ faults: faults.map((each, at) => (at === i ? how(readFault(each)) : each)) }));
  const chosen = targets.find((each) => each.key === keyOf(fault));
  const spec = chosen?.specs.find((each) => each.name === fault.action);
  const error = h("p", { className: "field-error", role: "alert", hidden: true });
  const at = numberInput({ value: fault.at_s, low: 0, high: LONGEST_S, row: `fault-${i}-at`, name: t("Time of fault {number}, s", n), error, set: (at_s) => put((each) => ({ ...each, at_s })) });
  const retarget = (/** @type {string} */ key) => {
    const next = targets.find((each) => each.key === key);
    if (next) put(({ component: _c, link: _l, ...rest }) => moved({ ...rest, ...targetOf(next.target) }, next.specs));
  };
  const who = choice(grouped(targets), chosen?.key ?? "", `fault-${i}-who`, t("Who, fault {number}", n), retarget);
  const what = choice([["", (chosen?.specs ?? []).map((each) => [each.name, each.title])]], spec?.name ?? "", `fault-${i}-what`, t("What, fault {number}", n), (name) => {
    const next = chosen?.specs.find((each) => each.name === name);
    if (next) put((each) => withAction(each, next));
  });
  const length = spec?.lasting ? lengthField(fault, i, error, put) : null;
  const drop = dropButton(t("Remove fault {number}", n), () => change(({ faults }) => ({ faults: faults.filter((_, place) => place !== i) })));
  return h("div", { className: "fault-card", role: "group", "aria-label": t("Fault {number}", n) },
    h("div", { className: "fault-row" }, h("span", {}, t("at")), at, h("span", {}, "s"), who, what, drop),
    spec ? h("div", { className: "fault-arguments" }, ...argumentFields(app, fault, spec, i, put), length) : h("p", { className: "field-error" }, t("“{action}” cannot be done to this: choose another.", { action: fault.action })), error);
}

/**
 * @param {Fault} fault
 * @param {number} i
 * @param {HTMLElement} error
 * @param {(how: (fault: Fault) => Fault) => void} put
 */
function lengthField(fault, i, error, put) {
  const input = optionalInput({ value: fault.for_s ?? null, row: `fault-${i}-for`, name: t("For how long, fault {number}, s", { number: i + 1 }), error, check: checkSeconds, set: (for_s) => put((each) => ({ ...each, for_s })) });
  input.className = "field-input";
  return h("div", { className: "field" }, h("span", {}, t("For how long")),
    h("div", { className: "field-control has-unit", style: { "--unit-room": "24px" } }, input, h("span", { className: "field-unit", "aria-hidden": "true" }, "s")));
}

/**
 * The same action at another target when that takes it, else the first that it takes.
 *
 * @param {Fault} fault
 * @param {ActionSpec[]} specs
 */
function moved(fault, specs) {
  return specs.some((spec) => spec.name === fault.action) ? fault : withAction(fault, specs[0]);
}

/**
 * @param {Choosable[]} targets
 * @returns {[string, string[][]][]}
 */
function grouped(targets) {
  const groups = [...new Set(targets.map((each) => each.group))];
  return groups.map((group) => [group, targets.filter((each) => each.group === group).map((each) => [each.key, each.title])]);
}

/**
 * @param {App} app
 * @param {Fault} fault
 * @param {ActionSpec} spec
 * @param {number} i
 * @param {(how: (fault: Fault) => Fault) => void} put
 */
function argumentFields(app, fault, spec, i, put) {
  const typed = fault.arguments ?? {};
  const shown = spec.parameters.filter((parameter) => applies(parameter, spec.parameters, typed));
  const components = [...app.store.components].filter(([id, entry]) => id !== fault.component && app.catalogue.kind(entry.kind)?.runs).map(([id, entry]) => /** @type {[string, string]} */ ([id, entry.label]));
  return shown.map((parameter) => {
    const node = field(parameter, typed, { readOnly: false, components, set: (changed, value) => put((each) => ({ ...each, arguments: withArgument(each.arguments ?? {}, changed, value) })) });
    for (const control of node.querySelectorAll("[data-parameter]")) /** @type {HTMLElement} */ (control).dataset.parameter = `fault-${i} ${/** @type {HTMLElement} */ (control).dataset.parameter}`;
    return node;
  });
}

/**
 * @param {import("../core/types.js").Parameters} filled
 * @param {import("../core/types.js").ParameterSpec} spec
 * @param {import("../core/types.js").ParameterValue} value
 */
function withArgument(filled, spec, value) {
  const { [spec.name]: _former, ...rest } = filled;
  return sameValue(value, spec.default) ? rest : { ...rest, [spec.name]: value };
}
