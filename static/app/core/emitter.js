/**
 * A typed list of listeners: what the modules without a DOM use instead of events of the browser.
 *
 * @template T
 */
export class Emitter {
  constructor() {
    /** @type {Set<(value: T) => void>} */
    this.listeners = new Set();
  }

  /**
   * @param {(value: T) => void} listener
   * @returns {() => void} takes the listener away again
   */
  on(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param {T} value */
  emit(value) {
    for (const listener of [...this.listeners]) listener(value);
  }
}
