/**
 * Tidy up: columns in the order a request travels. Dagre finds the columns and the order in them; it is loaded when
 * first asked for.
 *
 * @typedef {import("../app.js").App} App
 */
import { snap } from "../core/edits.js";

const SETTINGS = { rankdir: "LR", nodesep: 48, ranksep: 96, marginx: 40, marginy: 40 };

/**
 * @param {App} app
 * @param {import("./diagram.js").Diagram} diagram
 * @returns {Promise<Map<string, {x: number, y: number, width?: number, height?: number}>>}
 */
export async function tidied(app, diagram) {
  // @ts-ignore: an address of the server, not a package
  const { Graph, layout } = await import("../../vendor/dagre/dagre.esm.js");
  const { components } = app.store;
  const isPlace = (/** @type {string} */ id) => app.catalogue.isPlace(components.get(id)?.kind ?? "");
  const graph = new Graph({ compound: true }).setGraph({ ...SETTINGS }).setDefaultEdgeLabel(() => ({}));
  for (const id of app.store.components.keys()) {
    const box = diagram.boxOf(id);
    // Notes are where their author put them.
    if (box && (isPlace(id) || app.catalogue.kind(components.get(id)?.kind ?? "")?.runs)) graph.setNode(id, { width: box.width, height: box.height });
  }
  for (const [id, { inside }] of components) if (inside && graph.hasNode(id) && graph.hasNode(inside)) graph.setParent(id, inside);
  for (const link of app.store.links.values()) if (graph.hasNode(link.from) && graph.hasNode(link.to)) graph.setEdge(link.from, link.to);
  layout(graph);
  return new Map(graph.nodes().map((/** @type {string} */ id) => {
    const node = graph.node(id);
    const spot = { x: snap(node.x - node.width / 2), y: snap(node.y - node.height / 2) };
    return [id, isPlace(id) && graph.children(id).length > 0 ? { ...spot, width: snap(node.width), height: snap(node.height) } : spot];
  }));
}
