/**
 * Everything one can do, by name: label, shortcut, when it is possible, what it does. Tool bar, keyboard, menu and
 * command palette read this one list.
 *
 * @typedef {import("./app.js").App} App
 * @typedef {import("./canvas/canvas.js").Canvas} Canvas
 * @typedef {{id: string, label: () => string, keys?: string[], enabled?: () => boolean, visible?: () => boolean,
 *   inMenu?: boolean, perform: () => void}} Action
 */
import * as edits from "./core/edits.js";
import { t } from "./core/i18n.js";
import { boxOf, pulled } from "./core/places.js";

/**
 * @param {App} app
 * @param {Canvas} canvas
 * @param {{editScenarios: () => void, share: () => void, openCommands: () => void, openInspector: () => void, about: () => void}} ui
 * @returns {Map<string, Action>}
 */
export function buildActions(app, canvas, ui) {
  const list = [...runActions(app), ...designActions(app, ui), ...editActions(app, canvas), ...viewActions(canvas, ui)];
  return new Map(list.map((action) => [action.id, action]));
}

/**
 * @param {App} app
 * @returns {Action[]}
 */
function runActions(app) {
  const { run } = app;
  return [
    { id: "run", label: () => t("Run"), keys: ["Ctrl+Enter"], visible: () => !run.active, perform: () => startRun(app) },
    { id: "pause", label: () => t("Pause"), keys: ["Ctrl+Space"], visible: () => run.phase === "running" || run.phase === "starting",
      enabled: () => run.phase === "running" && run.control, perform: () => run.command({ action: "pause" }) },
    { id: "resume", label: () => t("Resume"), visible: () => run.phase === "paused" || run.phase === "idle",
      enabled: () => run.control, perform: () => run.command({ action: "resume" }) },
    { id: "stop", label: () => t("Stop"), visible: () => run.active, enabled: () => run.control, perform: () => run.stop() },
  ];
}

/** @param {App} app */
async function startRun(app) {
  if (app.store.components.size === 0) {
    app.tell(t("There is nothing to simulate yet: add a component first."), { bad: true });
    return;
  }
  try {
    await app.run.start(app.store.toJSON(), app.scenario, app.saver.token);
  } catch (error) {
    const failure = /** @type {import("./session/api.js").ApiFailure} */ (error);
    const first = failure.problems?.[0];
    app.tell(first ? first.text : failure.message, { bad: true });
    if (first?.component && app.store.components.has(first.component)) app.selection.set([first.component]);
  }
}

/**
 * @param {App} app
 * @param {{editScenarios: () => void, share: () => void}} ui
 * @returns {Action[]}
 */
function designActions(app, ui) {
  const { saver } = app;
  return [
    { id: "save", label: () => t("Save"), keys: ["Ctrl+S"], visible: () => app.canEdit,
      enabled: () => !saver.saving && (saver.token === null || saver.dirty), perform: () => saver.save() },
    { id: "share", label: () => t("Share"), inMenu: true, visible: () => app.canEdit, perform: () => ui.share() },
    { id: "fork", label: () => t("Fork"), inMenu: true, visible: () => saver.token !== null, perform: () => saver.fork() },
    { id: "edit-scenario", label: () => t("Edit scenarios"), inMenu: true, visible: () => app.canEdit, perform: () => ui.editScenarios() },
  ];
}

/**
 * @param {App} app
 * @param {Canvas} canvas
 * @returns {Action[]}
 */
