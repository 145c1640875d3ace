/**
 * "Break it" and "Operate": choose what to do to a component, a link or the traffic, with its arguments and its length,
 * and start it. What is chosen and typed stays while the panel is built anew.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").ActionSpec} ActionSpec
 * @typedef {import("../core/types.js").Parameters} Parameters
 * @typedef {import("../core/faults.js").Target} Target
 * @typedef {{name: string, typed: Record<string, Parameters>, seconds: string}} Draft
 * @typedef {Map<string, Draft>} Drafts  one for each group
 */
import { actionsFor, faultCommand, missingArgument } from "../core/faults.js";
import { applies } from "../core/catalogue.js";
import { t } from "../core/i18n.js";
import { checkSeconds } from "../core/scenario.js";
import { h, icon } from "./dom.js";
import { field } from "./fields.js";

/**
 * @param {App} app
 * @param {Target} target
 * @param {Drafts} drafts
 * @param {string} [title] of what breaks
 * @returns {HTMLElement[]} none when nothing can be done to it
 */
export function breakParts(app, target, drafts, title = t("Break it")) {
  const specs = actionsFor(app.catalogue, app.store, target);
  const groups = [
    { group: "fault", title, specs: specs.filter((spec) => spec.group === "fault") },
    // to bring back what is down has a button of its own beside the state
    { group: "operation", title: t("Operate"), specs: specs.filter((spec) => spec.group === "operation" && !isRestore(spec)) },
  ];
  return groups.filter((each) => each.specs.length > 0).map((each) => h("details", { className: "section fold", "data-keep": `tool ${each.group}` },
    h("summary", {}, h("span", { className: "fold-title" }, each.title), h("span", { className: "fold-count" }, String(each.specs.length))),
    app.run.active ? part(app, target, drafts, each) : waiting(each)));
}

/** @param {ActionSpec} spec */
function isRestore(spec) {
  return spec.name === "restore";
}

/** @param {{specs: ActionSpec[]}} group */
function waiting({ specs }) {
  return h("p", { className: "muted action-form" }, t("{names}: while the simulation is on.", { names: specs.map((spec) => spec.title).join(", ") }));
}

/**
 * @param {App} app
 * @param {Target} target
 * @param {Drafts} drafts
 * @param {{group: string, specs: ActionSpec[]}} what
 */
function part(app, target, drafts, { group, specs }) {
  const draft = drafts.get(group) ?? { name: "", typed: {}, seconds: "" };
  drafts.set(group, draft);
  const host = h("div", { className: "action-form" });
  const draw = () => host.replaceChildren(...formOf(app, target, draft, specs, group, draw));
  draw();
  return host;
}

/**
 * @param {App} app
 * @param {Target} target
 * @param {Draft} draft
 * @param {ActionSpec[]} specs
 * @param {string} group
 * @param {() => void} draw
 */
function formOf(app, target, draft, specs, group, draw) {
  const spec = specs.find((each) => each.name === draft.name) ?? specs[0];
  const typed = (draft.typed[spec.name] ??= {});
  const choose = (/** @type {string} */ name) => { draft.name = name; draw(); };
  const fields = spec.parameters.filter((parameter) => applies(parameter, spec.parameters, typed)).map((parameter) => field(parameter, typed, {
    readOnly: false, components: others(app, target), set: (changed, value) => { typed[changed.name] = value; draw(); },
  }));
  const length = spec.lasting ? lengthField(draft, group) : null;
  const start = () => {
    const seconds = checkSeconds(draft.seconds);
    if (!spec.lasting || seconds.ok) app.run.command(faultCommand(spec, target, typed, spec.lasting && seconds.ok ? seconds.value : null));
  };
  const missing = missingArgument(spec, typed);
  const button = h("button", {
    type: "button", className: `button${spec.group === "fault" ? " danger" : ""}`, disabled: !app.run.control || missing !== null, title: missing ?? "", "aria-label": t("Start: {title}", { title: spec.title }), "data-parameter": `${group} start`, on: { click: start },
  }, icon(spec.group === "fault" ? "ui-fault" : "ui-operate"), specs.length > 1 ? t("Start") : spec.title);
  return [specs.length > 1 ? chooser(specs, spec, group, choose) : null, spec.help ? h("p", { className: "muted action-help" }, spec.help) : null, ...fields, length, h("div", { className: "button-row" }, button)].filter((node) => node !== null);
}

/**
 * @param {ActionSpec[]} specs
 * @param {ActionSpec} chosen
 * @param {string} group
 * @param {(name: string) => void} choose
 */
function chooser(specs, chosen, group, choose) {
  const select = h("select", { "aria-label": group === "fault" ? t("What breaks") : t("What to do"), "data-parameter": `${group} action` }, ...specs.map((spec) => h("option", { value: spec.name }, spec.title)));
  select.value = chosen.name;
  select.addEventListener("change", () => choose(select.value));
  return select;
}

/**
 * @param {Draft} draft
 * @param {string} group
 */
function lengthField(draft, group) {
  const error = h("p", { className: "field-error", role: "alert", hidden: true });
  const input = h("input", { type: "text", className: "field-input", inputMode: "decimal", autocomplete: "off", value: draft.seconds, placeholder: t("until ended"), "aria-label": t("For how long, s"), "data-parameter": `${group} length` });
  input.addEventListener("input", () => {
    draft.seconds = input.value;
    const checked = checkSeconds(input.value);
    error.hidden = checked.ok;
    error.textContent = checked.ok ? "" : checked.text;
    input.setAttribute("aria-invalid", String(!checked.ok));
  });
  return h("div", { className: "field" }, h("span", {}, t("For how long")),
    h("div", { className: "field-control has-unit", style: { "--unit-room": "24px" } }, input, h("span", { className: "field-unit", "aria-hidden": "true" }, "s")), error);
}

/**
 * @param {App} app
 * @param {Target} target
 * @returns {[string, string][]}
 */
function others(app, { component }) {
  return [...app.store.components].filter(([id, entry]) => id !== component && app.catalogue.kind(entry.kind)?.runs).map(([id, entry]) => [id, entry.label]);
}
