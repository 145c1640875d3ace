/**
 * Shortcuts of the actions. Keys that type belong to the field one is in; arrows, Delete and Enter act on the canvas
 * only when the canvas (or nothing) has the focus.
 *
 * @typedef {import("../actions.js").Action} Action
 */

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** @param {Map<string, Action>} actions */
export function listenToKeys(actions) {
  /** @type {Map<string, Action>} */
  const byKey = new Map();
  for (const action of actions.values()) for (const keys of action.keys ?? []) byKey.set(keys, action);
  document.addEventListener("keydown", (event) => {
    const action = byKey.get(nameOf(event));
    if (!action || document.querySelector("dialog[open]") || !mayAct(event)) return;
    if (action.enabled?.() === false) return;
    event.preventDefault();
    action.perform();
  });
}

/** @param {KeyboardEvent} event */
function mayAct(event) {
  const target = /** @type {Element} */ (event.target);
  if (event.ctrlKey || event.metaKey) {
    const editing = target.closest("input, textarea, [contenteditable]");
    return !editing || /^[sk=+0-9-]$/i.test(event.key) || event.key === "Enter";
  }
  return target === document.body || target.closest("#canvas") !== null && !target.closest("button");
}

/** @param {KeyboardEvent} event */
function nameOf(event) {
  const key = event.key === " " ? "Space" : event.key === "+" ? "=" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : event.altKey ? "Alt+" : "";
  return `${control}${event.shiftKey && key !== "=" ? "Shift+" : ""}${key}`;
}

/** @param {string | undefined} keys as one reads them on this machine */
export function shownKeys(keys) {
  if (!keys) return "";
  return MAC ? keys.replace("Ctrl+", "⌘").replace("Shift+", "⇧") : keys;
}
