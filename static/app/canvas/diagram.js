/**
 * The drawing follows the design: one JointJS cell for each component and link, brought in line after every change of
 * the store. The store is the truth; nothing is read back from the drawing but where a drag ended.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").Component} Component
 * @typedef {import("../core/geometry.js").Box} Box
 */
import { valueOf } from "../core/catalogue.js";
import { refusal } from "../core/edits.js";
import { lanes, route } from "../core/geometry.js";
import { t } from "../core/i18n.js";
import { dia, util } from "../vendor/joint.js";
import { Card, CARD, Note, NOTE_WIDTH, Wire } from "./shapes.js";

const NOTE_LINE = 17;

export class Diagram {
  /**
   * @param {App} app
   * @param {HTMLElement} host
   */
  constructor(app, host) {
    this.app = app;
    this.graph = new dia.Graph({}, { cellNamespace: { playground: { Card, Note, Wire } } });
    /** @type {Map<string, import("../core/geometry.js").Lane>} */
    this.lanes = new Map();
    /** @type {Map<string, string>} */
    this.paths = new Map();
    this.paper = new dia.Paper({ ...this.options(), el: host, model: this.graph });
    /** Grows whenever a link may have moved: drawings that follow links cache by it. */
    this.shape = 0;
    this.graph.on("change:position", () => this.reroute());
    app.store.changed.on(() => this.sync());
    this.sync();
  }

  /** @returns {import("@joint/core").dia.Paper.Options} */
  options() {
    return {
      width: "100%", height: "100%", gridSize: 8, async: false, sorting: dia.Paper.sorting.APPROX,
      cellViewNamespace: {}, clickThreshold: 6, moveThreshold: 3, magnetThreshold: 0, preventDefaultBlankAction: false,
      interactive: () => (this.app.canEdit ? { elementMove: true, addLinkFromMagnet: true, linkMove: false, labelMove: false } : false),
      defaultLink: () => new Wire(), linkPinning: false, multiLinks: true, markAvailable: true, snapLinks: { radius: 60 },
      defaultConnectionPoint: { name: "anchor" },
      defaultAnchor: (view) => view.model.getBBox().rightMiddle(),
      validateMagnet: (view, magnet) => this.app.canEdit && magnet.getAttribute("magnet") === "true",
      validateConnection: (from, _a, to) => from !== to && !refusal(this.app.store, this.app.catalogue, String(from.model.id), String(to.model.id)),
      connectionStrategy: (end) => ({ id: end.id }),
      defaultRouter: (_vertices, _args, view) => this.corners(view),
      defaultConnector: { name: "straight", args: { cornerType: "cubic", cornerRadius: 12, precision: 1 } },
    };
  }

  /**
   * Corners of a link between its ends; while one is being pulled it runs straight to the pointer.
   *
   * @param {any} view
   */
  corners(view) {
    const link = view.model;
    const [from, to] = [this.boxOf(link.source().id), this.boxOf(link.target().id)];
    if (!from || !to) return [];
    return route(from, to, this.lanes.get(linkOf(link.id)) ?? { out: 0, in: 0, track: 0 }).slice(1, -1);
  }

  /**
   * @param {string | number | undefined} id
   * @returns {Box | undefined}
   */
  boxOf(id) {
    const cell = id === undefined ? undefined : this.graph.getCell(id);
    if (!cell?.isElement()) return undefined;
    const { x, y } = cell.position();
    return { x, y, ...cell.size() };
  }

  sync() {
    const { store } = this.app;
    for (const cell of this.graph.getCells()) {
      const kept = cell.isLink() ? store.links.has(linkOf(cell.id)) : store.components.has(String(cell.id));
      if (!kept) cell.remove();
    }
    for (const [id, component] of store.components) this.syncComponent(id, component);
    for (const [id, link] of store.links) this.syncLink(id, link);
    this.reroute();
  }

