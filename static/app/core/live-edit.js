/**
 * What an edit means to a run that is on: a parameter is set, a structural change sends the design, a move nothing.
 *
 * @typedef {import("./document.js").Change} Change
 * @typedef {import("./document.js").DesignStore} DesignStore
 * @typedef {import("./catalogue.js").Catalogue} Catalogue
 * @typedef {import("./types.js").RunCommand} RunCommand
 * @typedef {import("./types.js").ParameterSpec} ParameterSpec
 * @typedef {import("./types.js").Parameters} Parameters
 */
import { valueOf } from "./catalogue.js";
import { sameValue } from "./values.js";

/**
 * @param {Change} change
 * @param {DesignStore} store as it is after the change
 * @param {Catalogue} catalogue
 * @returns {RunCommand[]}
 */
export function commandsFor(change, store, catalogue) {
  const design = () => [{ action: "design", design: store.toJSON() }];
  if (change.whole) return design();
  const former = new Map(change.former.map((operation) => [`${operation.section} ${operation.id}`, operation.value]));
  /** @type {Map<string, RunCommand>} */
  const commands = new Map();
  for (const { section, id } of change.operations) {
    if (section !== "components" && section !== "links") continue;
    const [before, after] = [former.get(`${section} ${id}`), store.map(section).get(id)];
    if (section === "components" && isSilent(catalogue, before ?? after)) continue;
    if (!before || !after || (before.inside ?? null) !== (after.inside ?? null)) return design();
    const specs = section === "links" ? catalogue.link.parameters : catalogue.kind(after.kind)?.parameters ?? [];
    for (const spec of specs) {
      const value = valueOf(spec, after.parameters);
      if (sameValue(valueOf(spec, before.parameters), value)) continue;
      if (spec.live === false) return design();
      commands.set(`${id} ${spec.name}`, { action: "set", [section === "links" ? "link" : "component"]: id, parameter: spec.name, value });
    }
  }
  return [...commands.values()];
}

/**
 * A note does not run, wherever it stands: the engine need not hear of it.
 *
 * @param {Catalogue} catalogue
 * @param {{kind: string} | undefined} entry
 */
function isSilent(catalogue, entry) {
  return entry !== undefined && catalogue.kind(entry.kind)?.runs === false && !catalogue.isPlace(entry.kind);
}
