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
import * as places from "./places.js";
import { sameValue } from "./values.js";

export const GRID = 8;
const LONGEST_ID = 64;

/**
 * A new component, in the place that lies under it; a new place, around what it lies under.
 *
 * @param {DesignStore} store
 * @param {Catalogue} catalogue
 * @param {string} kind
 * @param {{x: number, y: number, width?: number, height?: number}} at
 * @returns {Edit}
 */
export function add(store, catalogue, kind, at) {
  const spec = catalogue.kind(kind);
  const title = spec?.title ?? kind;
  const id = freeId(store.components, kind.replaceAll("_", "-"));
  const spot = { x: snap(at.x), y: snap(at.y) };
  const box = spec?.place ? places.boundedBox({ ...spot, width: at.width ?? places.FIRST_SIZE.width, height: at.height ?? places.FIRST_SIZE.height }, GRID) : spot;
  const value = { kind, label: freeLabel(store, title), ...box, parameters: {} };
  const operations = placed(store, catalogue, new Map([[id, value]]), new Set([id]));
  return { label: t("Add {title}", { title }), operations, select: [id] };
}

/**
 * New entries, and what stands in other places because of them.
 *
 * @param {DesignStore} store
 * @param {Catalogue} catalogue
 * @param {Map<string, Component>} entries
 * @param {Set<string>} touched of them, those that must be asked where they stand
 * @returns {Operation[]}
 */
function placed(store, catalogue, entries, touched) {
  const after = new Map([...store.components, ...entries]);
  const changed = new Map([...entries, ...places.settled(after, catalogue, touched)]);
  return [...changed].map(([id, value]) => component(id, value));
}

/**
 * Puts things elsewhere; what stands in a place goes along with it.
 *
 * @param {DesignStore} store
 * @param {Catalogue} catalogue
 * @param {Map<string, {x: number, y: number}>} spots
 * @param {string} [merge]
 * @returns {Edit}
 */
export function move(store, catalogue, spots, merge = "") {
  /** @type {Map<string, Component>} */
  const moved = new Map();
  for (const [id, spot] of spots) shift(store, id, spot, spots, moved);
  const operations = placed(store, catalogue, moved, new Set([...spots.keys()].filter((id) => moved.has(id))));
  const label = spots.size === 1 ? t("Move") : t("Move {count} components", { count: spots.size });
  return { label, operations, merge };
}

/**
 * @param {DesignStore} store
 * @param {string} id
 * @param {{x: number, y: number}} spot
 * @param {Map<string, unknown>} named these have a spot of their own
 * @param {Map<string, Component>} moved is filled
 */
function shift(store, id, spot, named, moved) {
  const entry = store.components.get(id);
  const [x, y] = [Math.round(spot.x), Math.round(spot.y)];
  if (!entry || (entry.x === x && entry.y === y)) return;
  moved.set(id, { ...entry, x, y });
  for (const other of places.contentsOf(store.components, [id])) {
    const inner = store.components.get(other);
    if (inner && !named.has(other)) moved.set(other, { ...inner, x: inner.x + x - entry.x, y: inner.y + y - entry.y });
  }
}

/**
 * @param {DesignStore} store
 * @param {Catalogue} catalogue
 * @param {Iterable<string>} ids
 * @param {number} dx
 * @param {number} dy
 * @returns {Edit}
 */
export function nudge(store, catalogue, ids, dx, dy) {
  const chosen = new Set(ids);
  const spots = new Map();
  for (const id of chosen) {
    const entry = store.components.get(id);
    const carried = places.placesAround(store.components, id).some((place) => chosen.has(place));
    if (entry && !carried) spots.set(id, { x: entry.x + dx, y: entry.y + dy });
  }
  return move(store, catalogue, spots, `nudge ${[...spots.keys()].join(" ")}`);
}

/**
 * @param {DesignStore} store
 * @param {Catalogue} catalogue
 * @param {string} id of a place
 * @param {import("./geometry.js").Box} box
 * @param {string} [merge]
 * @returns {Edit}
 */
export function resize(store, catalogue, id, box, merge = "") {
  const entry = store.components.get(id);
  const next = places.boundedBox(box, GRID);
  const label = t("Resize {label}", { label: labelOf(store, id) });
  const same = entry && entry.x === next.x && entry.y === next.y && entry.width === next.width && entry.height === next.height;
  if (!entry || same) return { label, operations: [] };
  return { label, operations: placed(store, catalogue, new Map([[id, { ...entry, ...next }]]), new Set([id])), merge };
}

/**
 * Into a place by name, as the keyboard does it: it is moved to where there is room, too.
 *
 * @param {DesignStore} store
 * @param {string} id
 * @param {string | null} place null: out of all places
 * @returns {Edit}
 */
export function putInside(store, id, place) {
  const entry = store.components.get(id);
  const holder = place ? store.components.get(place) : undefined;
  const label = place ? t("Move into {label}", { label: labelOf(store, place) }) : t("Move out of all places");
  if (!entry || (entry.inside ?? null) === place || (place && !holder)) return { label, operations: [] };
  const own = places.contentsOf(store.components, [id]).add(id);
  /** @type {Map<string, Component>} */
  const changed = new Map();
  const room = place ? places.roomIn(store.components, place, places.boxOf(entry), own) : null;
  shift(store, id, room ? room.spot : outside(store, id), new Map(), changed);
  changed.set(id, places.standing(changed.get(id) ?? entry, place));
  if (place && holder && room && room.height !== holder.height) changed.set(place, { ...holder, height: room.height });
  return { label, operations: [...changed].map(([each, value]) => component(each, value)) };
}

/**
 * Beside the outermost place that a thing is in.
 *
 * @param {DesignStore} store
 * @param {string} id
 */
