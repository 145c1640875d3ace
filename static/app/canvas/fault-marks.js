/**
 * A mark with a word on everything that is broken by hand or by the scenario: on a card's corner, beside a place's title,
 * on the middle of a link. Told to assistive technology by the inspector and the log, not here.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").ActiveFault} ActiveFault
 * @typedef {{x: number, y: number, centred?: boolean}} At
 */
import { faultsAt, markWords, targetOf } from "../core/faults.js";
import { middleOf } from "../core/geometry.js";
import { s } from "../ui/dom.js";
import { atNextPicture } from "./next-picture.js";
import { TAB } from "./shapes.js";
import { textWidth } from "./text-width.js";

const HEIGHT = 18;
/** How much larger titles of places are seen from afar, as in canvas.css. */
const FAR_SCALE = 1.7;

export class FaultMarks {
  /**
   * @param {App} app
   * @param {import("./diagram.js").Diagram} diagram
   * @param {import("./viewport.js").Viewport} viewport
   */
  constructor(app, diagram, viewport) {
    this.app = app;
    this.far = viewport.isFar;
    this.diagram = diagram;
    this.layer = s("g", { class: "fault-marks", "aria-hidden": "true" });
    diagram.paper.el.querySelector(".joint-layers")?.append(this.layer);
    this.shown = "";
    /** @type {Element[]} */
    this.broken = [];
    const drawSoon = atNextPicture(() => this.draw());
    const soon = () => {
      if (this.shown !== "[]" || this.faults.length > 0) drawSoon();
    };
    app.frames.added.on(soon);
    app.frames.cleared.on(soon);
    app.store.changed.on(soon);
    app.run.changed.on(soon);
    diagram.graph.on("change:position change:size change:attrs", soon);
    viewport.changed.on(() => {
      const far = viewport.isFar;
      if (far !== this.far) soon();
      this.far = far;
    });
  }

  get faults() {
    return this.app.run.active ? this.app.frames.faults : [];
  }

  draw() {
    const marks = this.targets().map((target) => ({ target, at: this.place(target), word: markWords(this.app.catalogue, faultsAt(this.faults, target)) })).filter(({ at }) => at !== null);
    const shown = JSON.stringify(marks);
    if (shown === this.shown) return;
    this.shown = shown;
    this.layer.replaceChildren(...marks.map(({ at, word }) => mark(/** @type {At} */ (at), word)));
    for (const element of this.broken) element.classList.remove("is-broken");
    this.broken = marks.map(({ target }) => (target.component ? this.diagram.view(target.component) : this.diagram.linkView(target.link ?? ""))?.el).filter(Boolean);
    for (const element of this.broken) element.classList.add("is-broken");
  }

  /** Everything that has a fault, once. */
  targets() {
    const all = this.faults.map(targetOf).filter((target) => target.component || target.link);
    return [...new Map(all.map((target) => [JSON.stringify(target), target])).values()];
  }

  /**
   * Where the mark begins; links have it on their middle.
   *
   * @param {import("../core/faults.js").Target} target
   * @returns {At | null}
   */
  place({ component, link }) {
    if (link) {
      const corners = this.diagram.paths.get(link);
      const middle = corners ? middleOf(JSON.parse(corners)) : null;
      return middle && { ...middle, centred: true };
    }
    const box = this.diagram.boxOf(component ?? "");
    const entry = this.app.store.components.get(component ?? "");
    if (!box || !entry) return null;
    if (!this.app.catalogue.isPlace(entry.kind)) return { x: box.x + 8, y: box.y };
    const tab = Number(/** @type {any} */ (this.diagram.graph.getCell(component ?? ""))?.attr("tab/width") ?? 0);
    return { x: box.x + (TAB.left + tab) * (this.far ? FAR_SCALE : 1) + 8, y: box.y };
  }
}

/**
 * @param {At} at
 * @param {string} word
 */
function mark(at, word) {
  const width = Math.ceil(textWidth(word, 10)) + 28;
  const text = s("text", { x: 21, y: 3.5 });
  text.textContent = word;
  return s("g", { class: "fault-mark", transform: `translate(${at.x - (at.centred ? width / 2 : 0)} ${at.y})` },
    s("g", {}, s("rect", { x: 0, y: -HEIGHT / 2, width, height: HEIGHT, rx: HEIGHT / 2 }), s("use", { href: "#i-ui-fault", x: 7, y: -5.5, width: 11, height: 11 }), text));
}