  /**
   * @param {string} id
   * @param {Component} component
   */
  syncComponent(id, component) {
    const former = this.graph.getCell(id);
    const kind = this.app.catalogue.kind(component.kind);
    const note = kind?.runs === false;
    const cell = former ?? (note ? new Note({ id }) : new Card({ id }));
    const element = /** @type {import("@joint/core").dia.Element} */ (cell);
    element.position(component.x, component.y);
    if (note) this.describeNote(element, component);
    else {
      element.attr({
        label: { text: component.label },
        icon: { href: `#i-${kind?.icon ?? ""}` },
        root: { "aria-label": `${component.label}, ${kind?.title ?? component.kind}` },
        handle: { display: kind?.ports.some((port) => port.accepts.length > 0) ? null : "none" },
        gauge: { display: kind?.bar ? null : "none" },
      });
    }
    if (!former) this.graph.addCell(element);
  }

  /**
   * @param {import("@joint/core").dia.Element} element
   * @param {Component} component
   */
  describeNote(element, component) {
    const spec = this.app.catalogue.kind(component.kind)?.parameters.find((parameter) => parameter.type === "text");
    const text = spec ? String(valueOf(spec, component.parameters)) : component.label;
    const lines = util.breakText(text, { width: NOTE_WIDTH - 24 }, { "font-size": 12 }).split("\n").length;
    element.resize(NOTE_WIDTH, lines * NOTE_LINE + 20);
    element.attr({ text: { text }, root: { "aria-label": t("{label}: {text}", { label: component.label, text }) } });
  }

  /**
   * @param {string} id
   * @param {{from: string, to: string}} link
   */
  syncLink(id, link) {
    const former = this.graph.getCell(cellOf(id));
    const cell = /** @type {import("@joint/core").dia.Link} */ (former ?? new Wire({ id: cellOf(id) }));
    if (!former || cell.source().id !== link.from || cell.target().id !== link.to) {
      cell.source({ id: link.from });
      cell.target({ id: link.to });
    }
    const [from, to] = [link.from, link.to].map((end) => this.app.store.components.get(end)?.label ?? end);
    cell.attr("root", { "aria-label": t("Link from {from} to {to}", { from, to }) });
    if (!former) this.graph.addCell(cell);
    const style = this.styleOf(link);
    if (style) this.paper.findViewByModel(cell)?.el.classList.add(style);
  }

  /** @param {{from: string, to: string}} link */
  styleOf(link) {
    const kind = (/** @type {string} */ id) => this.app.store.components.get(id)?.kind ?? "";
    const style = this.app.catalogue.port(kind(link.from), kind(link.to))?.style;
    return style ? `wire-${style}` : "";
  }

  reroute() {
    const wires = [...this.app.store.links].map(([id, link]) => ({ id, from: link.from, to: link.to }));
    this.lanes = lanes(wires, (id) => this.boxOf(id));
    this.shape += 1;
    for (const { id, from, to } of wires) {
      const [link, lane] = [this.graph.getCell(cellOf(id)), this.lanes.get(id)];
      const [source, target] = [this.boxOf(from), this.boxOf(to)];
      if (!link?.isLink() || !lane || !source || !target) continue;
      const path = JSON.stringify(route(source, target, lane));
      if (this.paths.get(id) === path) continue;
      this.paths.set(id, path);
      anchor(link, "source", from, source.width, source.height / 2 + lane.out);
      anchor(link, "target", to, 0, target.height / 2 + lane.in);
      /** @type {any} */ (this.paper.findViewByModel(link))?.requestConnectionUpdate();
    }
  }

  /** @param {string} id */
  view(id) {
    return this.paper.findViewByModel(id);
  }

  /** @param {string} id */
  linkView(id) {
    return /** @type {any} */ (this.paper.findViewByModel(cellOf(id)));
  }
}

/**
 * Components and links may have the same id in a design, cells may not: a link's has a prefix no id can have.
 *
 * @param {string} id
 */
function cellOf(id) {
  return `link:${id}`;
}

/** @param {string | number} cell */
export function linkOf(cell) {
  return String(cell).replace(/^link:/, "");
}

/**
 * @param {any} link
 * @param {"source" | "target"} end
 * @param {string} id
 * @param {number} dx from the card's left edge
 * @param {number} dy from its top
 */
function anchor(link, end, id, dx, dy) {
  link.set(end, { id, anchor: { name: "topLeft", args: { dx, dy, useModelGeometry: true } } });
}
