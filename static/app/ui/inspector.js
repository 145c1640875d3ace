/**
 * The inspector: the selected component, link or group of components; with nothing selected, the design itself. It is
 * built anew when what it shows changed, never on a frame: live figures are written into it by themselves.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../canvas/canvas.js").Canvas} Canvas
 *
 * @typedef {object} Context
 * @property {App} app
 * @property {Canvas} canvas
 * @property {import("./problems.js").Problems} problems
 * @property {() => void} close
 * @property {() => void} editScenarios
 * @property {{search: string, drafts: import("./break-part.js").Drafts}} kept  what is typed and stays while the panel of one thing is built anew
 */
import { byId, keptFocus, keptWrong, rebuildSoon } from "./dom.js";
import { componentPanel } from "./component-panel.js";
import { designPanel } from "./design-panel.js";
import { linkPanel } from "./link-panel.js";
import { groupPanel } from "./group-panel.js";

const LIVE_EVERY_MS = 250;

/** @typedef {{nodes: Node[], live?: () => void, signature?: () => string}} Panel */

export class Inspector {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.body = byId("inspector-body");
    /** @type {Panel} */
    this.panel = { nodes: [] };
    this.shown = "";
    this.rebuild = () => this.render();
    this.liveAt = 0;
    const { app, problems } = context;
    for (const emitter of [app.selection.changed, app.store.changed, app.run.changed, problems.changed]) {
      /** @type {import("../core/emitter.js").Emitter<any>} */ (emitter).on(() => this.soon());
    }
    app.frames.added.on(() => this.live());
    app.frames.cleared.on(() => this.soon());
    this.render();
  }

  /** After the event, not in it: a field that is being left must not vanish under the browser's feet. */
  soon() {
    rebuildSoon(this.rebuild);
  }

  render() {
    const signature = this.signature();
    if (signature === this.shown) return;
    const sameThing = signature.split("\n")[0] === this.shown.split("\n")[0];
    this.shown = signature;
    const kept = sameThing ? keptFocus(this.body) : null;
    const wrong = sameThing ? keptWrong(this.body) : null;
    // What one has at hand stays at hand when another thing is selected.
    const open = new Set([...this.body.querySelectorAll("details[open]")].map((each) => each.getAttribute("data-keep") ?? "").filter((key) => sameThing || key.startsWith("tool ")));
    if (!sameThing) this.context.kept = { search: "", drafts: new Map() };
    this.panel = this.build();
    this.body.replaceChildren(...this.panel.nodes);
    for (const details of this.body.querySelectorAll("details")) if (open.has(details.dataset.keep ?? "")) details.open = true;
    if (!sameThing) byId("inspector").scrollTop = 0;
    wrong?.();
    kept?.();
    this.panel.live?.();
  }

  build() {
    const { selection } = this.context.app;
    if (selection.link !== null) return linkPanel(this.context, selection.link);
    if (selection.only !== null) return componentPanel(this.context, selection.only);
    if (selection.components.size > 1) return groupPanel(this.context);
    return designPanel(this.context);
  }

  /** What the panel is made from, as a text; the first line names the thing. */
  signature() {
    const { app, problems } = this.context;
    const { selection, store, run } = app;
    const thing = selection.link ?? [...selection.components].join(" ");
    /** @type {(string | number | boolean)[]} */
    const parts = [store.components.size, store.links.size, run.active, run.control, app.canEdit, problems.version, app.frames.last === null];
    if (selection.only) {
      const around = [...store.links].filter(([, link]) => link.from === selection.only || link.to === selection.only);
      const names = around.map(([id, link]) => [id, store.components.get(link.from)?.label, store.components.get(link.to)?.label]);
      const frame = app.frames.component(selection.only);
      const places = [...store.components].filter(([, entry]) => entry.inside === selection.only || app.catalogue.isPlace(entry.kind)).map(([id, entry]) => [id, entry.label, entry.inside]);
      parts.push(JSON.stringify([store.components.get(selection.only), names, places, frame?.state === "down", frame !== undefined]));
    } else if (selection.link) parts.push(JSON.stringify([store.links.get(selection.link), app.frames.last !== null]));
    else if (selection.empty) parts.push(JSON.stringify([...store.meta]), JSON.stringify([...store.scenarios]), String(app.frames.last?.final));
    return `${thing}\n${parts.join("\n")}`;
  }

  live() {
    const now = performance.now();
    if (now - this.liveAt < LIVE_EVERY_MS) return;
    this.liveAt = now;
    this.soon();
    this.panel.live?.();
  }
}
