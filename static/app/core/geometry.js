/**
 * Where links run: out of the right side of a card, into the left side of the next, at right angles, each on a track
 * of its own so that two links never lie on one another. Pure arithmetic, no drawing.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{x: number, y: number}} Spot
 * @typedef {{id: string, from: string, to: string}} Wire
 * @typedef {{out: number, in: number, track: number}} Lane  offsets in pixels from the sides' and the gap's middle
 */

/** Every card is of one size. */
export const CARD_SIZE = Object.freeze({ width: 168, height: 76 });

const SIDE_GAP = 14;
const TRACK_GAP = 10;
const ROUND_ABOUT = 26;

/**
 * @param {Wire[]} wires
 * @param {(id: string) => Box | undefined} boxOf
 * @returns {Map<string, Lane>}
 */
export function lanes(wires, boxOf) {
  /** @type {Map<string, Lane>} */
  const result = new Map(wires.map((wire) => [wire.id, { out: 0, in: 0, track: 0 }]));
  const height = (/** @type {string} */ id) => boxOf(id)?.y ?? 0;
  for (const group of grouped(wires, (wire) => wire.from)) {
    spread(group, (wire) => height(wire.to), SIDE_GAP, boxOf(group[0].from), (wire, at) => (lane(result, wire).out = at));
  }
  for (const group of grouped(wires, (wire) => wire.to)) {
    spread(group, (wire) => height(wire.from), SIDE_GAP, boxOf(group[0].to), (wire, at) => (lane(result, wire).in = at));
  }
  for (const group of grouped(wires, (wire) => gapName(wire, boxOf))) spreadTracks(group, boxOf, result);
  return result;
}

/**
 * @param {Map<string, Lane>} result
 * @param {Wire} wire
 */
function lane(result, wire) {
  return /** @type {Lane} */ (result.get(wire.id));
}

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 */
function grouped(items, keyOf) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups.values();
}

/**
 * @param {Wire[]} group
 * @param {(wire: Wire) => number} order
 * @param {number} gap
 * @param {Box | undefined} box
 * @param {(wire: Wire, at: number) => void} place
 */
function spread(group, order, gap, box, place) {
  const sorted = [...group].sort((a, b) => order(a) - order(b) || (a.id < b.id ? -1 : 1));
  const room = box ? (box.height - 20) / Math.max(1, sorted.length - 1) : gap;
  sorted.forEach((wire, i) => place(wire, (i - (sorted.length - 1) / 2) * Math.min(gap, room)));
}

/**
 * Wires between the same two columns share a gap, and are told apart in it.
 *
 * @param {Wire} wire
 * @param {(id: string) => Box | undefined} boxOf
 */
function gapName(wire, boxOf) {
  const [from, to] = [boxOf(wire.from), boxOf(wire.to)];
  return from && to ? `${Math.round((from.x + from.width) / 40)} ${Math.round(to.x / 40)}` : "";
}

/**
 * Wires that go down are ordered so that the one with the longest way turns first: they do not cross needlessly.
 *
 * @param {Wire[]} group
 * @param {(id: string) => Box | undefined} boxOf
 * @param {Map<string, Lane>} result
 */
function spreadTracks(group, boxOf, result) {
  const drop = (/** @type {Wire} */ wire) => (boxOf(wire.to)?.y ?? 0) - (boxOf(wire.from)?.y ?? 0);
  const turning = group.filter((wire) => Math.abs(drop(wire)) > 4);
  const bySource = (/** @type {Wire} */ wire) => boxOf(wire.from)?.y ?? 0;
  const sorted = turning.sort((a, b) => bySource(a) - bySource(b) || drop(b) - drop(a) || (a.id < b.id ? -1 : 1));
  sorted.forEach((wire, i) => (lane(result, wire).track = (i - (sorted.length - 1) / 2) * TRACK_GAP));
}

/**
 * The corners of a link, first and last on the cards' sides.
 *
 * @param {Box} from
 * @param {Box} to
 * @param {Lane} lane
 * @returns {Spot[]}
 */
export function route(from, to, { out, in: into, track }) {
  const start = { x: from.x + from.width, y: from.y + from.height / 2 + out };
  const end = { x: to.x, y: to.y + to.height / 2 + into };
  const gap = end.x - start.x;
  if (gap >= 2 * ROUND_ABOUT - 16) return forward(start, end, gap, track);
  return roundAbout(from, to, start, end, track);
}

/**
 * @param {Spot} start
 * @param {Spot} end
 * @param {number} gap
 * @param {number} track
 */
function forward(start, end, gap, track) {
  if (Math.abs(start.y - end.y) < 1) return [start, end];
  const reach = Math.max(0, gap / 2 - 12);
  const x = start.x + gap / 2 + Math.max(-reach, Math.min(reach, track));
  return [start, { x, y: start.y }, { x, y: end.y }, end];
}

/**
 * The callee stands to the left or above: out, around and in again from its left.
 *
 * @param {Box} from
 * @param {Box} to
 * @param {Spot} start
 * @param {Spot} end
 * @param {number} track
 */
function roundAbout(from, to, start, end, track) {
  const right = start.x + ROUND_ABOUT + Math.abs(track);
  const left = end.x - ROUND_ABOUT - Math.abs(track);
  const below = to.y >= from.y + from.height;
  const above = from.y >= to.y + to.height;
  const y = below ? (from.y + from.height + to.y) / 2 : above ? (to.y + to.height + from.y) / 2
    : Math.max(from.y + from.height, to.y + to.height) + ROUND_ABOUT;
  return [start, { x: right, y: start.y }, { x: right, y }, { x: left, y }, { x: left, y: end.y }, end];
}

/**
 * The spot half way along some corners.
 *
 * @param {Spot[]} corners
 * @returns {Spot | null}
 */
export function middleOf(corners) {
  const lengths = corners.slice(1).map((corner, i) => Math.hypot(corner.x - corners[i].x, corner.y - corners[i].y));
  let left = lengths.reduce((sum, length) => sum + length, 0) / 2;
  for (const [i, length] of lengths.entries()) {
    if (left > length || length === 0) {
      left -= length;
      continue;
    }
    const [from, to] = [corners[i], corners[i + 1]];
    return { x: from.x + ((to.x - from.x) * left) / length, y: from.y + ((to.y - from.y) * left) / length };
  }
  return corners.at(-1) ?? null;
}

/**
 * @param {Iterable<Box>} boxes
 * @returns {Box | null}
 */
export function bounds(boxes) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return left === Infinity ? null : { x: left, y: top, width: right - left, height: bottom - top };
}
