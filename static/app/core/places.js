/**
 * Places: areas that components stand in, and smaller places too. What one sees is what is so: a thing belongs to the
 * smallest place that its middle lies in. Pure arithmetic over entries of the design, no drawing.
 *
 * @typedef {import("./types.js").Component} Component
 * @typedef {import("./catalogue.js").Catalogue} Catalogue
 * @typedef {import("./geometry.js").Box} Box
 * @typedef {import("./geometry.js").Spot} Spot
 * @typedef {Map<string, Component>} Entries
 */
import { bounds, CARD_SIZE } from "./geometry.js";

/** Sides of a place, px (docs/design-document.md). */
export const SIDE = Object.freeze({ smallest: 120, largest: 20_000 });
/** A new place, when nothing says how large. */
export const FIRST_SIZE = Object.freeze({ width: 480, height: 320 });
/** Room between a place's border and what is put into it; its title stands on the upper one. */
export const PADDING = Object.freeze({ side: 24, top: 40 });
const STEP = 16;
const APART = 24;

/** @param {Component} entry @returns {Box} */
export function boxOf(entry) {
  return { x: entry.x, y: entry.y, width: entry.width ?? CARD_SIZE.width, height: entry.height ?? CARD_SIZE.height };
}

/** @param {Component} entry @returns {Spot} */
function middleOf(entry) {
  const box = boxOf(entry);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/**
 * @param {Box} box
 * @param {Spot} spot
 */
export function holds(box, spot) {
  return spot.x >= box.x && spot.x <= box.x + box.width && spot.y >= box.y && spot.y <= box.y + box.height;
}

/**
 * Everything that stands in these, in what stands in these, and so on; without these themselves.
 *
 * @param {Entries} entries
 * @param {Iterable<string>} ids
 * @returns {Set<string>}
 */
export function contentsOf(entries, ids) {
  const holders = new Set(ids);
  const own = new Set(holders);
  let before = -1;
  while (holders.size !== before) {
    before = holders.size;
    for (const [id, entry] of entries) if (entry.inside && holders.has(entry.inside)) holders.add(id);
  }
  for (const id of own) holders.delete(id);
  return holders;
}

/**
 * The places that a thing is in, the nearest first.
 *
 * @param {Entries} entries
 * @param {string} id
 * @returns {string[]}
 */
export function placesAround(entries, id) {
  /** @type {string[]} */
  const found = [];
  let at = entries.get(id)?.inside;
  while (at && entries.has(at) && !found.includes(at)) {
    found.push(at);
    at = entries.get(at)?.inside;
  }
  return found;
}

/**
 * A place of one kind may hold a place of another only when the catalogue lists its own kind first: the order is from
 * the largest to the smallest.
 *
 * @param {Catalogue} catalogue
 * @param {string} holder kind of a place
 * @param {string} kind
 */
export function mayHold(catalogue, holder, kind) {
  if (!catalogue.isPlace(holder)) return false;
  if (!catalogue.isPlace(kind)) return true;
  const order = catalogue.document.kinds.filter((spec) => spec.place).map((spec) => spec.kind);
  return order.indexOf(holder) < order.indexOf(kind);
}

/**
 * The smallest place at a spot that may hold a kind.
 *
 * @param {Entries} entries
 * @param {Catalogue} catalogue
 * @param {Spot} spot
 * @param {string} kind
 * @param {Set<string>} [without] these are not asked
 * @returns {string | null}
 */
export function placeAt(entries, catalogue, spot, kind, without = new Set()) {
  let [found, size] = [/** @type {string | null} */ (null), Infinity];
  for (const [id, entry] of entries) {
    if (without.has(id) || !mayHold(catalogue, entry.kind, kind)) continue;
    const box = boxOf(entry);
    if (!holds(box, spot) || box.width * box.height >= size) continue;
    [found, size] = [id, box.width * box.height];
  }
  return found;
}

/**
 * An entry that stands in another place, or in none.
 *
 * @param {Component} entry
 * @param {string | null | undefined} place
 * @returns {Component}
 */
export function standing(entry, place) {
  const { inside: _former, ...rest } = entry;
  return place ? { ...rest, inside: place } : rest;
}

/**
 * What belongs elsewhere after some things were moved, put down or resized.
 *
 * @param {Entries} entries as they are after that
 * @param {Catalogue} catalogue
 * @param {Set<string>} touched contents that moved along with their place need not be among them
 * @returns {Entries} the entries that change
 */
export function settled(entries, catalogue, touched) {
  const along = contentsOf(entries, touched);
  const places = new Set([...touched].filter((id) => catalogue.isPlace(entries.get(id)?.kind ?? "")));
  /** @type {Entries} */
  const changed = new Map();
  for (const [id, entry] of entries) {
    if (!isDue(entries, id, entry, touched, places, along)) continue;
    const own = catalogue.isPlace(entry.kind) ? contentsOf(entries, [id]).add(id) : new Set([id]);
    const place = placeAt(entries, catalogue, middleOf(entry), entry.kind, own);
    if ((entry.inside ?? null) !== place) changed.set(id, standing(entry, place));
  }
  return changed;
}

/**
 * Whether a thing must be asked again where it is: it was touched itself (and not carried by its place), a touched place
 * lies under it now, or the touched place that it was in is no longer under it.
 *
 * @param {Entries} entries
 * @param {string} id
 * @param {Component} entry
 * @param {Set<string>} touched
 * @param {Set<string>} places those of the touched that are places
 * @param {Set<string>} along
 */
function isDue(entries, id, entry, touched, places, along) {
  if (touched.has(id) && !along.has(id)) return true;
  const middle = middleOf(entry);
  const under = (/** @type {string} */ place) => holds(boxOf(/** @type {Component} */ (entries.get(place))), middle);
  if (entry.inside && places.has(entry.inside)) return !under(entry.inside);
  return [...places].some((place) => place !== id && under(place));
}

/**
 * Sides within their bounds and on the grid.
 *
 * @param {Box} box
 * @param {number} grid
 * @returns {Box}
 */
export function boundedBox(box, grid) {
  const snapped = (/** @type {number} */ value) => Math.round(value / grid) * grid;
  const side = (/** @type {number} */ value) => Math.min(SIDE.largest, Math.max(SIDE.smallest, snapped(value)));
  return { x: snapped(box.x), y: snapped(box.y), width: side(box.width), height: side(box.height) };
}

/**
 * A box with one or two of its sides pulled; the others stay where they are, also at the smallest size.
 *
 * @param {Box} box
 * @param {string} sides of "n", "e", "s", "w"
 * @param {number} dx
 * @param {number} dy
 * @param {number} grid
 * @returns {Box}
 */
export function pulled(box, sides, dx, dy, grid) {
  const width = box.width + (sides.includes("e") ? dx : sides.includes("w") ? -dx : 0);
  const height = box.height + (sides.includes("s") ? dy : sides.includes("n") ? -dy : 0);
  const next = boundedBox({ x: box.x, y: box.y, width, height }, grid);
  return {
    ...next,
    x: sides.includes("w") ? box.x + box.width - next.width : box.x,
    y: sides.includes("n") ? box.y + box.height - next.height : box.y,
  };
}

/**
 * A place around some things, with room for its title.
 *
 * @param {Component[]} members
 * @param {number} grid
 */
export function boxAround(members, grid) {
  const box = bounds(members.map(boxOf));
  if (!box) return null;
  return boundedBox({
    x: box.x - PADDING.side, y: box.y - PADDING.top,
    width: box.width + 2 * PADDING.side, height: box.height + PADDING.top + PADDING.side,
  }, grid);
}

/**
 * Where in a place a thing has room; the place grows downwards when it has none.
 *
 * @param {Entries} entries
 * @param {string} place
 * @param {Box} box of the thing
 * @param {Set<string>} own the thing and what is in it
 * @returns {{spot: Spot, height: number}} `height`: the place's
 */
export function roomIn(entries, place, box, own) {
  const area = boxOf(/** @type {Component} */ (entries.get(place)));
  const taken = [...entries].filter(([id, entry]) => id !== place && !own.has(id) && entry.inside === place).map(([, entry]) => boxOf(entry));
  const [left, top] = [area.x + PADDING.side, area.y + PADDING.top];
  const right = Math.max(left, area.x + area.width - PADDING.side - box.width);
  const bottom = area.y + area.height - PADDING.side - box.height;
  for (let y = top; y <= bottom; y += STEP) {
    for (let x = left; x <= right; x += STEP) {
      if (!taken.some((other) => overlaps({ ...box, x, y }, other))) return { spot: { x, y }, height: area.height };
    }
  }
  const y = Math.max(top, ...taken.map((other) => other.y + other.height + APART));
  return { spot: { x: left, y }, height: y + box.height + PADDING.side - area.y };
}

/**
 * @param {Box} a
 * @param {Box} b
 */
function overlaps(a, b) {
  return a.x < b.x + b.width + APART && b.x < a.x + a.width + APART && a.y < b.y + b.height + APART && b.y < a.y + a.height + APART;
}
