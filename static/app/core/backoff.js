/**
 * How long to wait before the next attempt: doubling, capped, spread at random so that many pages that lost the
 * same server do not come back at the same instant.
 */
const FIRST_MS = 400;
const LONGEST_MS = 15_000;

/**
 * @param {number} attempt 0 for the first
 * @param {() => number} [random] 0 to 1
 */
export function backoffMs(attempt, random = Math.random) {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling * (0.5 + random() / 2));
}
