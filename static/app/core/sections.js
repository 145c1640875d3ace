/**
 * The parameters of a thing as its form shows them: the plain ones, those under a heading, the advanced ones; each group
 * with a line that says what in it differs from the default. A text in the search field takes the headings away.
 *
 * @typedef {import("./types.js").ParameterSpec} ParameterSpec
 * @typedef {import("./types.js").Parameters} Parameters
 * @typedef {{key: string, title: string, folded: boolean, specs: ParameterSpec[], changed: ParameterSpec[]}} Section
 */
import { applies, valueOf } from "./catalogue.js";
import { t } from "./i18n.js";
import { sameValue, shownValue } from "./values.js";

/** More than this and the form has a search field. */
export const SEARCH_FROM = 25;

/**
 * @param {ParameterSpec[]} specs
 * @param {Parameters} parameters
 * @returns {Section[]} none of them empty
 */
export function sectionsOf(specs, parameters) {
  const shown = specs.filter((spec) => applies(spec, specs, parameters));
  /** @type {Map<string, ParameterSpec[]>} */
  const titled = new Map();
  for (const spec of shown) if (spec.section) titled.set(spec.section, [...(titled.get(spec.section) ?? []), spec]);
  const loose = shown.filter((spec) => !spec.section);
  const sections = [
    { key: "plain", title: t("Parameters"), folded: false, specs: loose.filter((spec) => !spec.advanced) },
    ...[...titled].map(([title, members]) => ({ key: `section ${title}`, title, folded: true, specs: plainFirst(members) })),
    { key: "advanced", title: t("Advanced"), folded: true, specs: loose.filter((spec) => spec.advanced) },
  ];
  return sections.filter((section) => section.specs.length > 0).map((section) => ({ ...section, changed: changedOf(section.specs, parameters) }));
}

/**
 * @param {ParameterSpec[]} specs
 * @param {Parameters} parameters
 */
export function changedOf(specs, parameters) {
  return specs.filter((spec) => !sameValue(valueOf(spec, parameters), spec.default));
}

/**
 * "Interval 5 s · Timeout 2 s": what differs from the default, in one line.
 *
 * @param {Section} section
 * @param {Parameters} parameters
 */
export function digestOf(section, parameters) {
  return section.changed.map((spec) => `${spec.title} ${shownValue(spec, valueOf(spec, parameters))}`).join(" · ");
}

/**
 * The parameters that a search finds, by title, help, section and the titles of their choices.
 *
 * @param {ParameterSpec[]} specs
 * @param {Parameters} parameters
 * @param {string} search
 */
export function found(specs, parameters, search) {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return specs.filter((spec) => {
    if (!applies(spec, specs, parameters)) return false;
    const text = [spec.title, spec.section, spec.help, ...(spec.choices ?? []).map((choice) => choice.title)].join(" ").toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** @param {ParameterSpec[]} specs */
function plainFirst(specs) {
  return [...specs.filter((spec) => !spec.advanced), ...specs.filter((spec) => spec.advanced)];
}
