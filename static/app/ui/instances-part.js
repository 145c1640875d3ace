/**
 * The instances of one component while a run is on: state, utilisation, version, and one of them killed or brought back.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").InstanceFrame} InstanceFrame
 */
import { actionsFor, faultCommand, faultsAt, INSTANCE } from "../core/faults.js";
import { t } from "../core/i18n.js";
import { lookNamed } from "../core/states.js";
import { formatValue } from "../core/units.js";
import { h, icon, s, setText } from "./dom.js";
import { section } from "./panel-parts.js";

/** @typedef {{node: HTMLElement, mark: SVGElement, word: Element, use: Element, bar: HTMLElement, version: Element, button: HTMLButtonElement | null}} Row */

/**
 * @param {App} app
 * @param {string} id
 */
export function instancesPart(app, id) {
  const list = h("ul", { className: "instance-list" });
  const node = section(t("Instances"), list);
  /** @type {Map<number, Row>} */
  let rows = new Map();
  const live = () => {
    const instances = app.frames.component(id)?.instances ?? [];
    node.hidden = instances.length === 0;
    if (instances.length !== rows.size || instances.some((each) => !rows.has(each.number))) {
      rows = new Map(instances.map((each) => [each.number, rowOf(app, id, each.number)]));
      list.classList.toggle("is-named", instances.some((each) => nameOf(app, each) !== ""));
      list.replaceChildren(...[...rows.values()].map((row) => row.node));
    }
    for (const each of instances) fill(/** @type {Row} */ (rows.get(each.number)), each);
  };
  live();
  return { node, live };
}

/**
 * @param {App} app
 * @param {string} id
 * @param {number} number
 * @returns {Row}
 */
function rowOf(app, id, number) {
  const mark = s("path", {});
  const [word, use, version, bar] = [h("span", { className: "instance-state" }), h("span", { className: "instance-use" }), h("span", { className: "instance-version" }), h("i", {})];
  const takes = actionsFor(app.catalogue, app.store, { component: id }).some((spec) => spec.name === "kill" && spec.parameters.some((parameter) => parameter.name === INSTANCE));
  const button = takes && app.run.active && app.run.control ? h("button", { type: "button", className: "icon-button small", on: { click: () => toggle(app, id, number) } }) : null;
  const name = nameOf(app, app.frames.component(id)?.instances?.find((each) => each.number === number));
  const node = h("li", {}, h("b", { title: name }, name || String(number)), s("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, mark), word, version,
    h("span", { className: "instance-bar", "aria-hidden": "true" }, bar), use, button);
  return { node, mark, word, use, bar, version, button };
}

/**
 * What tells an instance from the others beside its number: its title, or the zone that it stands in.
 *
 * @param {App} app
 * @param {InstanceFrame | undefined} instance
 */
function nameOf(app, instance) {
  if (instance?.title !== undefined) return app.catalogue.instances.get(instance.title) ?? instance.title;
  if (instance?.zone === undefined) return "";
  return `${instance.number} · ${app.store.components.get(instance.zone)?.label ?? instance.zone}`;
}

/**
 * @param {Row} row
 * @param {InstanceFrame} instance
 */
function fill(row, instance) {
  const look = lookNamed(instance.state);
  const down = instance.state === "down";
  row.node.className = look.tone;
  row.mark.setAttribute("d", look.shape);
  row.mark.setAttribute("fill", look.filled ? "currentColor" : "none");
  setText(row.word, down ? t("Down") : look.word());
  setText(row.use, down ? "" : formatValue(instance.utilisation, "ratio"));
  row.bar.style.width = `${Math.round(100 * Math.min(1, Math.max(0, down ? 0 : instance.utilisation ?? 0)))}%`;
  setText(row.version, instance.version === undefined ? "" : t("v{version}", { version: instance.version }));
  if (!row.button || row.button.dataset.down === String(down)) return;
  row.button.dataset.down = String(down);
  row.button.setAttribute("aria-label", down ? t("Restore instance {number}", { number: instance.number }) : t("Kill instance {number}", { number: instance.number }));
  row.button.title = row.button.getAttribute("aria-label") ?? "";
  row.button.replaceChildren(icon(down ? "ui-heal" : "ui-fault"));
}

/**
 * Ends the fault that holds an instance down, or kills it.
 *
 * @param {App} app
 * @param {string} id
 * @param {number} number
 */
function toggle(app, id, number) {
  const down = app.frames.component(id)?.instances?.find((each) => each.number === number)?.state === "down";
  const wanted = down ? "restore" : "kill";
  const holding = down ? faultsAt(app.frames.faults, { component: id }).find((fault) => fault.name === "kill" && fault.arguments?.[INSTANCE] === number) : undefined;
  if (holding) {
    app.run.command({ action: "end_fault", number: holding.number });
    return;
  }
  const spec = actionsFor(app.catalogue, app.store, { component: id }).find((each) => each.name === wanted);
  const takes = spec?.parameters.some((parameter) => parameter.name === INSTANCE);
  if (spec) app.run.command(faultCommand(spec, { component: id }, takes ? { [INSTANCE]: number } : {}, null));
}
