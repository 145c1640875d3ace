/**
 * How many instances a component has, and how many of them work.
 *
 * @typedef {import("./types.js").Component} Component
 * @typedef {import("./types.js").ComponentFrame} ComponentFrame
 * @typedef {import("./types.js").KindSpec} KindSpec
 */
import { valueOf } from "./catalogue.js";

/** The parameter with the number of instances at the start, of kinds that grow. */
const AT_START = "instances";
const WORKING = new Set(["up", "busy", "saturated", "failing", "draining"]);

/**
 * @param {KindSpec} kind
 * @param {Component} component
 * @param {ComponentFrame | undefined} frame
 * @returns {{all: number, up: number} | null} null: of a kind without instances
 */
export function countOf(kind, component, frame) {
  if (!kind.grows) return null;
  if (frame?.instances) return { all: frame.instances.length, up: frame.instances.filter((each) => WORKING.has(each.state)).length };
  const spec = kind.parameters.find((parameter) => parameter.name === AT_START);
  const number = spec ? Number(valueOf(spec, component.parameters)) : NaN;
  return Number.isFinite(number) ? { all: number, up: number } : null;
}

/**
 * "×4" when all work, "3/4" when not.
 *
 * @param {{all: number, up: number}} count
 */
export function countWord({ all, up }) {
  return up === all ? `×${all}` : `${up}/${all}`;
}