function editActions(app, canvas) {
  const { history, selection, store } = app;
  const some = () => app.canEdit && selection.components.size > 0;
  const nudge = (/** @type {number} */ dx, /** @type {number} */ dy) => () => app.edit(edits.nudge(store, app.catalogue, selection.components, dx * edits.GRID, dy * edits.GRID));
  /** @type {Action[]} */
  const arrows = [["ArrowLeft", -1, 0], ["ArrowRight", 1, 0], ["ArrowUp", 0, -1], ["ArrowDown", 0, 1]].flatMap(([key, dx, dy]) => [
    { id: `nudge-${key}`, label: () => t("Move a little"), keys: [String(key)], enabled: some, visible: () => false, perform: nudge(Number(dx), Number(dy)) },
    { id: `nudge-far-${key}`, label: () => t("Move further"), keys: [`Shift+${key}`], enabled: some, visible: () => false, perform: nudge(5 * Number(dx), 5 * Number(dy)) },
  ]);
  const onePlace = () => (app.canEdit && selection.only !== null && app.catalogue.isPlace(store.components.get(selection.only)?.kind ?? "") ? selection.only : null);
  const pull = (/** @type {number} */ dx, /** @type {number} */ dy) => () => {
    const id = onePlace();
    const entry = id && store.components.get(id);
    if (entry) app.edit(edits.resize(store, app.catalogue, id, pulled(boxOf(entry), "es", dx, dy, edits.GRID), `resize ${id}`));
  };
  /** @type {Action[]} */
  const sizes = [["ArrowLeft", -1, 0], ["ArrowRight", 1, 0], ["ArrowUp", 0, -1], ["ArrowDown", 0, 1]].map(([key, dx, dy]) => (
    { id: `resize-${key}`, label: () => t("Resize the place"), keys: [`Alt+${key}`], enabled: () => onePlace() !== null, visible: () => false, perform: pull(Number(dx) * 2 * edits.GRID, Number(dy) * 2 * edits.GRID) }));
  const pasteAt = () => app.clip && app.edit(edits.paste(store, app.catalogue, app.clip, edits.besideOf(app.catalogue, app.clip)));
  const cut = () => {
    app.clip = edits.copy(store, selection.components);
    app.edit(edits.remove(store, Object.keys(app.clip.components), null));
  };
  return [
    { id: "undo", label: () => t("Undo"), keys: ["Ctrl+Z"], enabled: () => history.undoLabel !== null, visible: () => app.canEdit, perform: () => history.undo() },
    { id: "redo", label: () => t("Redo"), keys: ["Ctrl+Shift+Z", "Ctrl+Y"], enabled: () => history.redoLabel !== null, visible: () => app.canEdit, perform: () => history.redo() },
    { id: "select-all", label: () => t("Select everything"), keys: ["Ctrl+A"], inMenu: true, perform: () => selection.set(store.components.keys()) },
    { id: "copy", label: () => t("Copy"), keys: ["Ctrl+C"], enabled: () => selection.components.size > 0, perform: () => { app.clip = edits.copy(store, selection.components); } },
    { id: "cut", label: () => t("Cut"), keys: ["Ctrl+X"], enabled: some, perform: cut },
    { id: "paste", label: () => t("Paste"), keys: ["Ctrl+V"], enabled: () => app.canEdit && app.clip !== null, perform: () => { pasteAt(); app.clip = edits.copy(store, selection.components); canvas.revealSelection(); } },
    { id: "duplicate", label: () => t("Duplicate"), keys: ["Ctrl+D"], enabled: some, perform: () => { app.edit(edits.duplicate(store, app.catalogue, selection.components)); canvas.revealSelection(); } },
    { id: "delete", label: () => t("Delete"), keys: ["Delete", "Backspace"], enabled: () => app.canEdit && !selection.empty, perform: () => app.edit(edits.remove(store, selection.components, selection.link)) },
    { id: "tidy", label: () => t("Tidy up"), inMenu: true, visible: () => app.canEdit, enabled: () => store.components.size > 1, perform: () => canvas.tidy() },
    ...arrows, ...sizes,
  ];
}

/**
 * @param {Canvas} canvas
 * @param {{openCommands: () => void, openInspector: () => void, about: () => void}} ui
 * @returns {Action[]}
 */
function viewActions(canvas, ui) {
  return [
    { id: "zoom-in", label: () => t("Zoom in"), keys: ["Ctrl+="], perform: () => canvas.viewport.zoom(1.25) },
    { id: "zoom-out", label: () => t("Zoom out"), keys: ["Ctrl+-"], perform: () => canvas.viewport.zoom(0.8) },
    { id: "zoom-reset", label: () => t("Zoom to 100 %"), keys: ["Ctrl+0"], perform: () => canvas.viewport.zoom(1 / canvas.viewport.scale) },
    { id: "zoom-fit", label: () => t("Fit the design"), keys: ["Ctrl+1"], perform: () => canvas.fit() },
    { id: "about", label: () => t("About this design"), perform: () => ui.about() },
    { id: "inspect", label: () => t("Open the inspector"), keys: ["Enter"], visible: () => false, perform: () => ui.openInspector() },
    { id: "commands", label: () => t("Find a command"), keys: ["Ctrl+K"], inMenu: true, perform: () => ui.openCommands() },
  ];
}
