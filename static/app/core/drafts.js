/**
 * Unsaved work in the browser's own storage, one draft for each design. It survives closing the page and is
 * dropped once the design is saved.
 *
 * @typedef {import("./types.js").DesignDocument} DesignDocument
 * @typedef {{design: DesignDocument, base: number | null, at: number}} Draft
 * @typedef {{getItem: (key: string) => string | null, setItem: (key: string, value: string) => void,
 *   removeItem: (key: string) => void}} Storage
 */
import { fingerprintOf } from "./document.js";

const PREFIX = "architecture-playground.draft.";

export class Drafts {
  /**
   * @param {Storage} storage
   * @param {string | null} token the design's secret, null for one that was never saved
   * @param {string} [unsaved] which of the designs that are not saved it is: the first page's, or an example
   * @param {() => number} [now]
   */
  constructor(storage, token, unsaved = "new", now = () => Date.now()) {
    this.storage = storage;
    this.token = token;
    this.unsaved = unsaved;
    this.now = now;
  }

  get key() {
    return PREFIX + (this.token === null ? this.unsaved : digest(this.token));
  }

  /**
   * @param {DesignDocument} design
   * @param {number | null} base the revision it was made from
   * @returns {boolean} false when the browser has no room or forbids it
   */
  keep(design, base) {
    try {
      this.storage.setItem(this.key, JSON.stringify({ design, base, at: this.now() }));
      return true;
    } catch {
      return false;
    }
  }

  drop() {
    try {
      this.storage.removeItem(this.key);
    } catch {
      // A browser without storage has nothing to drop.
    }
  }

  /**
   * The draft, when there is one that differs from what the server sent.
   *
   * @param {DesignDocument} served
   * @returns {Draft | null}
   */
  find(served) {
    const draft = this.read();
    if (!draft || fingerprintOf(draft.design) === fingerprintOf(served)) return null;
    return draft;
  }

  /** @returns {Draft | null} */
  read() {
    try {
      const draft = JSON.parse(this.storage.getItem(this.key) ?? "null");
      return draft && typeof draft.design?.components === "object" ? draft : null;
    } catch {
      return null;
    }
  }
}

/**
 * A short name for a secret: storage keys are seen by extensions and in screenshots. FNV-1a, 32 bits; it need only
 * tell the designs of one browser apart.
 *
 * @param {string} token
 */
function digest(token) {
  let hash = 0x811c9dc5;
  for (const letter of token) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return hash.toString(36);
}
