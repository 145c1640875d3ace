/**
 * What one can do to a design. Each edit looks at the store and says which operations it is, with a name for
 * undo; it changes nothing itself.
 *
 * @typedef {import("./document.js").DesignStore} DesignStore
 * @typedef {import("./document.js").Operation} Operation
 * @typedef {import("./catalogue.js").Catalogue} Catalogue
 * @typedef {import("./types.js").Component} Component
 * @typedef {import("./types.js").Link} Link
 * @typedef {import("./types.js").ParameterValue} ParameterValue
 * @typedef {import("./types.js").ParameterSpec} ParameterSpec
 * @typedef {import("./types.js").Scenario} Scenario
 * @typedef {{label: string, operations: Operation[], select?: string[], selectLink?: string, merge?: string}} Edit
 * @typedef {{components: Record<string, Component>, links: Record<string, Link>}} Clip
 */
import { t } from "./i18n.js";

export const GRID = 8;
const LONGEST_ID = 64;

/**
 * @param {DesignStore} store
 * @param {Catalogue} catalogue
 * @param {string} kind
 * @param {{x: number, y: number}} at
 * @returns {Edit}
 */
export function add(store, catalogue, kind, at) {
  const spec = catalogue.kind(kind);
  const title = spec?.title ?? kind;
  const id = freeId(store.components, kind.replaceAll("_", "-"));
  const value = { kind, label: freeLabel(store, title), x: snap(at.x), y: snap(at.y), parameters: {} };
  return { label: t("Add {title}", { title }), operations: [component(id, value)], select: [id] };
}

/**
 * @param {DesignStore} store
 * @param {Map<string, {x: number, y: number}>} places
 * @param {string} [merge]
 * @returns {Edit}
 */
export function move(store, places, merge = "") {
  const operations = [];
  for (const [id, place] of places) {
    const entry = store.components.get(id);
    const [x, y] = [Math.round(place.x), Math.round(place.y)];
    if (entry && (entry.x !== x || entry.y !== y)) operations.push(component(id, { ...entry, x, y }));
  }
  const label = operations.length === 1 ? t("Move") : t("Move {count} components", { count: operations.length });
  return { label, operations, merge };
}

/**
 * @param {DesignStore} store
 * @param {Iterable<string>} ids
 * @param {number} dx
 * @param {number} dy
 * @returns {Edit}
 */
export function nudge(store, ids, dx, dy) {
  const places = new Map();
  for (const id of ids) {
    const entry = store.components.get(id);
    if (entry) places.set(id, { x: entry.x + dx, y: entry.y + dy });
  }
  return move(store, places, `nudge ${[...places.keys()].join(" ")}`);
}

/**
 * Why two components cannot be linked, or null when they can.
 *
 * @param {DesignStore} store
 * @param {Catalogue} catalogue
 * @param {string} from
 * @param {string} to
 */
export function refusal(store, catalogue, from, to) {
  const source = store.components.get(from);
  const target = store.components.get(to);
  if (!source || !target || from === to) return t("A component cannot be linked to itself.");
  if (!catalogue.port(source.kind, target.kind)) {
    return t("{from} has nothing to ask of {to}.", { from: source.label, to: target.label });
  }
  for (const link of store.links.values()) {
    if (link.from === from && link.to === to) return t("{from} and {to} are linked already.", { from: source.label, to: target.label });
  }
  return null;
}

/**
 * @param {DesignStore} store
 * @param {string} from
 * @param {string} to
 * @returns {Edit}
 */
export function connect(store, from, to) {
  const id = freeId(store.links, `${from}-${to}`);
  return {
    label: t("Connect {from} to {to}", { from: labelOf(store, from), to: labelOf(store, to) }),
    operations: [{ section: "links", id, value: { from, to, parameters: {} } }],
  };
}

/**
 * Sets a parameter; one that equals the default is left out of the document.
 *
 * @param {DesignStore} store
 * @param {"components" | "links"} section
 * @param {string} id
 * @param {ParameterSpec} spec
 * @param {ParameterValue} value
 * @param {boolean} [stepping] a held arrow key: its steps are one gesture
 * @returns {Edit}
 */
export function setParameter(store, section, id, spec, value, stepping = false) {
  const entry = store.map(section).get(id);
  const label = t("Set {title}", { title: spec.title });
  if (!entry) return { label, operations: [] };
  const parameters = { ...entry.parameters };
  if (value === spec.default) delete parameters[spec.name];
  else parameters[spec.name] = value;
  const former = Object.hasOwn(entry.parameters, spec.name) ? entry.parameters[spec.name] : spec.default;
  const operations = former === value ? [] : [{ section, id, value: { ...entry, parameters } }];
  return { label, operations, merge: stepping ? `set ${section} ${id} ${spec.name}` : "" };
}

/**
 * @param {DesignStore} store
 * @param {string} id
 * @param {string} label
 * @returns {Edit}
 */
export function relabel(store, id, label) {
  const entry = store.components.get(id);
  const unchanged = !entry || entry.label === label || label.trim() === "";
  return { label: t("Rename"), operations: unchanged ? [] : [component(id, { ...entry, label })] };
}

