/**
 * The summary card of a loss: it comes when traffic is back, or from the line in the log that tells of it.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").Incident} Incident
 */
import { t } from "../core/i18n.js";
import { causeOf, courseOf, factsOf, headline, suffers } from "../core/incidents.js";
import { clockTenths } from "../core/units.js";
import { byId, h, icon } from "./dom.js";

/** How long the inspector may take to show what was selected, in frames of the screen. */
const PATIENCE = 30;
const WORDS = { happened: () => t("lost"), noticed: () => t("noticed"), back: () => t("traffic back"), over: () => t("over") };

export class IncidentCard {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.host = byId("incident-card");
    /** @type {number | null} */
    this.number = null;
    this.shown = "";
    /** It came by itself and keeps the canvas free: the first figures only. */
    this.brief = false;
    /** @type {HTMLElement | null} what had the focus before */
    this.from = null;
    app.frames.added.on(() => this.follow());
    app.frames.cleared.on(() => this.close());
    this.host.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  /** A story whose traffic has just come back shows itself; one that is open is kept up to date. */
  follow() {
    const newest = this.app.frames.backNow.at(-1);
    if (newest && (this.number === null || newest.number > this.number)) this.show(newest.number, true);
    else this.draw();
  }

  /**
   * From the log: the keyboard goes along.
   *
   * @param {number} number
   */
  open(number) {
    this.from = /** @type {HTMLElement | null} */ (document.activeElement);
    this.show(number, false);
    this.host.querySelector("button")?.focus();
  }

  /**
   * @param {number} number
   * @param {boolean} brief
   */
  show(number, brief) {
    this.number = number;
    this.brief = brief;
    this.shown = "";
    this.draw();
  }

  close() {
    const inside = this.host.contains(document.activeElement);
    this.number = null;
    this.host.hidden = true;
    this.host.replaceChildren();
    if (inside) this.from?.focus();
    this.from = null;
  }

  draw() {
    const incident = this.number === null ? undefined : this.app.frames.incidents.all.get(this.number);
    const shown = JSON.stringify(incident);
    if (!incident || shown === this.shown) return;
    this.shown = shown;
    // a button that has the focus is the same one afterwards
    const place = [...this.host.querySelectorAll("button")].indexOf(/** @type {any} */ (document.activeElement));
    this.host.replaceChildren(...this.nodes(incident));
    this.host.hidden = false;
    this.host.classList.toggle("is-brief", this.brief);
    this.host.setAttribute("aria-label", headline(this.app.catalogue, incident));
    if (place >= 0) this.host.querySelectorAll("button")[place]?.focus();
  }

  /**
   * @param {Incident} incident
   * @returns {HTMLElement[]}
   */
  nodes(incident) {
    const { catalogue, store } = this.app;
    const causes = incident.causes.map((cause) => this.cause(causeOf(catalogue, store, cause)));
    return [
      h("header", { className: `incident-head${suffers(incident) ? " is-open" : ""}` }, icon(suffers(incident) ? "ui-fault" : "ui-heal"),
        h("h2", {}, headline(catalogue, incident)), h("time", {}, clockTenths(incident.happened_s)),
        h("button", { type: "button", className: "icon-button small", "aria-label": t("Close"), on: { click: () => this.close() } }, icon("ui-x"))),
      h("div", { className: "incident-body" },
        course(incident),
        h("dl", { className: "incident-facts" }, ...factsOf(incident).map(({ value, title, note, tone }) => h("div", { className: tone }, h("dt", {}, title), h("dd", {}, value), note ? h("small", {}, note) : null))),
        this.brief ? h("button", { type: "button", className: "chip more", "aria-expanded": "false", on: { click: () => this.unfold(incident.number) } }, t("What decided it")) : null,
        causes.length > 0 && !this.brief ? h("h3", {}, t("What decided it")) : null,
        this.brief ? null : h("ul", { className: "incident-causes" }, ...causes),
        incident.overlaps && !this.brief ? h("p", { className: "muted" }, t("Other losses at the same time are counted with it.")) : null),
    ];
  }

  /** @param {number} number */
  unfold(number) {
    this.show(number, false);
    /** @type {HTMLElement | null} */ (this.host.querySelector(".incident-causes button") ?? this.host.querySelector("button"))?.focus({ preventScroll: true });
  }

  /** @param {ReturnType<typeof causeOf>} cause */
  cause({ text, component, link, parameters }) {
    const go = (/** @type {string} */ name) => () => this.lead(component, link, name);
    const chips = parameters.map(({ name, title }) => h("button", { type: "button", className: "chip", on: { click: go(name) } }, title));
    return h("li", {}, h("span", {}, text), chips.length > 0 ? h("span", { className: "chips" }, ...chips) : null);
  }

  /**
   * To the field of a parameter, wherever it is folded away.
   *
   * @param {string | null} component
   * @param {string | null} link
   * @param {string} name
   */
  lead(component, link, name) {
    if (component !== null) this.app.selection.set([component]);
    else if (link !== null) this.app.selection.setLink(link);
    if (window.matchMedia("(max-width: 1180px)").matches) this.close(); // the inspector comes to where it lies
    const look = (/** @type {number} */ left) => {
      const field = /** @type {HTMLElement | null} */ (byId("inspector-body").querySelector(`[data-parameter="${CSS.escape(name)}"]`));
      if (field === null) {
        if (left > 0) requestAnimationFrame(() => look(left - 1));
        return;
      }
      for (let fold = field.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
      field.scrollIntoView({ block: "center" });
      field.focus();
    };
    requestAnimationFrame(() => requestAnimationFrame(() => look(PATIENCE)));
  }
}

/** @param {Incident} incident */
function course(incident) {
  const steps = courseOf(incident);
  const back = steps.find((step) => step.kind === "back")?.share ?? (incident.fell_s === null ? 0 : 1);
  const text = steps.map(({ kind, at }) => `${WORDS[kind]()} ${clockTenths(at)}`).join(", ");
  return h("div", { className: "incident-course", role: "img", "aria-label": text },
    h("i", { className: "bad", style: { width: `${100 * back}%` } }), ...steps.map(({ kind, share, at }) => h("b", { className: kind, title: `${WORDS[kind]()} ${clockTenths(at)}`, style: { left: `${100 * share}%` } })));
}
