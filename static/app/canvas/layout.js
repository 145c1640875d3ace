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
 * @returns {Promise<Map<string, {x: number, y: number}>>}
 */
export async function tidied(app, diagram) {
  // @ts-ignore: an address of the server, not a package
  const { Graph, layout } = await import("../../vendor/dagre/dagre.esm.js");
  const graph = new Graph().setGraph({ ...SETTINGS }).setDefaultEdgeLabel(() => ({}));
  for (const id of app.store.components.keys()) {
    const box = diagram.boxOf(id);
    // Notes are where their author put them.
    if (box && app.catalogue.kind(app.store.components.get(id)?.kind ?? "")?.runs) graph.setNode(id, { width: box.width, height: box.height });
  }
  for (const link of app.store.links.values()) if (graph.hasNode(link.from) && graph.hasNode(link.to)) graph.setEdge(link.from, link.to);
  layout(graph);
  return new Map(graph.nodes().map((/** @type {string} */ id) => {
    const node = graph.node(id);
    return [id, { x: snap(node.x - node.width / 2), y: snap(node.y - node.height / 2) }];
  }));
}