/**
 * @param {DesignStore} store
 * @param {string} name
 * @param {unknown} value
 * @returns {Edit}
 */
export function setMeta(store, name, value) {
  const label = name === "name" ? t("Rename design") : t("Change design");
  const operations = store.meta.get(name) === value ? [] : [/** @type {Operation} */ ({ section: "meta", id: name, value })];
  return { label, operations };
}

/**
 * Removes components with their links and the faults that name them, and links by themselves.
 *
 * @param {DesignStore} store
 * @param {Iterable<string>} ids
 * @param {string | null} linkId
 * @returns {Edit}
 */
export function remove(store, ids, linkId) {
  const gone = new Set([...ids].filter((id) => store.components.has(id)));
  /** @type {Operation[]} */
  const operations = [];
  for (const [id, link] of store.links) {
    if (id === linkId || gone.has(link.from) || gone.has(link.to)) operations.push({ section: "links", id, value: undefined });
  }
  for (const [id, scenario] of store.scenarios) {
    const faults = scenario.faults.filter((fault) => !gone.has(fault.component));
    if (faults.length < scenario.faults.length) operations.push({ section: "scenarios", id, value: { ...scenario, faults } });
  }
  for (const id of gone) operations.push(component(id, undefined));
  const only = gone.size === 1 ? labelOf(store, [...gone][0]) : "";
  const what = only || (gone.size === 0 ? t("link") : t("{count} components", { count: gone.size }));
  return { label: t("Delete {what}", { what }), operations, select: [] };
}

/**
 * @param {DesignStore} store
 * @param {Iterable<string>} ids
 * @returns {Clip}
 */
export function copy(store, ids) {
  const chosen = new Set(ids);
  const inside = [...store.links].filter(([, link]) => chosen.has(link.from) && chosen.has(link.to));
  return {
    components: Object.fromEntries([...store.components].filter(([id]) => chosen.has(id))),
    links: Object.fromEntries(inside),
  };
}

/**
 * @param {DesignStore} store
 * @param {Clip} clip
 * @param {{x: number, y: number}} offset
 * @param {string} [label]
 * @returns {Edit}
 */
export function paste(store, clip, offset, label = t("Paste")) {
  /** @type {Map<string, string>} */
  const renamed = new Map();
  /** @type {Operation[]} */
  const operations = [];
  const takenLinks = new Map(store.links);
  const taken = new Map(store.components);
  for (const [id, entry] of Object.entries(clip.components)) {
    const fresh = freeId(taken, id.replace(/-\d+$/, ""));
    const value = { ...entry, label: nextLabel(taken, entry.label), x: entry.x + offset.x, y: entry.y + offset.y };
    taken.set(fresh, value);
    renamed.set(id, fresh);
    operations.push(component(fresh, value));
  }
  for (const link of Object.values(clip.links)) {
    const [from, to] = [renamed.get(link.from), renamed.get(link.to)];
    if (!from || !to) continue;
    const id = freeId(takenLinks, `${from}-${to}`);
    const value = { ...link, from, to };
    takenLinks.set(id, value);
    operations.push({ section: "links", id, value });
  }
  return { label, operations, select: [...renamed.values()] };
}

/**
 * @param {DesignStore} store
 * @param {Iterable<string>} ids
 * @returns {Edit}
 */
export function duplicate(store, ids) {
  return paste(store, copy(store, ids), { x: 4 * GRID, y: 4 * GRID }, t("Duplicate"));
}

/**
 * @param {string} id
 * @param {Scenario | undefined} value
 * @returns {Edit}
 */
export function setScenario(id, value) {
  return { label: value ? t("Change scenario") : t("Delete scenario"), operations: [{ section: "scenarios", id, value }] };
}

/**
 * @param {string} id
 * @param {Component | undefined} value
 * @returns {Operation}
 */
function component(id, value) {
  return { section: "components", id, value };
}

/**
 * @param {DesignStore} store
 * @param {string} id
 */
export function labelOf(store, id) {
  return store.components.get(id)?.label ?? id;
}

/** @param {number} value */
export function snap(value) {
  return Math.round(value / GRID) * GRID;
}

/**
 * @param {Map<string, unknown>} taken
 * @param {string} base
 */
export function freeId(taken, base) {
  const stem = base.replace(/[^a-zA-Z0-9_-]+/g, "-").slice(0, LONGEST_ID - 4) || "thing";
  if (!taken.has(stem)) return stem;
  let number = 2;
  while (taken.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

/**
 * @param {DesignStore} store
 * @param {string} title
 */
function freeLabel(store, title) {
  const labels = new Set([...store.components.values()].map((entry) => entry.label));
  if (!labels.has(title)) return title;
  return nextLabel(store.components, title);
}

/**
 * "Server 3" → "Server 4", the next that is free.
 *
 * @param {Map<string, Component>} components
 * @param {string} label
 */
function nextLabel(components, label) {
  const labels = new Set([...components.values()].map((entry) => entry.label));
  const stem = label.replace(/ \d+$/, "");
  let number = 2;
  while (labels.has(`${stem} ${number}`)) number += 1;
  return `${stem} ${number}`;
}
