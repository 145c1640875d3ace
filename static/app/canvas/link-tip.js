/**
 * What a link means, said where the pointer rests on it. The same sentence stands in the inspector for everybody else.
 *
 * @typedef {import("../app.js").App} App
 */
import { linkOf } from "./diagram.js";

const AFTER_MS = 250;
const OFF_PX = 16;

export class LinkTip {
  /**
   * @param {App} app
   * @param {import("./diagram.js").Diagram} diagram
   * @param {{host: HTMLElement, canvas: HTMLElement}} elements
   * @param {(id: string) => string} ruleOf
   */
  constructor(app, diagram, { host, canvas }, ruleOf) {
    this.host = host;
    this.canvas = canvas;
    this.ruleOf = ruleOf;
    /** @type {any} */
    this.timer = null;
    diagram.paper.on("link:mouseenter", (/** @type {any} */ view, /** @type {any} */ event) => this.later(linkOf(view.model.id), event.originalEvent ?? event));
    diagram.paper.on("link:mouseleave cell:pointerdown blank:pointerdown", () => this.hide());
    app.store.changed.on(() => this.hide());
  }

  /**
   * @param {string} id
   * @param {MouseEvent} event
   */
  later(id, event) {
    this.hide();
    const text = this.ruleOf(id);
    if (text && event.buttons === 0) this.timer = setTimeout(() => this.show(text, event), AFTER_MS);
  }

  /**
   * @param {string} text
   * @param {MouseEvent} event
   */
  show(text, event) {
    const box = this.canvas.getBoundingClientRect();
    this.host.textContent = text;
    this.host.hidden = false;
    const left = Math.max(8, Math.min(event.clientX - box.left + OFF_PX, box.width - this.host.offsetWidth - 8));
    const below = event.clientY - box.top + OFF_PX;
    const top = below + this.host.offsetHeight > box.height - 8 ? event.clientY - box.top - OFF_PX - this.host.offsetHeight : below;
    this.host.style.left = `${left}px`;
    this.host.style.top = `${top}px`;
  }

  hide() {
    clearTimeout(this.timer);
    this.host.hidden = true;
  }
}
