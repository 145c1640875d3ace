/**
 * The handles of the selected place. They lie over everything else, so that no link is in the way of gripping one. The
 * keyboard resizes with Alt and arrows, or by the numbers in the inspector.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/geometry.js").Box} Box
 */
import { GRID, resize } from "../core/edits.js";
import { pulled } from "../core/places.js";
import { s } from "../ui/dom.js";

const SIDES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const SIZE_PX = 11;
/** What a finger needs. */
const REACH_PX = 26;

export class PlaceHandles {
  /**
   * @param {App} app
   * @param {import("./diagram.js").Diagram} diagram
   * @param {import("./viewport.js").Viewport} viewport
   */
  constructor(app, diagram, viewport) {
    this.app = app;
    this.diagram = diagram;
    this.viewport = viewport;
    this.handles = SIDES.map((sides) => ({ sides, reach: s("rect", { class: "place-reach" }), shown: s("rect", { class: "place-handle", rx: 3 }) }));
    const groups = this.handles.map(({ sides, reach, shown }) => s("g", { class: `place-sides-${sides}`, "data-sides": sides }, reach, shown));
    this.layer = s("g", { class: "place-handles", "aria-hidden": "true" }, ...groups);
    diagram.paper.el.querySelector(".joint-layers")?.append(this.layer);
    for (const [i, group] of groups.entries()) {
      group.addEventListener("pointerdown", (event) => this.press(SIDES[i], group, event));
      // the drawing must not take it for a press on the blank
      for (const name of ["mousedown", "touchstart"]) group.addEventListener(name, (event) => event.stopPropagation());
    }
    const place = () => this.place();
    for (const emitter of [app.selection.changed, app.store.changed, viewport.changed]) {
      /** @type {import("../core/emitter.js").Emitter<any>} */ (emitter).on(place);
    }
    diagram.graph.on("change:position change:size", place);
    place();
  }

  /** The one place that is selected. */
  get id() {
    const id = this.app.canEdit ? this.app.selection.only : null;
    return id && this.app.catalogue.isPlace(this.app.store.components.get(id)?.kind ?? "") ? id : null;
  }

  place() {
    const box = this.id ? this.diagram.boxOf(this.id) : undefined;
    this.layer.style.display = box ? "" : "none";
    if (!box) return;
    for (const { sides, reach, shown } of this.handles) {
      const x = box.x + box.width * (sides.includes("w") ? 0 : sides.includes("e") ? 1 : 0.5);
      const y = box.y + box.height * (sides.includes("n") ? 0 : sides.includes("s") ? 1 : 0.5);
      square(shown, x, y, SIZE_PX / this.viewport.scale);
      square(reach, x, y, REACH_PX / this.viewport.scale);
    }
  }

  /**
   * @param {string} sides
   * @param {Element} handle
   * @param {PointerEvent} start
   */
  press(sides, handle, start) {
    const id = this.id;
    const first = id ? this.diagram.boxOf(id) : undefined;
    if (!id || !first || start.button !== 0) return;
    start.preventDefault();
    start.stopPropagation();
    handle.setPointerCapture(start.pointerId);
    let box = first;
    const go = (/** @type {any} */ event) => {
      box = pulled(first, sides, (event.clientX - start.clientX) / this.viewport.scale, (event.clientY - start.clientY) / this.viewport.scale, GRID);
      this.draw(id, box);
    };
    const end = (/** @type {Event} */ event) => {
      handle.removeEventListener("pointermove", go);
      for (const name of ["pointerup", "pointercancel"]) handle.removeEventListener(name, end);
      if (event.type === "pointerup") this.app.edit(resize(this.app.store, this.app.catalogue, id, box));
      else this.draw(id, first);
    };
    handle.addEventListener("pointermove", go);
    for (const name of ["pointerup", "pointercancel"]) handle.addEventListener(name, end);
  }

  /**
   * @param {string} id
   * @param {Box} box
   */
  draw(id, box) {
    const element = /** @type {any} */ (this.diagram.graph.getCell(id));
    element?.position(box.x, box.y);
    element?.resize(box.width, box.height);
  }
}

/**
 * @param {SVGElement} rect
 * @param {number} x
 * @param {number} y
 * @param {number} size
 */
function square(rect, x, y, size) {
  for (const [name, value] of Object.entries({ x: x - size / 2, y: y - size / 2, width: size, height: size })) rect.setAttribute(name, String(value));
}
