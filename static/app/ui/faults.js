/**
 * What one can do to a component's health just now.
 *
 * @typedef {import("../app.js").App} App
 */

/**
 * @param {App} app
 * @param {string} id
 * @returns {{can: boolean, now: "kill" | "restore" | null}} `can`: this kind knows faults at all
 */
export function faultActions(app, id) {
  const kind = app.catalogue.kind(app.store.components.get(id)?.kind ?? "");
  const can = kind?.can ?? [];
  const wanted = app.frames.component(id)?.state === "down" ? "restore" : "kill";
  return { can: can.length > 0, now: can.includes(wanted) ? wanted : null };
}
