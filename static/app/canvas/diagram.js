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
import { placesAround } from "../core/places.js";
import { dia, util } from "../vendor/joint.js";
import { Card, CARD, LABEL, Note, NOTE_WIDTH, Place, Wire } from "./shapes.js";
import { shortened, textWidth } from "./text-width.js";

const NOTE_LINE = 17;
/** Places lie behind the links (-1) and the cards, smaller ones on larger ones. */
const PLACE_Z = -20;

export class Diagram {
  /**
   * @param {App} app
   * @param {HTMLElement} host
   */
  constructor(app, host) {
    this.app = app;
    this.graph = new dia.Graph({}, { cellNamespace: { playground: { Card, Note, Place, Wire } } });
    /** @type {Map<string, import("../core/geometry.js").Lane>} */
    this.lanes = new Map();
    /** The corners of each link, as a text: drawings that follow links cache by it. @type {Map<string, string>} */
    this.paths = new Map();
    this.paper = new dia.Paper({ ...this.options(), el: host, model: this.graph });
    /** What each component was drawn from, as a text. @type {Map<string, string>} */
    this.described = new Map();
    this.pending = false;
    this.graph.on("change:position", () => this.rerouteSoon());
    app.store.changed.on((change) => this.follow(change));
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

  /**
   * Only what changed is touched: an edit of one in five hundred must not cost five hundred.
   *
   * @param {import("../core/document.js").Change} change
   */
  follow({ operations, whole }) {
    if (whole) this.sync();
    else this.atOnce(() => this.syncSome(operations));
  }

  /**
   * Views are brought in line once, after all of it.
   *
   * @param {() => void} work
   */
  atOnce(work) {
    this.paper.freeze();
    try {
      work();
    } finally {
      this.paper.unfreeze();
    }
  }

  /** @param {import("../core/document.js").Operation[]} operations */
  syncSome(operations) {
    const { components, links } = this.app.store;
    const touched = new Set(operations.filter(({ section }) => section === "components").map(({ id }) => id));
    const wires = new Set(operations.filter(({ section }) => section === "links").map(({ id }) => id));
    for (const [id, link] of links) if (touched.has(link.from) || touched.has(link.to)) wires.add(id);
    for (const id of wires) if (!links.has(id)) this.drop(cellOf(id));
    for (const id of touched) {
      const entry = components.get(id);
      if (entry) this.syncComponent(id, entry);
      else this.drop(id);
    }
    for (const id of wires) {
      const link = links.get(id);
      if (link) this.syncLink(id, link);
    }
    if (touched.size + wires.size > 0) this.reroute();
  }

  /** @param {string} cell */
  drop(cell) {
    this.graph.getCell(cell)?.remove();
    this.paths.delete(linkOf(cell));
    this.described.delete(cell);
  }

  sync() {
    this.atOnce(() => this.syncAll());
    this.reroute();
  }

  syncAll() {
    const { store } = this.app;
    for (const cell of this.graph.getCells()) {
      const kept = cell.isLink() ? store.links.has(linkOf(cell.id)) : store.components.has(String(cell.id));
      if (!kept) this.drop(String(cell.id));
    }
    for (const [id, component] of store.components) this.syncComponent(id, component);
    for (const [id, link] of store.links) this.syncLink(id, link);
  }

  /**
   * @param {string} id
   * @param {Component} component
   */
  syncComponent(id, component) {
    const former = this.cellFor(id, component);
    const element = /** @type {import("@joint/core").dia.Element} */ (former ?? this.newCell(id, component));
    element.position(component.x, component.y);
    // Most edits are moves: what a thing looks like has not changed then.
    const { x: _x, y: _y, ...look } = component;
    const described = JSON.stringify(look);
    if (former && this.described.get(id) === described) return;
    this.described.set(id, described);
    const kind = this.app.catalogue.kind(component.kind);
    if (kind?.place) this.describePlace(id, element, component);
    else if (kind?.runs === false) this.describeNote(element, component);
    else {
      element.attr({
        label: { text: shortened(component.label, LABEL.px, LABEL.width) },
        icon: { href: `#i-${kind?.icon ?? ""}` },
        root: { "aria-label": `${component.label}, ${kind?.title ?? component.kind}` },
        handle: { display: kind?.ports.some((port) => port.accepts.length > 0 || port.grows) ? null : "none" },
        gauge: { display: kind?.bar ? null : "none" },
      });
    }
    if (!former) this.graph.addCell(element);
  }

  /**
   * The cell of an id, unless it was drawn for another kind of thing.
   *
   * @param {string} id
   * @param {Component} component
   */
  cellFor(id, component) {
    const cell = this.graph.getCell(id);
    if (!cell || cell.get("type") === `playground.${this.shapeOf(component)}`) return cell;
    this.drop(id);
    return undefined;
  }

  /** @param {Component} component */
  shapeOf(component) {
    const kind = this.app.catalogue.kind(component.kind);
    return kind?.place ? "Place" : kind?.runs === false ? "Note" : "Card";
  }

  /**
   * @param {string} id
   * @param {Component} component
   */
  newCell(id, component) {
    const shape = { Place, Note, Card }[this.shapeOf(component)] ?? Card;
    return new shape({ id });
  }

  /**
   * @param {string} id
   * @param {import("@joint/core").dia.Element} element
   * @param {Component} component
   */
  describePlace(id, element, component) {
    const kind = this.app.catalogue.kind(component.kind);
    const depth = placesAround(this.app.store.components, id).length;
    element.resize(component.width ?? CARD.width, component.height ?? CARD.height);
    element.set("z", PLACE_Z + depth);
    element.attr({
      label: { text: component.label }, icon: { href: `#i-${kind?.icon ?? ""}` },
      ...(this.graph.getCell(id) ? {} : { tab: { width: tabWidth(component.label) } }),
      root: { "aria-label": t("{label}, {kind}", { label: component.label, kind: kind?.title ?? component.kind }), "data-depth": depth },
    });
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
      this.paths.delete(id);
    }
    const [from, to] = [link.from, link.to].map((end) => this.app.store.components.get(end)?.label ?? end);
    cell.attr("root", { "aria-label": t("Link from {from} to {to}", { from, to }) });
    if (!former) this.graph.addCell(cell);
    const style = this.app.catalogue.styleOf(this.app.store, link);
    if (cell.attr("root/data-style") !== style) cell.attr("root/data-style", style);
  }

  /** While something is dragged: once for each picture, however many things go along. */
  rerouteSoon() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      if (this.pending) this.reroute();
    });
  }

  reroute() {
    this.pending = false;
    const boxes = new Map(this.graph.getElements().map((cell) => [String(cell.id), this.boxOf(cell.id)]));
    const wires = [...this.app.store.links].map(([id, link]) => ({ id, from: link.from, to: link.to }));
    this.lanes = lanes(wires, (id) => boxes.get(id));
    for (const { id, from, to } of wires) {
      const [lane, source, target] = [this.lanes.get(id), boxes.get(from), boxes.get(to)];
      if (!lane || !source || !target) continue;
      const path = JSON.stringify(route(source, target, lane));
      if (this.paths.get(id) === path) continue;
      const link = this.graph.getCell(cellOf(id));
      if (!link?.isLink()) continue;
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

/** @param {string} label of a place, with what is said of its state */
export function tabWidth(label) {
  return Math.ceil(textWidth(label, 12)) + 44;
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
