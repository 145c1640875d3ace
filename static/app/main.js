/**
 * Where the page begins: the boot block and the catalogue become an App, and the parts take their places around it.
 */
import { buildActions } from "./actions.js";
import { App } from "./app.js";
import { Canvas } from "./canvas/canvas.js";
import { LinkTip } from "./canvas/link-tip.js";
import { Board } from "./charts/board.js";
import { setLanguage, t } from "./core/i18n.js";
import { get } from "./session/api.js";
import { buildAnnouncer } from "./ui/announcer.js";
import { CommandPalette } from "./ui/commands.js";
import { buildConflict } from "./ui/conflict.js";
import { all, byId } from "./ui/dom.js";
import { buildEvents } from "./ui/events.js";
import { buildFaultsMenu } from "./ui/faults-menu.js";
import { IncidentCard } from "./ui/incident-card.js";
import { Inspector } from "./ui/inspector.js";
import { listenToKeys } from "./ui/keyboard.js";
import { buildNotes } from "./ui/notes.js";
import { buildPalette } from "./ui/palette.js";
import { Problems } from "./ui/problems.js";
import { ScenarioDialog } from "./ui/scenarios.js";
import { ShareDialog } from "./ui/share.js";
import { Sheets } from "./ui/sheets.js";
import { buildStatus } from "./ui/status.js";
import { buildTheme } from "./ui/theme.js";
import { Timeline } from "./ui/timeline.js";
import { buildToasts } from "./ui/toasts.js";
import { buildTopbar } from "./ui/topbar.js";

/** @typedef {import("./core/types.js").Boot} Boot */

async function start() {
  const boot = /** @type {Boot} */ (JSON.parse(byId("boot").textContent ?? "{}"));
  setLanguage(boot.language, boot.texts);
  const app = new App(boot, await get(boot.catalogue_url));
  buildToasts(app);
  const canvas = new Canvas(app);
  const sheets = new Sheets(app, canvas);
  const share = new ShareDialog(app);
  const problems = new Problems(app);
  new LinkTip(app, canvas.diagram, { host: byId("link-tip"), canvas: canvas.host }, (id) => problems.ruleOf(id));
  const scenarios = new ScenarioDialog(app, problems);
  /** @type {CommandPalette | null} */
  let commands = null;
  const actions = buildActions(app, canvas, {
    editScenarios: () => scenarios.open(),
    share: () => share.open(),
    openCommands: () => commands?.open(),
    openInspector: () => sheets.openInspector(),
    about: () => sheets.about(),
  });
  commands = new CommandPalette(actions);
  buildTopbar(app, actions);
  buildFaultsMenu(app);
  buildPalette(app, canvas, () => sheets.phone && sheets.close("palette"));
  new Inspector({ app, canvas, problems, close: () => { app.selection.clear(); sheets.close("inspector"); }, editScenarios: () => scenarios.open(), kept: { search: "", drafts: new Map() } });
  new Timeline(app);
  const incidents = new IncidentCard(app);
  buildEvents(app, (number) => incidents.open(number));
  buildNotes(app);
  buildStatus(app);
  buildConflict(app);
  buildTheme(app);
  buildAnnouncer(app);
  listenToKeys(actions);
  new Board(app);
  for (const button of all("dialog [data-close]")) button.addEventListener("click", () => button.closest("dialog")?.close());
  for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  app.saver.restoreDraft();
  app.run.rejoin();
  document.body.dataset.ready = "true";
}

start().catch((error) => {
  console.error(error);
  byId("toasts").textContent = t("The page could not start: {reason}", { reason: error.message });
});
