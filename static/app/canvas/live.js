/**
 * Live figures on cards and links. They never pass through the diagram model: each card's nodes are looked up once,
 * and an attribute is written only when the rounded value changed. Bars move with every frame, texts a few times a
 * second, because laying out text is what costs.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("./diagram.js").Diagram} Diagram
 * @typedef {{root: Element, host: Element, nodes: Map<string, Element>, ticks: Element[], written: Map<string, string>}} Parts
 */
import { lookOf, roleWord, ticksFor, wireWidth } from "../core/states.js";
import { formatExact, formatValue } from "../core/units.js";
import { t } from "../core/i18n.js";
import { CARD } from "./shapes.js";

const TEXT_EVERY_MS = 220;
const BAR_WIDTH = CARD.width - 24;
const PARTS = ["headline", "state", "stateMark", "bar", "barTitle", "waiting", "role", "roleMark"];

export class LiveBadges {
  /**
   * @param {App} app
   * @param {Diagram} diagram
   */
  constructor(app, diagram) {
    this.app = app;
    this.diagram = diagram;
    /** @type {Map<string, Parts>} */
    this.cards = new Map();
    /** Link rates, smoothed over about a second for the eye. @type {Map<string, {sent: number, failed: number}>} */
    this.rates = new Map();
    this.textAt = 0;
    this.pending = false;
    app.frames.added.on((frames) => this.take(frames));
    app.frames.cleared.on(() => { this.rates.clear(); this.schedule(true); });
    app.store.changed.on(() => this.schedule(true));
    app.run.changed.on(() => this.schedule(true));
    this.schedule(true);
  }

  /** @param {import("../core/types.js").Frame[]} frames */
  take(frames) {
    for (const frame of frames.slice(-20)) {
      for (const [id, link] of Object.entries(frame.links)) {
        const former = this.rates.get(id) ?? { sent: 0, failed: 0 };
        const share = Math.min(1, frame.dt / 0.8);
        this.rates.set(id, {
          sent: former.sent + (link.sent / frame.dt - former.sent) * share,
          failed: former.failed + (link.failed / frame.dt - former.failed) * Math.min(1, share * 2),
        });
      }
    }
    this.schedule(false);
  }

