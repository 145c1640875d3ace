/**
 * Kill and Restore beside the selected card, for the mouse. It is hidden from assistive technology because the same
 * button, with the same name, stands in the inspector.
 *
 * @typedef {import("../app.js").App} App
 */
import { faultCommand, quickAction } from "../core/faults.js";
import { h, icon } from "../ui/dom.js";

export class NearCard {
  /**
   * @param {App} app
   * @param {import("./diagram.js").Diagram} diagram
   * @param {import("./viewport.js").Viewport} viewport
   * @param {HTMLElement} host
   */
  constructor(app, diagram, viewport, host) {
    this.app = app;
    this.diagram = diagram;
    this.viewport = viewport;
    this.host = host;
    this.shown = "";
    const update = () => this.update();
    app.selection.changed.on(update);
    app.run.changed.on(update);
    app.frames.added.on(update);
    app.store.changed.on(update);
    viewport.changed.on(update);
    diagram.graph.on("change:position", update);
  }

  update() {
    const id = this.app.selection.only;
    const box = id ? this.diagram.boxOf(id) : undefined;
    const { app } = this;
    const action = id && app.run.active ? quickAction(app.catalogue, app.store, id, app.frames.component(id)?.state === "down") : null;
    this.host.hidden = !id || !box || !action;
    if (!id || !box || !action) return;
    const at = this.viewport.toHost({ x: box.x + box.width / 2, y: box.y });
    this.host.style.left = `${Math.round(at.x)}px`;
    this.host.style.top = `${Math.round(at.y - 44)}px`;
    const shown = `${id} ${action.name}`;
    if (shown === this.shown) return;
    this.shown = shown;
    const breaks = action.group === "fault";
    this.host.replaceChildren(h("button", {
      type: "button", className: `button small${breaks ? " danger" : ""}`, tabIndex: -1,
      on: { click: () => app.run.command(faultCommand(action, { component: id }, {}, null)) },
    }, icon(breaks ? "ui-fault" : "ui-heal"), h("span", {}, action.title)));
  }
}
