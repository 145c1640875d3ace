/**
 * Costs by component out of a frame: what each is a month, the dearest first; of a run's summary also for what.
 *
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {{id: string, total: number, parts: {name: string, cost: number}[]}} ComponentCost
 */

/**
 * @param {Frame | null} frame
 * @returns {{total: number, components: ComponentCost[]} | null} null: nothing is known of costs
 */
export function costsOf(frame) {
  if (!frame?.cost) return null;
  const whole = /** @type {{components?: Record<string, Record<string, number>>} | undefined} */ (frame.summary?.cost)?.components ?? {};
  const components = Object.entries(frame.components).filter(([, component]) => (component.cost?.per_month ?? 0) > 0).map(([id, component]) => {
    const { per_month: total = component.cost?.per_month ?? 0, ...parts } = Object.hasOwn(whole, id) ? whole[id] : {};
    const named = Object.entries(parts).filter(([, cost]) => cost > 0).map(([name, cost]) => ({ name, cost }));
    return { id, total, parts: named };
  });
  return { total: frame.cost.per_month, components: components.sort((a, b) => b.total - a.total) };
}
