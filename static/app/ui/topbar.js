/**
 * The top bar: name, saved state, scenario, run controls, speed, clocks, and every button that is an action.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../actions.js").Action} Action
 */
import { setMeta } from "../core/edits.js";
import { t } from "../core/i18n.js";
import { clock } from "../core/units.js";
import { all, byId, h, setText } from "./dom.js";
import { shownKeys } from "./keyboard.js";

const CLOCK_EVERY_MS = 200;

/**
 * @param {App} app
 * @param {Map<string, Action>} actions
 */
export function buildTopbar(app, actions) {
  bindActions(app, actions);
  bindName(app);
  bindScenario(app);
  bindSpeed(app);
  bindMenu(actions);
  setInterval(() => drawClocks(app), CLOCK_EVERY_MS);
  app.run.changed.on(() => drawClocks(app));
  app.run.link.on(({ lost }) => {
    const chip = byId("connection");
    chip.hidden = !lost;
    setText(chip, lost ? t("Connection lost, trying again…") : "");
  });
  drawClocks(app);
}

/**
 * @param {App} app
 * @param {Map<string, Action>} actions
 */
function bindActions(app, actions) {
  const buttons = all("[data-action]").map((element) => ({
    button: /** @type {HTMLButtonElement} */ (element), action: actions.get(element.dataset.action ?? ""),
  }));
  for (const { button, action } of buttons) {
    if (!action) throw new Error(`No action ${button.dataset.action}.`);
    button.addEventListener("click", () => action.perform());
  }
  const update = () => {
    document.body.dataset.phase = app.run.phase;
    for (const { button, action } of buttons) {
      if (!action) continue;
      button.hidden = action.visible?.() === false;
      button.disabled = action.enabled?.() === false;
      const keys = shownKeys(action.keys?.[0]);
      const label = action.id === "undo" ? app.history.undoLabel : action.id === "redo" ? app.history.redoLabel : null;
      button.title = [label ? `${action.label()}: ${label}` : action.label(), keys].filter(Boolean).join("  ");
    }
    setText(byId("saved-state"), app.saver.sentence);
    byId("saved-state").title = app.canEdit && app.saver.dirty ? t("What is not saved is kept in this browser.") : "";
  };
  let pending = false;
  const soon = () => {
    if (pending) return;
    pending = true;
    queueMicrotask(() => { pending = false; update(); });
  };
  for (const emitter of [app.history.changed, app.selection.changed, app.run.changed, app.store.changed, app.saver.changed]) {
    /** @type {import("../core/emitter.js").Emitter<any>} */ (emitter).on(soon);
  }
  update();
}

/** @param {App} app */
function bindName(app) {
  const input = /** @type {HTMLInputElement} */ (byId("design-name"));
  const show = () => {
    if (document.activeElement !== input) input.value = app.store.text("name");
    input.disabled = !app.canEdit;
    document.title = `${app.store.text("name")} – Architecture Playground`;
  };
  input.addEventListener("change", () => {
    const name = input.value.trim();
    if (name) app.edit(setMeta(app.store, "name", name));
    input.value = app.store.text("name");
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") input.value = app.store.text("name");
    if (event.key === "Enter" || event.key === "Escape") input.blur();
  });
  app.store.changed.on(show);
  show();
}

/** @param {App} app */
function bindScenario(app) {
  const select = /** @type {HTMLSelectElement} */ (byId("scenario"));
  const show = () => {
    const options = [...app.store.scenarios].map(([id, scenario]) => h("option", { value: id }, scenario.title || id));
    select.replaceChildren(...options);
    select.value = app.scenario;
    select.disabled = app.store.scenarios.size === 0;
  };
  select.addEventListener("change", () => {
    if (app.canEdit) app.edit(setMeta(app.store, "scenario", select.value));
    else { app.store.meta.set("scenario", select.value); app.run.changed.emit(); }
    if (app.run.active) app.tell(t("The next start uses this scenario; the one that is on goes on as it is."));
  });
  app.store.changed.on(show);
  show();
}

/** @param {App} app */
function bindSpeed(app) {
  const field = byId("speed");
  field.addEventListener("change", (/** @type {Event} */ event) => {
    const value = /** @type {HTMLInputElement} */ (event.target).value;
    app.run.setSpeed(value === "max" ? "max" : value === "10" ? 10 : 1);
  });
  app.run.changed.on(() => {
    for (const input of field.querySelectorAll("input")) input.checked = input.value === String(app.run.speed);
  });
}

/** @param {Map<string, Action>} actions */
function bindMenu(actions) {
  const menu = byId("menu");
  // The first save gave the page another address than the one it was sent with.
  byId("language-form").addEventListener("submit", () => { byId("language-form").elements.namedItem("next").value = window.location.pathname; });
  menu.addEventListener("beforetoggle", (/** @type {any} */ event) => {
    if (event.newState !== "open") return;
    const shown = [...actions.values()].filter((action) => action.inMenu && action.visible?.() !== false);
    byId("menu-actions").replaceChildren(...shown.map((action) => h("button", {
      type: "button", disabled: action.enabled?.() === false,
      on: { click: () => { menu.hidePopover(); action.perform(); } },
    }, h("span", {}, action.label()), h("kbd", {}, shownKeys(action.keys?.[0])))));
  });
}

/** @param {App} app */
function drawClocks(app) {
  const { run } = app;
  const end = run.duration > 0 ? ` / ${clock(run.duration)}` : "";
  const simulated = byId("clock-simulated");
  const shown = `${clock(run.t)}${end}`;
  if (simulated.dataset.shown !== shown) {
    simulated.dataset.shown = shown;
    simulated.replaceChildren(clock(run.t), h("small", {}, end));
  }
  setText(byId("clock-real"), run.phase === "none" ? "" : `${t("real")} ${clock(run.wallNow)}`);
}
