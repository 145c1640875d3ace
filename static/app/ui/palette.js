/**
 * The palette: one button for each kind, grouped in the order a request travels. It is dragged with mouse, pen or
 * finger, and Enter or a click puts one on the canvas.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../canvas/canvas.js").Canvas} Canvas
 * @typedef {import("../core/types.js").KindSpec} KindSpec
 */
import { t } from "../core/i18n.js";
import { byId, h, icon } from "./dom.js";

const DRAG_PX = 5;

/**
 * @param {App} app
 * @param {Canvas} canvas
 * @param {() => void} onDrag called when a drag begins: a sheet that covers the canvas should go
 */
export function buildPalette(app, canvas, onDrag) {
  const groups = app.catalogue.groups().map((group) => h("div", { className: "palette-group", role: "group", "aria-label": group.title },
    h("h3", {}, group.title),
    ...group.kinds.map((kind) => item(kind, canvas, onDrag))));
  byId("palette-groups").replaceChildren(...groups);
  const fold = byId("palette-fold");
  fold.addEventListener("click", () => {
    const folded = byId("workspace").classList.toggle("palette-folded");
    fold.setAttribute("aria-expanded", String(!folded));
    fold.setAttribute("aria-label", folded ? t("Unfold the palette") : t("Fold the palette"));
  });
}

/**
 * @param {KindSpec} kind
 * @param {Canvas} canvas
 * @param {() => void} onDrag
 */
function item(kind, canvas, onDrag) {
  const button = h("button", { type: "button", className: "palette-item", title: kind.summary, "aria-label": kind.title }, icon(kind.icon), h("span", {}, kind.title));
  let dragged = false;
  button.addEventListener("click", () => {
    if (!dragged) canvas.addAt(kind.kind);
    dragged = false;
  });
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    dragged = false;
    follow(button, event, kind, {
      begin: () => { dragged = true; onDrag(); },
      drop: (at) => isOverCanvas(at) && canvas.addAt(kind.kind, at),
    });
  });
  return button;
}

/**
 * @param {HTMLElement} button
 * @param {PointerEvent} start
 * @param {KindSpec} kind
 * @param {{begin: () => void, drop: (at: {x: number, y: number}) => void}} on
 */
function follow(button, start, kind, on) {
  /** @type {HTMLElement | null} */
  let ghost = null;
  button.setPointerCapture(start.pointerId);
  const go = (/** @type {PointerEvent} */ event) => {
    if (!ghost && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < DRAG_PX) return;
    if (!ghost) {
      ghost = h("div", { className: "palette-ghost", "aria-hidden": "true" }, icon(kind.icon), kind.title);
      document.body.append(ghost);
      on.begin();
    }
    ghost.style.left = `${event.clientX}px`;
    ghost.style.top = `${event.clientY}px`;
  };
  const end = (/** @type {PointerEvent} */ event) => {
    button.removeEventListener("pointermove", go);
    for (const name of ["pointerup", "pointercancel"]) button.removeEventListener(name, /** @type {any} */ (end));
    if (!ghost) return;
    ghost.remove();
    if (event.type === "pointerup") on.drop({ x: event.clientX, y: event.clientY });
  };
  button.addEventListener("pointermove", go);
  for (const name of ["pointerup", "pointercancel"]) button.addEventListener(name, /** @type {any} */ (end));
}

/** @param {{x: number, y: number}} at */
function isOverCanvas(at) {
  return document.elementFromPoint(at.x, at.y)?.closest("#canvas") !== null;
}
