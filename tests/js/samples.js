/** What several tests start from: the samples that Python's tests read, too. */
import { readFileSync } from "node:fs";

import { Catalogue } from "../../static/app/core/catalogue.js";
import { DesignStore } from "../../static/app/core/document.js";

const read = (name) => JSON.parse(readFileSync(new URL(`../samples/${name}.json`, import.meta.url), "utf8"));

export const catalogueDocument = read("catalogue");
export const frames = read("frames");
export const design = () => read("design");
export const catalogue = () => new Catalogue(catalogueDocument);
export const store = () => new DesignStore(design());

/** The first component whose kind fits, so that no test names a kind. */
export function componentWhere(designStore, fits) {
  const kinds = catalogue();
  for (const [id, entry] of designStore.components) {
    const kind = kinds.kind(entry.kind);
    if (kind && fits(kind, id)) return id;
  }
  throw new Error("The sample design has no such component.");
}

/** A storage like the browser's. */
export function memoryStorage() {
  const entries = new Map();
  return {
    entries,
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key),
  };
}
