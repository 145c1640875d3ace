/**
 * The design being edited: flat maps of frozen entries. Every change is a list of operations, each replacing one
 * entry, so that undo is the same list with the former entries, and shared editing can be put under it later.
 *
 * @typedef {import("./types.js").DesignDocument} DesignDocument
 * @typedef {import("./types.js").Component} Component
 * @typedef {import("./types.js").Link} Link
 * @typedef {import("./types.js").Scenario} Scenario
 * @typedef {"meta" | "components" | "links" | "scenarios"} Section
 * @typedef {{section: Section, id: string, value: any}} Operation  `undefined` takes the entry away
 * @typedef {{operations: Operation[], former: Operation[], whole: boolean}} Change
 */
import { Emitter } from "./emitter.js";

/** @type {Section[]} */
const MAPS = ["components", "links", "scenarios"];

export class DesignStore {
  /** @param {DesignDocument} document */
  constructor(document) {
    /** @type {Emitter<Change>} */
    this.changed = new Emitter();
    /** @type {Map<string, unknown>} */
    this.meta = new Map();
    /** @type {Map<string, Component>} */
    this.components = new Map();
    /** @type {Map<string, Link>} */
    this.links = new Map();
    /** @type {Map<string, Scenario>} */
    this.scenarios = new Map();
    /** The fingerprint, as long as nothing changed. @type {string | null} */
    this.print = null;
    this.fillFrom(document);
  }

  /** @param {DesignDocument} document */
  fillFrom(document) {
    for (const section of MAPS) this.map(section).clear();
    this.meta.clear();
    for (const [name, value] of Object.entries(document)) {
      const section = MAPS.find((candidate) => candidate === name);
      if (!section) this.meta.set(name, value);
      else for (const [id, entry] of Object.entries(value ?? {})) this.map(section).set(id, frozen(entry));
    }
  }

  /**
   * Another document altogether: a reload, a restored draft, the other version after a conflict.
   *
   * @param {DesignDocument} document
   */
  load(document) {
    this.fillFrom(document);
    this.print = null;
    this.changed.emit({ operations: [], former: [], whole: true });
  }

  /**
   * @param {Section} section
   * @returns {Map<string, any>}
   */
  map(section) {
    return this[section];
  }

  /**
   * @param {Operation[]} operations
   * @returns {Operation[]} what brings the former state back
   */
  apply(operations) {
    const former = operations.map(({ section, id }) => ({ section, id, value: this.map(section).get(id) })).reverse();
    for (const { section, id, value } of operations) {
      if (value === undefined) this.map(section).delete(id);
      else this.map(section).set(id, frozen(value));
    }
    this.print = null;
    this.changed.emit({ operations, former, whole: false });
    return former;
  }

  /** @param {string} name */
  text(name) {
    return String(this.meta.get(name) ?? "");
  }

  get seed() {
    return Number(this.meta.get("seed") ?? 1);
  }

  /** @returns {DesignDocument} */
  toJSON() {
    const document = Object.fromEntries(this.meta);
    for (const section of MAPS) document[section] = Object.fromEntries(this.map(section));
    return /** @type {DesignDocument} */ (/** @type {unknown} */ (document));
  }

  /** One text for equal designs, whatever the order of their entries. */
  fingerprint() {
    this.print ??= JSON.stringify(sorted(this.toJSON()));
    return this.print;
  }
}

/**
 * @param {unknown} value
 * @returns {unknown}
 */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, entry]) => [name, sorted(entry)]);
}

/**
 * @template T
 * @param {T} value
 * @returns {T}
 */
function frozen(value) {
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return value;
  for (const entry of Object.values(value)) frozen(entry);
  return Object.freeze(value);
}

/**
 * The fingerprint of a document that no store holds.
 *
 * @param {DesignDocument} document
 */
export function fingerprintOf(document) {
  return new DesignStore(structuredClone(document)).fingerprint();
}
