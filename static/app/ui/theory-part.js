/**
 * What a formula expects of a component, beside what was measured; or why no formula applies.
 *
 * @typedef {import("./inspector.js").Context} Context
 * @typedef {import("../core/types.js").Expectation} Expectation
 */
import { t } from "../core/i18n.js";
import { formatParameter, formatValue } from "../core/units.js";
import { h, setText } from "./dom.js";
import { section } from "./panel-parts.js";

const NEVER = "theory_nothing";
/** @type {Record<string, () => string>} */
const WORDS = { queue: () => t("Mean number waiting"), present: () => t("Mean number present"), hit_ratio: () => t("Hit ratio") };

/**
 * @param {Context} context
 * @param {string} id
 */
export function theoryPart({ app }, id) {
  const name = h("p", { className: "muted" });
  const expected = h("dd", {});
  const measured = h("dd", {});
  const figures = h("dl", { className: "metrics" },
    h("div", {}, h("dt", {}, t("Formula expects")), expected), h("div", {}, h("dt", {}, t("Measured")), measured));
  const node = section(t("Theory beside measurement"), name, figures);
  const live = () => {
    const found = app.frames.theory.get(id);
    // of kinds that no formula covers at all there is nothing to say
    node.hidden = found === undefined || ("none" in found && found.none === NEVER);
    if (found === undefined) return;
    figures.hidden = "none" in found;
    if ("none" in found) {
      setText(name, app.catalogue.messages.get(found.none) ?? found.none);
      return;
    }
    setText(name, `${WORDS[found.metric]?.() ?? found.metric}, ${found.formula}`);
    setText(expected, figure(found.expected, found.unit));
    setText(measured, t("{value} ± {half}", { value: figure(found.measured, found.unit), half: figure(found.half_width, found.unit) }));
  };
  return { node, live };
}

/**
 * @param {number} value
 * @param {string} unit
 */
function figure(value, unit) {
  return unit === "ratio" ? formatValue(value, unit) : formatParameter(Number(value.toPrecision(3)));
}
