/**
 * Which run this tab watches, so that a reload (or a tab the browser had put to sleep) goes on watching it.
 *
 * @typedef {{run: string, scenario: string, duration: number, path: string}} LastRun
 */
const KEY = "architecture-playground.run";

/** @param {LastRun} last */
export function remember(last) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(last));
  } catch {
    // Without storage a reload starts without a run; that is all.
  }
}

export function forget() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was remembered.
  }
}

/**
 * @param {string} path of the page
 * @returns {LastRun | null}
 */
export function recall(path) {
  try {
    const last = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return last && last.path === path ? last : null;
  } catch {
    return null;
  }
}
