/**
 * Faults and operations: what one can do to what, the command that does it, and which faults are on.
 *
 * @typedef {import("./catalogue.js").Catalogue} Catalogue
 * @typedef {import("./document.js").DesignStore} DesignStore
 * @typedef {import("./types.js").ActionSpec} ActionSpec
 * @typedef {import("./types.js").ActiveFault} ActiveFault
 * @typedef {import("./types.js").Fault} Fault
 * @typedef {import("./types.js").Parameters} Parameters
 * @typedef {import("./types.js").RunCommand} RunCommand
 * @typedef {{component?: string | null, link?: string | null}} Target  of neither: the traffic
 */
import { applies, valueOf } from "./catalogue.js";
import { labelOf } from "./edits.js";
import { t } from "./i18n.js";
import { shownValue } from "./values.js";

/** The argument of an action that picks one of a component's instances; 0 is all of them. */
export const INSTANCE = "instance";

/**
 * @param {Catalogue} catalogue
 * @param {DesignStore} store
 * @param {Target} target
 * @returns {ActionSpec[]}
 */
export function actionsFor(catalogue, store, target) {
  const entry = target.component ? store.components.get(target.component) : undefined;
  const names = target.component ? catalogue.actionsOf(entry?.kind ?? "") : target.link ? linkActions(catalogue, store, target.link) : catalogue.document.traffic?.actions ?? [];
  const specs = names.map((name) => catalogue.actions.get(name)).filter((spec) => spec !== undefined);
  return catalogue.kind(entry?.kind ?? "")?.grows ? specs : specs.map(ofTheWhole);
}

/**
 * Of what has no instances none can be picked.
 *
 * @param {ActionSpec} spec
 * @returns {ActionSpec}
 */
function ofTheWhole(spec) {
  const parameters = spec.parameters.filter((parameter) => parameter.name !== INSTANCE);
  return parameters.length === spec.parameters.length ? spec : { ...spec, parameters };
}

/**
 * Nothing travels over a line that only controls: there is nothing to slow down or cut.
 *
 * @param {Catalogue} catalogue
 * @param {DesignStore} store
 * @param {string} id
 */
function linkActions(catalogue, store, id) {
  const link = store.links.get(id);
  if (!link || catalogue.styleOf(store, link) === "control") return [];
  return catalogue.link.actions ?? [];
}

/**
 * The arguments of an action that count, with their defaults filled in.
 *
 * @param {ActionSpec} spec
 * @param {Parameters} typed
 * @returns {Parameters}
 */
export function argumentsOf(spec, typed) {
  const due = spec.parameters.filter((parameter) => applies(parameter, spec.parameters, typed));
  return Object.fromEntries(due.map((parameter) => [parameter.name, valueOf(parameter, typed)]));
}

/**
 * What keeps an action from being started, or null.
 *
 * @param {ActionSpec} spec
 * @param {Parameters} typed
 */
export function missingArgument(spec, typed) {
  const filled = argumentsOf(spec, typed);
  const open = spec.parameters.find((parameter) => parameter.type === "component" && parameter.name in filled && !filled[parameter.name]);
  return open ? t("Choose: {title}", { title: open.title }) : null;
}

/** Actions with a command of their own. */
const SHORT = new Set(["kill", "restore"]);

/**
 * @param {ActionSpec} spec
 * @param {Target} target
 * @param {Parameters} typed
 * @param {number | null} seconds for how long, null until it is ended
 * @returns {RunCommand}
 */
export function faultCommand(spec, target, typed, seconds) {
  const filled = argumentsOf(spec, typed);
  if (SHORT.has(spec.name) && seconds === null && !filled[INSTANCE]) return { action: spec.name, ...targetOf(target), ...("mode" in filled ? { mode: filled.mode } : {}) };
  return { action: "fault", name: spec.name, ...targetOf(target), arguments: filled, ...(spec.lasting ? { for_s: seconds } : {}) };
}

/**
 * @param {Target} target
 * @returns {Target}
 */
export function targetOf({ component, link }) {
  return component ? { component } : link ? { link } : {};
}

/**
 * Those that are on at a target.
 *
 * @param {ActiveFault[]} active
 * @param {Target} target
 */
export function faultsAt(active, target) {
  return active.filter((fault) => (fault.component ?? null) === (target.component ?? null) && (fault.link ?? null) === (target.link ?? null));
}

/**
 * "Server 1", "Server 1 → Cache", "All traffic".
 *
 * @param {DesignStore} store
 * @param {Target} target
 */
export function targetLabel(store, { component, link }) {
  if (component) return labelOf(store, component);
  if (!link) return t("All traffic");
  const ends = store.links.get(link);
  return ends ? t("{from} → {to}", { from: labelOf(store, ends.from), to: labelOf(store, ends.to) }) : link;
}

/**
 * "Slow down, factor 4": an action with its arguments.
 *
 * @param {Catalogue} catalogue
 * @param {DesignStore} store
 * @param {{name: string, arguments?: Parameters}} done
 */
export function actionText(catalogue, store, done) {
  const spec = catalogue.actions.get(done.name);
  if (!spec) return done.name;
  const typed = done.arguments ?? {};
  const parts = spec.parameters.filter((parameter) => parameter.name in typed && applies(parameter, spec.parameters, typed) && !isWhole(parameter, typed))
    .map((parameter) => `${parameter.title}: ${shownValue(parameter, typed[parameter.name], (id) => labelOf(store, id))}`);
  return [spec.title, ...parts].join(" · ");
}

/**
 * "Instance 0" is all of them: not worth a word.
 *
 * @param {import("./types.js").ParameterSpec} parameter
 * @param {Parameters} typed
 */
function isWhole(parameter, typed) {
  return parameter.name === INSTANCE && typed[parameter.name] === 0;
}

/**
 * The one click beside a card: kill what lives, bring back what is down. Null when it takes neither.
 *
 * @param {Catalogue} catalogue
 * @param {DesignStore} store
 * @param {string} id
 * @param {boolean} down
 */
export function quickAction(catalogue, store, id, down) {
  const wanted = down ? "restore" : "kill";
  return actionsFor(catalogue, store, { component: id }).find((spec) => spec.name === wanted) ?? null;
}

/**
 * The words of the mark on a card or link: the newest fault, and how many more.
 *
 * @param {Catalogue} catalogue
 * @param {ActiveFault[]} faults at one thing
 */
export function markWords(catalogue, faults) {
  const newest = faults.at(-1);
  if (!newest) return "";
  const title = catalogue.actions.get(newest.name)?.title ?? newest.name;
  return faults.length > 1 ? t("{title} +{count}", { title, count: faults.length - 1 }) : title;
}

/**
 * A scenario's fault as documents of version 2 have it; a draft may be older.
 *
 * @param {Fault} fault
 * @returns {Fault}
 */
export function readFault({ mode, ...fault }) {
  return { ...fault, arguments: { ...fault.arguments, ...(mode === undefined ? {} : { mode }) } };
}
