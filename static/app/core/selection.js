/**
 * What is selected: components and links by id. A link is selected alone.
 */
import { Emitter } from "./emitter.js";

export class Selection {
  constructor() {
    /** @type {Set<string>} */
    this.components = new Set();
    /** @type {string | null} */
    this.link = null;
    /** @type {Emitter<void>} */
    this.changed = new Emitter();
  }

  /** @param {Iterable<string>} ids */
  set(ids) {
    const wanted = new Set(ids);
    if (this.link === null && sameSet(wanted, this.components)) return;
    this.components = wanted;
    this.link = null;
    this.changed.emit();
  }

  /** @param {string} id */
  toggle(id) {
    const wanted = new Set(this.components);
    if (!wanted.delete(id)) wanted.add(id);
    this.set(wanted);
  }

  /** @param {string} id */
  setLink(id) {
    if (this.link === id) return;
    this.components = new Set();
    this.link = id;
    this.changed.emit();
  }

  clear() {
    this.set([]);
  }

  /** The component when just one is selected. */
  get only() {
    return this.components.size === 1 ? [...this.components][0] : null;
  }

  get empty() {
    return this.components.size === 0 && this.link === null;
  }

  /**
   * Forgets what does not exist any more.
   *
   * @param {{components: Map<string, unknown>, links: Map<string, unknown>}} store
   */
  prune(store) {
    if (this.link !== null && !store.links.has(this.link)) this.clear();
    if (this.link === null) this.set([...this.components].filter((id) => store.components.has(id)));
  }

}

/**
 * @param {Set<string>} a
 * @param {Set<string>} b
 */
function sameSet(a, b) {
  return a.size === b.size && [...a].every((id) => b.has(id));
}