  /** @param {boolean} withText */
  schedule(withText) {
    if (withText) this.textAt = 0;
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw(performance.now());
    });
  }

  /** @param {number} now */
  draw(now) {
    const withText = now - this.textAt >= TEXT_EVERY_MS;
    if (withText) this.textAt = now;
    for (const id of this.app.store.components.keys()) {
      const parts = this.partsOf(id);
      if (parts) this.drawCard(id, parts, withText);
    }
    for (const id of this.app.store.links.keys()) this.drawLink(id);
  }

  /**
   * @param {string} id
   * @returns {Parts | null}
   */
  partsOf(id) {
    const host = this.diagram.view(id)?.el;
    if (!host || !host.querySelector(".card-bar")) return null;
    const known = this.cards.get(id);
    if (known?.host === host && known.root.isConnected) return known;
    const nodes = new Map(PARTS.map((name) => [name, /** @type {Element} */ (host.querySelector(`[joint-selector="${name}"]`))]));
    const parts = { root: host, host, nodes, ticks: [...host.querySelectorAll(".card-tick")], written: new Map() };
    this.cards.set(id, parts);
    return parts;
  }

  /**
   * @param {string} id
   * @param {Parts} parts
   * @param {boolean} withText
   */
  drawCard(id, parts, withText) {
    const component = this.app.store.components.get(id);
    const kind = component && this.app.catalogue.kind(component.kind);
    if (!component || !kind) return;
    const frame = this.app.frames.component(id);
    const look = lookOf(frame);
    let restated = false;
    write(parts, "root", "data-state", look.name, (value) => { restate(parts.host, value); restated = true; });
    const level = number(this.read(id, kind, kind.bar));
    put(parts, "bar", "width", String(Math.round(Math.min(1, Math.max(0, level)) * BAR_WIDTH)));
    const waiting = number(this.read(id, kind, kind.queue));
    write(parts, "ticks", "on", String(ticksFor(waiting, CARD.ticks)), (value) => parts.ticks.forEach((tick, i) => tick.classList.toggle("on", i < Number(value))));
    put(parts, "stateMark", "d", look.shape);
    if (withText || restated) this.drawTexts(id, parts, component, kind, frame, look, waiting);
  }

  /**
   * @param {string} id
   * @param {import("../core/types.js").KindSpec} kind
   * @param {string | null | undefined} metric
   */
  read(id, kind, metric) {
    return this.app.frames.recent.metric(id, kind.metrics.find((spec) => spec.name === metric));
  }

  /**
   * @param {string} id
   * @param {Parts} parts
   * @param {import("../core/types.js").Component} component
   * @param {import("../core/types.js").KindSpec} kind
   * @param {import("../core/types.js").ComponentFrame | undefined} frame
   * @param {import("../core/states.js").StateLook} look
   * @param {number} waiting
   */
  drawTexts(id, parts, component, kind, frame, look, waiting) {
    const spec = this.app.catalogue.metric(component.kind, kind.headline);
    const dead = look.name === "down" || look.name === "unnoticed";
    const headline = !frame ? "" : dead ? "" : formatValue(this.read(id, kind, kind.headline), spec?.unit);
    text(parts, "headline", headline);
    const word = frame ? look.word() : kind.title === component.label ? "" : kind.title;
    text(parts, "state", word);
    const left = CARD.width - 12 - textWidth(word) - 17;
    put(parts, "stateMark", "transform", `translate(${frame ? left : 0} 39.5)`);
    put(parts, "stateMark", "visibility", frame ? "visible" : "hidden");
    put(parts, "state", "x", frame ? String(CARD.width - 12) : "12");
    put(parts, "state", "style", frame ? "" : "text-anchor:start");
    text(parts, "waiting", waiting >= 0.5 && ticksFor(waiting, CARD.ticks) >= CARD.ticks ? formatValue(waiting) : "");
    const role = frame?.role ?? "";
    put(parts, "roleMark", "visibility", role ? "visible" : "hidden");
    write(parts, "role", "role", role, (value) => { parts.host.classList.remove("role-primary", "role-replica"); if (value) parts.host.classList.add(`role-${value}`); });
    text(parts, "barTitle", this.barText(kind, frame));
    const told = [component.label, kind.title, roleWord(role), frame ? look.word() : "", headline].filter(Boolean).join(", ");
    write(parts, "root", "aria-label", told, (value) => parts.host.setAttribute("aria-label", value));
  }

  /**
   * @param {import("../core/types.js").KindSpec} kind
   * @param {import("../core/types.js").ComponentFrame | undefined} frame
   */
  barText(kind, frame) {
    const spec = kind.metrics.find((metric) => metric.name === kind.bar);
    if (!frame || !spec) return "";
    const exact = formatExact(frame.metrics[spec.name], spec.unit);
    const scarce = frame.metrics.bottleneck;
    return scarce ? t("{title}: {value}, scarcest: {resource}", { title: spec.title, value: exact, resource: scarce }) : `${spec.title}: ${exact}`;
  }

  /** @param {string} id */
  drawLink(id) {
    const view = this.diagram.linkView(id);
    const line = view?.el.querySelector(".wire");
    if (!line) return;
    const rate = this.rates.get(id) ?? { sent: 0, failed: 0 };
    const width = wireWidth(rate.sent).toFixed(1);
    if (line.dataset.width !== width) {
      line.dataset.width = width;
      line.style.strokeWidth = width;
    }
    view.el.classList.toggle("wire-failing", rate.failed > Math.max(0.5, rate.sent * 0.02));
  }
}

/** @param {unknown} value */
function number(value) {
  return typeof value === "number" ? value : 0;
}

/** Texts of one size in a system font: near enough to place a mark before them. @param {string} word */
function textWidth(word) {
  let context = measuring;
  if (!context) {
    context = measuring = document.createElement("canvas").getContext("2d");
    if (context) context.font = `600 11px ${getComputedStyle(document.body).fontFamily}`;
  }
  return context ? context.measureText(word).width : word.length * 6;
}
/** @type {CanvasRenderingContext2D | null} */
let measuring = null;

/**
 * @param {Element} host
 * @param {string} name
 */
function restate(host, name) {
  const kept = [...host.classList].filter((word) => !word.startsWith("state-") && word !== "is-unnoticed");
  host.setAttribute("class", [...kept, `state-${name === "unnoticed" ? "down" : name}`, ...(name === "unnoticed" ? ["is-unnoticed"] : [])].join(" "));
}

/**
 * @param {Parts} parts
 * @param {string} part
 * @param {string} what
 * @param {string} value
 * @param {(value: string) => void} how
 */
function write(parts, part, what, value, how) {
  const key = `${part} ${what}`;
  if (parts.written.get(key) === value) return;
  parts.written.set(key, value);
  how(value);
}

/**
 * @param {Parts} parts
 * @param {string} part
 * @param {string} attribute
 * @param {string} value
 */
function put(parts, part, attribute, value) {
  write(parts, part, attribute, value, () => parts.nodes.get(part)?.setAttribute(attribute, value));
}

/**
 * @param {Parts} parts
 * @param {string} part
 * @param {string} value
 */
function text(parts, part, value) {
  write(parts, part, "text", value, () => {
    const node = parts.nodes.get(part);
    if (node) node.textContent = value;
  });
}
