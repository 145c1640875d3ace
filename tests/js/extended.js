/** The sample catalogue with everything the page can show, whatever the engine's catalogue has just now. */
import { Catalogue } from "../../static/app/core/catalogue.js";
import { DesignStore } from "../../static/app/core/document.js";
import { catalogueDocument, design } from "./samples.js";

export const parameter = (name, more = {}) => ({ name, title: name, type: "number", unit: "", default: 1, minimum: 0, maximum: 1000, choices: null, advanced: false, help: "", source: "", when: null, live: true, section: null, ...more });

const actions = [
  { name: "kill", title: "Kill", group: "fault", lasting: true, parameters: [
    parameter("mode", { type: "choice", default: "process", choices: [{ value: "process", title: "Process" }, { value: "machine", title: "Machine" }] }),
    parameter("instance", { type: "integer", default: 0 })] },
  { name: "restore", title: "Restore", group: "operation", lasting: false, parameters: [] },
  { name: "slow", title: "Slow down", group: "fault", lasting: true, parameters: [parameter("factor", { default: 4 })] },
  { name: "partition", title: "Partition", group: "fault", lasting: true, parameters: [parameter("other", { type: "component", default: "" })] },
  { name: "delay", title: "Delay", group: "fault", lasting: true, parameters: [parameter("extra_ms", { unit: "ms" })] },
  { name: "spike", title: "Spike", group: "fault", lasting: true, parameters: [parameter("multiplier", { default: 5 })] },
];

const area = (kind, title) => ({ kind, title, group: "places", icon: "map", summary: "", provides: null, ports: [], runs: true, place: true, grows: false, actions: ["kill", "restore"], parameters: [], metrics: [], headline: null, bar: null, queue: null });

/** Outer kinds of places before inner ones. */
export const PLACES = ["outer_place", "inner_place"];

export function extendedCatalogue() {
  const document = structuredClone(catalogueDocument);
  for (const kind of document.kinds) {
    if (kind.actions.length > 0) kind.actions = ["kill", "restore", "slow", "partition"];
  }
  document.kinds = document.kinds.filter((kind) => !kind.place);
  document.kinds.push(area(PLACES[0], "Outer"), area(PLACES[1], "Inner"));
  document.actions = actions;
  document.link.actions = ["delay"];
  document.traffic = { actions: ["spike"] };
  document.classes = [{ name: "read", title: "Reads" }, { name: "write", title: "Writes" }];
  return new Catalogue(document);
}

/** The sample design with places: outer at 0,0 (2000 x 1000) holds inner at 600,80 (400 x 400); nothing stands in them yet. */
export function placedStore(more = {}) {
  const document = design();
  document.version = 2;
  for (const scenario of Object.values(document.scenarios)) scenario.faults = [];
  for (const entry of Object.values(document.components)) { entry.x += 5000; delete entry.inside; }
  document.components = {
    outer: { kind: PLACES[0], label: "Outer", x: 0, y: 0, width: 2000, height: 1000, parameters: {} },
    inner: { kind: PLACES[1], label: "Inner", x: 600, y: 80, width: 400, height: 400, parameters: {}, inside: "outer" },
    ...document.components, ...more,
  };
  return new DesignStore(document);
}
