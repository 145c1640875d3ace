/**
 * The components of a design as a tree by the places they stand in.
 *
 * @typedef {import("./types.js").Component} Component
 * @typedef {{id: string, component: Component, members: Entry[]}} Entry
 */

/**
 * @param {Map<string, Component>} components
 * @param {string} [search] only those whose label has it, with the places around them
 * @returns {Entry[]} by label; a place that is missing or that stands in itself counts as none
 */
export function outlineOf(components, search = "") {
  const wanted = search.trim().toLocaleLowerCase();
  /** @type {Map<string | null, string[]>} */
  const byHolder = new Map();
  for (const [id, { inside }] of components) {
    const holder = inside && components.has(inside) && !circles(components, id) ? inside : null;
    byHolder.set(holder, [...(byHolder.get(holder) ?? []), id]);
  }
  /** @param {string | null} holder @returns {Entry[]} */
  const under = (holder) => (byHolder.get(holder) ?? [])
    .map((id) => ({ id, component: /** @type {Component} */ (components.get(id)), members: under(id) }))
    .filter(({ component, members }) => members.length > 0 || component.label.toLocaleLowerCase().includes(wanted))
    .sort((a, b) => a.component.label.localeCompare(b.component.label, undefined, { numeric: true }));
  return under(null);
}

/**
 * @param {Map<string, Component>} components
 * @param {string} id
 */
function circles(components, id) {
  const seen = new Set([id]);
  for (let at = components.get(id)?.inside; at && components.has(at); at = components.get(at)?.inside) {
    if (seen.has(at)) return true;
    seen.add(at);
  }
  return false;
}
