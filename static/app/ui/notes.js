/**
 * The sentence over the canvas: what to try first, or that this is somebody else's design.
 *
 * @typedef {import("../app.js").App} App
 */
import { t } from "../core/i18n.js";
import { byId, h, icon } from "./dom.js";

/** @param {App} app */
export function buildNotes(app) {
  byId("view-banner").hidden = app.canEdit;
  const note = byId("try-this");
  let dismissed = false;
  const show = () => {
    const text = app.store.text("try_this");
    note.hidden = dismissed || !text || !app.canEdit || app.frames.markers.length > 0;
    if (note.dataset.text === text) return;
    note.dataset.text = text;
    note.replaceChildren(h("span", {}, text), h("button", { type: "button", className: "icon-button", "aria-label": t("Hide this"), on: { click: () => { dismissed = true; show(); } } }, icon("ui-x")));
  };
  app.store.changed.on(show);
  app.frames.added.on(show);
  show();
}
