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
