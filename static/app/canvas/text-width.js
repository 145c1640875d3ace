/**
 * How wide a text of a given size is in the page's font, without laying anything out.
 */

/** @type {CanvasRenderingContext2D | null} */
let measuring = null;
let family = "";
/** @type {Map<string, number>} */
const known = new Map();
const MOST_KNOWN = 2000;

/**
 * @param {string} text
 * @param {number} px
 */
export function textWidth(text, px) {
  const key = `${px} ${text}`;
  let width = known.get(key);
  if (width !== undefined) return width;
  if (known.size > MOST_KNOWN) known.clear();
  width = measured(text, px);
  known.set(key, width);
  return width;
}

/**
 * As much of a text as there is room for.
 *
 * @param {string} text
 * @param {number} px
 * @param {number} room in pixels
 */
export function shortened(text, px, room) {
  if (textWidth(text, px) <= room) return text;
  let kept = text.length - 1;
  while (kept > 1 && textWidth(`${text.slice(0, kept)}…`, px) > room) kept -= 1;
  return `${text.slice(0, kept).trimEnd()}…`;
}

/**
 * @param {string} text
 * @param {number} px
 */
function measured(text, px) {
  measuring ??= document.createElement("canvas").getContext("2d");
  family ||= getComputedStyle(document.body).fontFamily;
  if (!measuring) return text.length * px * 0.55;
  measuring.font = `600 ${px}px ${family}`;
  return measuring.measureText(text).width;
}
