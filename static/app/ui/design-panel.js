/**
 * The inspector when nothing is selected: what the design is, what to try, how it stands, and after a run its result.
 *
 * @typedef {import("./inspector.js").Context} Context
 * @typedef {import("./inspector.js").Panel} Panel
 */
import { setMeta } from "../core/edits.js";
import { t } from "../core/i18n.js";
import { compact, formatValue } from "../core/units.js";
import { h, icon, setText } from "./dom.js";
import { costPart } from "./cost-part.js";
import { outlinePart } from "./outline.js";
import { closeButton, problemList, section } from "./panel-parts.js";
import { trafficPart } from "./traffic-part.js";

const LARGEST_SEED = 2 ** 31 - 1;

/**
 * @param {Context} context
 * @returns {Panel}
 */
export function designPanel(context) {
  const { app, problems } = context;
  const totals = app.frames.last ? totalsList(context) : null;
  const traffic = app.frames.last ? trafficPart(app) : null;
  const cost = app.frames.last ? costPart(app) : null;
  const list = problems.all;
  const nodes = [
    h("div", { className: "inspector-head" }, h("div", { className: "panel-title grow" }, app.store.text("name")), closeButton(context.close)),
    ...(totals ? [] : description(context)),
    totals ? section(app.frames.last?.final ? t("Result") : t("So far"), totals.list) : null,
    traffic?.node ?? null, cost?.node ?? null, ...(totals ? description(context) : []),
    section(t("Check"), list.length > 0 ? problemList(context, list) : h("ul", { className: "problem-list" }, h("li", { className: "fine" }, icon("ui-ok"), h("span", {}, problems.checked ? t("Nothing stands in the way of a start.") : t("Not checked yet."))))),
    outlinePart(app), seedSection(context),
    app.canEdit ? section(t("How to"), h("p", { className: "muted" }, t("Drag components in from the palette. Pull a link from the dot at a card's right edge. Shift selects several. Everything can be undone."))) : null,
  ].filter((node) => node !== null);
  return { nodes, live: () => { totals?.live(); traffic?.live(); cost?.live(); } };
}

/** @param {Context} context */
function description({ app }) {
  const nodes = [];
  if (app.canEdit) {
    const about = h("textarea", { value: app.store.text("description"), maxLength: 2000, rows: 4, placeholder: t("What this design is about"), "aria-label": t("Description"), "data-parameter": "description" });
    about.addEventListener("change", () => app.edit(setMeta(app.store, "description", about.value)));
    nodes.push(about);
  } else if (app.store.text("description")) nodes.push(h("p", { className: "summary" }, app.store.text("description")));
  if (app.store.text("try_this")) nodes.push(section(t("Try this"), h("p", { className: "summary" }, app.store.text("try_this"))));
  return nodes;
}

/** @param {Context} context */
function totalsList({ app }) {
  const rows = [["arrived", t("Requests")], ["done", t("Done")], ["failed", t("Failed")], ["dropped", t("Dropped")], ["in_flight", t("In flight")], ["p95", t("p95 now")], ["users", t("Active users")], ["pages", t("Page load, p95")]].map(([name, title]) => ({ name, title, value: h("dd", {}) }));
  const items = rows.map(({ title, value }) => h("div", {}, h("dt", {}, title), value));
  const list = h("dl", { className: "metrics" }, ...items);
  const live = () => {
    const last = app.frames.last;
    if (!last) return;
    const now = app.frames.recent;
    const pages = now.pages();
    const users = Math.round(last.clients?.active_users ?? 0);
    /** @type {Record<string, string>} */
    const texts = { p95: formatValue(last.window.latency_ms.p95, "ms"), users: users > 0 ? compact(users) : "", pages: pages ? formatValue(pages.p95, "ms") : "" };
    for (const [i, { name, value }] of rows.entries()) {
      const total = /** @type {any} */ (last.totals)[name];
      setText(value, texts[name] ?? compact(total));
      items[i].hidden = texts[name] === "";
      if (!(name in texts)) value.title = String(total);
    }
  };
  return { list, live };
}

/** @param {Context} context */
function seedSection({ app }) {
  const error = h("p", { className: "field-error", role: "alert", hidden: true });
  const input = h("input", { id: "seed", type: "text", inputMode: "numeric", className: "field-input", value: String(app.store.seed), disabled: !app.canEdit, "data-parameter": "seed" });
  input.addEventListener("change", () => {
    const seed = Number(input.value);
    const fine = Number.isInteger(seed) && seed >= 0 && seed <= LARGEST_SEED && input.value.trim() !== "";
    error.hidden = fine;
    error.textContent = fine ? "" : t("The seed must be a whole number from 0 to {maximum}.", { maximum: LARGEST_SEED });
    input.setAttribute("aria-invalid", String(!fine));
    if (fine) app.edit(setMeta(app.store, "seed", seed));
  });
  return section("", h("div", { className: "field" }, h("label", { htmlFor: "seed" }, t("Seed")), h("div", { className: "field-control" }, input), error,
    h("div", { className: "field-foot" }, t("The same design, scenario and seed give the same numbers."))));
}
