/**
 * What opens over the canvas on narrow windows: the inspector with a selection, palette and dock on a phone; and the
 * folding and resizing of the dock on wide ones.
 *
 * @typedef {import("../app.js").App} App
 */
import { t } from "../core/i18n.js";
import { all, byId } from "./dom.js";

const PHONE = matchMedia("(max-width: 700px)");
const NARROW = matchMedia("(max-width: 1180px)");
/** Height of the bar under the thumb, as in narrow.css. */
const THUMB_PX = 60;
const DOCK = { least: 140, most: 560, step: 24 };

export class Sheets {
  /**
   * @param {App} app
   * @param {import("../canvas/canvas.js").Canvas} canvas
   */
  constructor(app, canvas) {
    this.app = app;
    this.canvas = canvas;
    app.selection.changed.on(() => this.followSelection());
    for (const button of all("[data-sheet]")) button.addEventListener("click", () => this.toggle(button.dataset.sheet ?? ""));
    byId("canvas").addEventListener("pointerdown", (/** @type {Event} */ event) => {
      if (!/** @type {Element} */ (event.target).closest(".joint-cell, button")) this.close("palette", "dock", "inspector");
    });
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.escape());
    this.listenToDock();
  }

  followSelection() {
    if (!NARROW.matches) return;
    if (this.app.selection.empty) this.close("inspector");
    else {
      this.close("palette", "dock");
      byId("inspector").classList.add("is-open");
      this.uncover();
    }
  }

  /** The selected card must not lie under the panel that tells of it. */
  uncover() {
    requestAnimationFrame(() => {
      const panel = byId("inspector").getBoundingClientRect();
      const canvas = byId("canvas").getBoundingClientRect();
      const covered = this.phone ? { bottom: Math.max(0, canvas.bottom - (window.innerHeight - THUMB_PX - panel.height)) } : { right: panel.width + 16 };
      this.canvas.revealSelection(covered);
    });
  }

  /** @param {string} name */
  toggle(name) {
    const open = !byId(name).classList.contains("is-open");
    this.close("palette", "dock", "inspector");
    byId(name).classList.toggle("is-open", open);
    window.dispatchEvent(new Event("resize"));
  }

  /** @param {string[]} names */
  close(...names) {
    for (const name of names) byId(name).classList.remove("is-open");
  }

  openInspector() {
    byId("inspector").classList.add("is-open");
    const body = byId("inspector-body");
    const field = body.querySelector(".field-input:enabled, .switch:enabled") ?? body.querySelector(".label-input:enabled");
    (field ?? byId("inspector")).focus();
  }

  about() {
    this.app.selection.clear();
    byId("inspector").classList.toggle("is-open");
  }

  escape() {
    if (document.querySelector("dialog[open], :popover-open")) return;
    const inInspector = byId("inspector").contains(document.activeElement);
    const only = this.app.selection.only;
    if (inInspector && only) /** @type {any} */ (document.querySelector(`[model-id="${only}"]`))?.focus();
    else this.app.selection.clear();
    this.close("palette", "dock", "inspector");
  }

  listenToDock() {
    const workspace = byId("workspace");
    const fold = byId("dock-fold");
    fold.addEventListener("click", () => {
      const folded = workspace.classList.toggle("dock-folded");
      fold.setAttribute("aria-expanded", String(!folded));
      fold.setAttribute("aria-label", folded ? t("Unfold the charts") : t("Fold the charts"));
    });
    const grip = byId("dock-grip");
    const resize = (/** @type {number} */ height) => workspace.style.setProperty("--dock-height", `${Math.round(Math.min(DOCK.most, window.innerHeight * 0.7, Math.max(DOCK.least, height)))}px`);
    grip.addEventListener("pointerdown", (/** @type {PointerEvent} */ start) => {
      const height = byId("dock").clientHeight;
      grip.setPointerCapture(start.pointerId);
      const go = (/** @type {PointerEvent} */ event) => resize(height + start.clientY - event.clientY);
      grip.addEventListener("pointermove", go);
      grip.addEventListener("pointerup", () => grip.removeEventListener("pointermove", go), { once: true });
    });
    grip.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
      if (direction) { event.preventDefault(); resize(byId("dock").clientHeight + direction * DOCK.step); }
    });
  }

  get phone() {
    return PHONE.matches;
  }
}
