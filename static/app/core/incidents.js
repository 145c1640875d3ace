/**
 * Losses as stories: what a summary card says of one, worked out from what the engine has counted (docs/frames.md).
 *
 * @typedef {import("./types.js").Incident} Incident
 * @typedef {import("./types.js").IncidentCause} IncidentCause
 * @typedef {import("./catalogue.js").Catalogue} Catalogue
 * @typedef {{name: string, value: string, title: string, note: string, tone: "bad" | "good" | ""}} Fact
 * @typedef {{kind: "happened" | "noticed" | "back" | "over", at: number, share: number}} Step
 */
import { t } from "./i18n.js";
import { sentence } from "./messages.js";
import { formatParameter, formatValue } from "./units.js";

/** The stories of one run, the newest state of each. */
export class IncidentBook {
  constructor() {
    /** @type {Map<number, Incident>} */
    this.all = new Map();
  }

  clear() {
    this.all.clear();
  }

  /**
   * Takes what frames bring.
   *
   * @param {import("./types.js").Frame[]} frames in order
   * @returns {Incident[]} those of which traffic is back now and was not before
   */
  add(frames) {
    const before = new Set([...this.all.values()].filter(isBack).map((incident) => incident.number));
    for (const frame of frames) {
      // the last frame's summary has those, too, that a skipped frame brought
      const whole = /** @type {Incident[] | undefined} */ (frame.summary?.incidents);
      for (const incident of [...(frame.incidents ?? []), ...(whole ?? [])]) this.all.set(incident.number, incident);
    }
    return [...this.all.values()].filter((incident) => isBack(incident) && !before.has(incident.number));
  }
}

/** @param {Incident} incident */
export function suffers(incident) {
  return incident.fell_s !== null && incident.recovered_s === null;
}

/** @param {Incident} incident */
export function isBack(incident) {
  return incident.fell_s !== null && incident.recovered_s !== null;
}

/**
 * What happened to whom, in a few words.
 *
 * @param {Catalogue} catalogue
 * @param {Incident} incident
 */
export function headline(catalogue, incident) {
  const word = catalogue.markerWord({ kind: incident.kind, word: "" });
  const often = incident.times > 1 ? ` ×${incident.times}` : "";
  return `${incident.label}: ${word}${often}`;
}

/**
 * The course of it on a line: each step with its place between the loss (0) and the last thing that happened (1).
 *
 * @param {Incident} incident
 * @returns {Step[]}
 */
export function courseOf(incident) {
  /** @type {[Step["kind"], number | null | undefined][]} */
  const known = [["happened", incident.happened_s], ["noticed", incident.noticed?.t], ["back", incident.recovered_s], ["over", incident.over_s]];
  const steps = known.flatMap(([kind, at]) => (typeof at === "number" ? [{ kind, at }] : []));
  const from = incident.happened_s;
  const length = Math.max(...steps.map((step) => step.at)) - from;
  return steps.map((step) => ({ ...step, share: length > 0 ? (step.at - from) / length : 0 }));
}

/**
 * The figures of the card, the most telling three first; what is nought and never was in danger is left out.
 *
 * @param {Incident} incident
 * @returns {Fact[]}
 */
export function factsOf(incident) {
  const { requests, writes, messages, latency_ms: latency } = incident;
  const { retried } = requests;
  return [backFact(incident), noticedFact(incident),
    fact("requests", formatValue(requests.above), t("requests lost"), retried > 0 ? t("{count} tried again", { count: formatValue(retried) }) : "", requests.above > 0 ? "bad" : "good"),
    writes.without_s === null ? null : fact("without", formatValue(writes.without_s, "s"), t("without writes"), writes.back ? "" : t("and still none"), "bad"),
    writes.without_s === null && writes.lost === 0 ? null : fact("writes", formatValue(writes.lost), t("writes lost"), writes.lost_s === null || writes.lost === 0 ? "" : t("{seconds} s of them", { seconds: formatParameter(writes.lost_s) }), writes.lost > 0 ? "bad" : "good"),
    messages.lost === 0 && messages.waiting_most === 0 ? null : fact("messages", formatValue(messages.lost), t("messages lost"), messages.waiting_most > 0 ? t("{count} had to wait", { count: formatValue(messages.waiting_most) }) : "", messages.lost > 0 ? "bad" : "good"),
    incident.stale_reads === 0 ? null : fact("stale", formatValue(incident.stale_reads), t("stale reads"), t("more than before"), ""),
    latency.before === null || latency.during === null ? null : fact("latency", formatValue(latency.during, "ms"), t("mean latency"), t("{before} before", { before: formatValue(latency.before, "ms") }), ""),
  ].filter((each) => each !== null);
}

/** @param {Incident} incident */
function backFact(incident) {
  if (incident.fell_s === null) return fact("back", t("none"), t("time with less traffic"), "", "good");
  if (incident.recovered_s === null) return fact("back", "…", t("until traffic is back"), "", "bad");
  return fact("back", formatValue(incident.recovered_s - incident.happened_s, "s"), t("until traffic was back"), "", "");
}

/** @param {Incident} incident */
function noticedFact({ noticed }) {
  if (!noticed) return fact("noticed", t("nobody"), t("noticed it by a check"), "", "");
  return fact("noticed", formatValue(noticed.after_s, "s"), t("until it was noticed"), t("by {who}", { who: noticed.label }), "");
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} title
 * @param {string} note
 * @param {Fact["tone"]} tone
 * @returns {Fact}
 */
function fact(name, value, title, note, tone) {
  return { name, value, title, note, tone };
}

/**
 * What in the design decided it: a sentence, and the parameters that it names, as far as the design still has them.
 *
 * @param {Catalogue} catalogue
 * @param {{components: Map<string, {kind: string}>, links: Map<string, unknown>}} store
 * @param {IncidentCause} cause
 * @returns {{text: string, component: string | null, link: string | null, parameters: {name: string, title: string}[]}}
 */
export function causeOf(catalogue, store, cause) {
  const text = sentence(catalogue, cause.code, cause.arguments, cause.text);
  const entry = cause.component === null ? undefined : store.components.get(cause.component);
  const specs = entry ? catalogue.kind(entry.kind)?.parameters : cause.link !== null && store.links.has(cause.link) ? catalogue.link.parameters : undefined;
  const parameters = cause.parameters.flatMap((name) => (specs ?? []).filter((spec) => spec.name === name).map(({ title }) => ({ name, title })));
  return { text, component: entry ? cause.component : null, link: specs && !entry ? cause.link : null, parameters };
}
