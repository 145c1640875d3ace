/**
 * Look-ups in the catalogue. The page knows no component kind: what it shows comes from here.
 *
 * @typedef {import("./types.js").CatalogueDocument} CatalogueDocument
 * @typedef {import("./types.js").KindSpec} KindSpec
 * @typedef {import("./types.js").ParameterSpec} ParameterSpec
 * @typedef {import("./types.js").Parameters} Parameters
 */

const DOT = " · ";

export class Catalogue {
  /** @param {CatalogueDocument} document */
  constructor(document) {
    this.document = document;
    /** @type {Map<string, KindSpec>} */
    this.kinds = new Map(document.kinds.map((kind) => [kind.kind, kind]));
    this.causes = new Map(document.causes.map((cause) => [cause.name, cause]));
    this.messages = new Map(Object.entries(document.messages));
    this.actions = new Map(document.actions.map((action) => [action.name, action]));
    this.classes = new Map((document.classes ?? []).map((each) => [each.name, each.title]));
    this.instances = new Map(Object.entries(document.instances ?? {}));
    this.link = document.link;
    this.limits = document.limits;
  }

  /** @param {string} kind */
  kind(kind) {
    return this.kinds.get(kind);
  }

  /**
   * Names of what one can do to a component of a kind.
   *
   * @param {string} kind
   */
  actionsOf(kind) {
    return this.kind(kind)?.actions ?? [];
  }

  /**
   * Requests begin there: it asks others and nobody asks it.
   *
   * @param {string} kind
   */
  sendsTraffic(kind) {
    const spec = this.kind(kind);
    return spec !== undefined && !spec.provides && spec.ports.some((port) => port.style !== "control");
  }

  /**
   * A label of the engine, which names an instance in English after a dot.
   *
   * @param {string} label
   */
  ofInstance(label) {
    const at = label.lastIndexOf(DOT) + DOT.length;
    const title = at < DOT.length ? undefined : this.instances.get(label.slice(at));
    return title === undefined ? label : label.slice(0, at) + title;
  }

  /** @param {string} kind */
  isPlace(kind) {
    return this.kind(kind)?.place === true;
  }

  /** Groups in the order a request travels, each with its kinds; empty ones are left out. */
  groups() {
    return this.document.groups
      .map((group) => ({ ...group, kinds: this.document.kinds.filter((kind) => kind.group === group.name) }))
      .filter((group) => group.kinds.length > 0);
  }

  /**
   * The port over which one kind calls another, or undefined when none fits.
   *
   * @param {string} from
   * @param {string} to
   */
  port(from, to) {
    const target = this.kind(to);
    if (!target?.provides) return undefined;
    const service = target.provides;
    return this.kind(from)?.ports.find((port) => port.accepts.includes(service) || (port.grows && target.grows));
  }

  /**
   * How the link between two components is drawn: "replication", "async", "control"; empty: as most are.
   *
   * @param {{components: Map<string, {kind: string}>}} store
   * @param {{from: string, to: string}} link
   */
  styleOf(store, { from, to }) {
    const kind = (/** @type {string} */ id) => store.components.get(id)?.kind ?? "";
    return this.port(kind(from), kind(to))?.style ?? "";
  }

  /**
   * The word of an event on charts and time line.
   *
   * @param {{kind: string, word: string}} marker
   */
  markerWord(marker) {
    const words = this.document.short ?? {};
    return Object.hasOwn(words, marker.kind) ? words[marker.kind] : marker.word;
  }

  /**
   * The title of a parameter in the visitor's language: that of the first kind which has one of this name.
   *
   * @param {string} name
   */
  parameterTitle(name) {
    const lists = [...this.kinds.values(), this.link].map((owner) => owner.parameters);
    return lists.flat().find((parameter) => parameter.name === name)?.title;
  }

  /** @param {string} name */
  causeTitle(name) {
    return this.causes.get(name)?.title ?? name.replaceAll("_", " ");
  }

  /**
   * @param {string} kind
   * @param {string | null | undefined} metric
   */
  metric(kind, metric) {
    return metric ? this.kind(kind)?.metrics.find((spec) => spec.name === metric) : undefined;
  }
}

/**
 * What a parameter is now: the design's value, or the catalogue's default.
 *
 * @param {ParameterSpec} spec
 * @param {Parameters} parameters
 */
export function valueOf(spec, parameters) {
  return Object.hasOwn(parameters, spec.name) ? parameters[spec.name] : spec.default;
}

/**
 * Whether a parameter's field is shown, given the others.
 *
 * @param {ParameterSpec} spec
 * @param {ParameterSpec[]} specs
 * @param {Parameters} parameters
 * @returns {boolean}
 */
export function applies(spec, specs, parameters) {
  const when = spec.when;
  if (!when) return true;
  const other = specs.find((candidate) => candidate.name === when.parameter);
  if (other === undefined || !applies(other, specs, parameters)) return false;
  const value = valueOf(other, parameters);
  // of a set: any of its members
  return Array.isArray(value) ? value.some((each) => when.is.includes(each)) : when.is.includes(/** @type {import("./types.js").SingleValue} */ (value));
}
