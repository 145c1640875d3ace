/**
 * Somebody saved in between: both versions are kept, and the user says which one to go on with.
 *
 * @typedef {import("../app.js").App} App
 */
import { t } from "../core/i18n.js";
import { byId } from "./dom.js";

/** @param {App} app */
export function buildConflict(app) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("conflict-dialog"));
  let latest = 0;
  app.saver.conflict.on((conflict) => {
    latest = conflict.latest;
    byId("conflict-text").textContent = t("Version {latest} was made while you worked; yours was kept as version {mine}.", { latest: conflict.latest, mine: conflict.keptAs });
    dialog.showModal();
  });
  const choose = (/** @type {() => Promise<void>} */ work) => async () => {
    dialog.close();
    await work().catch((error) => app.tell(error.message, { bad: true }));
  };
  byId("conflict-load").addEventListener("click", choose(() => app.saver.loadOther()));
  byId("conflict-over").addEventListener("click", choose(() => app.saver.saveOver(latest)));
}