function outside(store, id) {
  const entry = /** @type {Component} */ (store.components.get(id));
  const outermost = store.components.get(places.placesAround(store.components, id).at(-1) ?? "");
  const box = places.boxOf(outermost ?? entry);
  return { x: box.x + box.width + 5 * GRID, y: entry.y };
}

/**
 * A change that the engine proposes for a problem or hint: entries are laid over those of the same id, null takes one away.
 *
 * @param {DesignStore} store
 * @param {import("./types.js").Mend} mend
 * @returns {Edit}
 */
export function mended(store, { text, edit }) {
  /** @type {Operation[]} */
  const operations = [];
  for (const section of /** @type {("components" | "links")[]} */ (["components", "links"])) {
    for (const [id, patch] of Object.entries(edit[section] ?? {})) {
      const former = store.map(section).get(id);
      if (patch === null && former === undefined) continue;
      const value = patch === null ? undefined : { ...former, ...patch, parameters: { ...former?.parameters, ...patch.parameters } };
      operations.push({ section, id, value });
    }
  }
  const added = operations.filter(({ section, id, value }) => section === "components" && value !== undefined && !store.components.has(id)).map(({ id }) => id);
  return { label: text, operations, ...(added.length > 0 ? { select: added } : {}) };
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
  if (sameValue(value, spec.default)) delete parameters[spec.name];
  else parameters[spec.name] = value;
  const former = Object.hasOwn(entry.parameters, spec.name) ? entry.parameters[spec.name] : spec.default;
  const operations = sameValue(former, value) ? [] : [{ section, id, value: { ...entry, parameters } }];
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
  /** @type {Set<string>} */
  const goneLinks = new Set();
  /** @type {Operation[]} */
  const operations = [];
  for (const [id, link] of store.links) {
    if (id === linkId || gone.has(link.from) || gone.has(link.to)) goneLinks.add(id);
  }
  for (const id of goneLinks) operations.push({ section: "links", id, value: undefined });
  for (const [id, scenario] of store.scenarios) {
    const faults = scenario.faults.filter((fault) => !gone.has(fault.component ?? "") && !goneLinks.has(fault.link ?? ""));
    if (faults.length < scenario.faults.length) operations.push({ section: "scenarios", id, value: { ...scenario, faults } });
  }
  for (const [id, entry] of store.components) {
    if (gone.has(id) || !entry.inside || !gone.has(entry.inside)) continue;
    operations.push(component(id, places.standing(entry, places.placesAround(store.components, id).find((place) => !gone.has(place)))));
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
  const named = new Set(ids);
  const chosen = new Set([...named, ...places.contentsOf(store.components, named)]);
  const inside = [...store.links].filter(([, link]) => chosen.has(link.from) && chosen.has(link.to));
  return {
    components: Object.fromEntries([...store.components].filter(([id]) => chosen.has(id))),
    links: Object.fromEntries(inside),
  };
}

/**
 * What was copied, under new ids; what stands in a copied place stands in its copy, the rest in what lies under it.
 *
 * @param {DesignStore} store
 * @param {Catalogue} catalogue
 * @param {Clip} clip
 * @param {{x: number, y: number}} offset
 * @param {string} [label]
 * @returns {Edit}
 */
export function paste(store, catalogue, clip, offset, label = t("Paste")) {
  /** @type {Map<string, string>} */
  const renamed = new Map();
  /** @type {Operation[]} */
  const operations = [];
  const takenLinks = new Map(store.links);
  const taken = new Map(store.components);
  for (const [id, entry] of Object.entries(clip.components)) {
    const fresh = freeId(taken, id.replace(/-\d+$/, ""));
    taken.set(fresh, { ...entry, label: nextLabel(taken, entry.label), x: entry.x + offset.x, y: entry.y + offset.y });
    renamed.set(id, fresh);
  }
  for (const fresh of renamed.values()) {
    const entry = /** @type {Component} */ (taken.get(fresh));
    taken.set(fresh, places.standing(entry, renamed.get(entry.inside ?? "")));
  }
  const loose = [...renamed.values()].filter((fresh) => !taken.get(fresh)?.inside);
  for (const [fresh, entry] of places.settled(taken, catalogue, new Set(loose))) if (!store.components.has(fresh)) taken.set(fresh, entry);
  for (const fresh of renamed.values()) operations.push(component(fresh, taken.get(fresh)));
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
 * @param {Catalogue} catalogue
 * @param {Iterable<string>} ids
 * @returns {Edit}
 */
export function duplicate(store, catalogue, ids) {
  const clip = copy(store, ids);
  return paste(store, catalogue, clip, besideOf(catalogue, clip), t("Duplicate"));
}

/**
 * Where a copy stands from what it is a copy of: a little off, and a place beside it, so that areas do not overlap.
 *
 * @param {Catalogue} catalogue
 * @param {Clip} clip
 */
export function besideOf(catalogue, clip) {
  const widths = Object.values(clip.components).filter((entry) => catalogue.isPlace(entry.kind)).map((entry) => entry.width ?? 0);
  const across = Math.max(0, ...widths);
  return across > 0 ? { x: snap(across) + 5 * GRID, y: 0 } : { x: 4 * GRID, y: 4 * GRID };
}

/**
 * All of them elsewhere at once, each still in the place that it is in.
 *
 * @param {DesignStore} store
 * @param {Map<string, Partial<import("./geometry.js").Box>>} boxes
 * @returns {Edit}
 */
export function arrange(store, boxes) {
  const operations = [];
  for (const [id, box] of boxes) {
    const entry = store.components.get(id);
    const value = { ...entry, ...box };
    if (entry && JSON.stringify(entry) !== JSON.stringify(value)) operations.push(component(id, /** @type {Component} */ (value)));
  }
  return { label: t("Tidy up"), operations };
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
