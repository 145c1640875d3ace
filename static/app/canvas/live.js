/**
 * Live figures on cards and links. They never pass through the diagram model: each card's nodes are looked up once,
 * and an attribute is written only when the rounded value changed. Bars move with every frame, texts a few times a
 * second, because laying out text is what costs.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("./diagram.js").Diagram} Diagram
 * @typedef {{root: Element, host: Element, nodes: Map<string, Element>, ticks: Element[], written: Map<string, string>}} Parts
 */
import { t } from "../core/i18n.js";
import { countOf, countWord } from "../core/instances.js";
import { lookOf, roleWord, ticksFor, wireWidth } from "../core/states.js";
import { compact, formatExact, formatValue } from "../core/units.js";
import { tabWidth } from "./diagram.js";
import { atNextPicture } from "./next-picture.js";
import { CARD, TAB } from "./shapes.js";
import { textWidth } from "./text-width.js";

const TEXT_EVERY_MS = 220;
/** From so many components on bars move as seldom as texts. */
const MANY = 80;
const BAR_WIDTH = CARD.width - 24;
const PARTS = ["headline", "state", "stateMark", "bar", "barTitle", "waiting", "role", "roleMark", "count", "countBody", "countText", "tab"];
/** A place says nothing as long as it stands. */
const FINE = new Set(["idle", "up", "busy"]);
/** Nobody takes a place out: it is simply gone. */
const GONE = new Set(["down", "unnoticed"]);

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
    /** @type {Map<string, {host: Element, line: SVGElement, width: string, failing: boolean}>} */
    this.wires = new Map();
    /** @type {Set<string>} */
    this.away = new Set();
    this.textAt = 0;
    this.drawSoon = atNextPicture(() => this.draw(performance.now()));
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
    this.drawSoon();
  }

  /** @param {number} now */
  draw(now) {
    const withText = now - this.textAt >= TEXT_EVERY_MS;
    const { components, links } = this.app.store;
    // hundreds of bars that twitch ten times a second cost more than they tell
    if (!withText && components.size >= MANY) return;
    if (withText) this.textAt = now;
    for (const id of components.keys()) {
      if (this.away.has(id)) continue;
      const parts = this.partsOf(id);
      if (parts?.nodes.get("tab")) this.drawPlace(id, parts);
      else if (parts) this.drawCard(id, parts, withText);
    }
    for (const id of links.keys()) if (!this.away.has(`link ${id}`)) this.drawLink(id);
  }

  /**
   * What is not painted just now need not be kept up to date.
   *
   * @param {Set<string>} away ids of components; of links with "link " before them
   */
  skip(away) {
    this.away = away;
    this.schedule(true);
  }

  /**
   * @param {string} id
   * @returns {Parts | null}
   */
  partsOf(id) {
    const host = this.diagram.view(id)?.el;
    const known = this.cards.get(id);
    if (host && known?.host === host) return known;
    if (!host || !host.querySelector(".card-bar, .place-tab")) return null;
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
   * A place tells of its state only when there is something to tell.
   *
   * @param {string} id
   * @param {Parts} parts
   */
  drawPlace(id, parts) {
    const component = this.app.store.components.get(id);
    if (!component) return;
    const look = lookOf(this.app.frames.component(id));
    const word = FINE.has(look.name) ? "" : GONE.has(look.name) ? t("Down") : look.word();
    write(parts, "root", "data-state", look.name, (value) => restate(parts.host, value));
    write(parts, "state", "word", `${word} ${component.label}`, () => {
      text(parts, "state", word);
      put(parts, "state", "x", String(tabWidth(component.label) + TAB.left - 8));
      const title = this.app.catalogue.kind(component.kind)?.title;
      const told = [component.label, title, word].filter(Boolean).join(", ");
      const cell = /** @type {any} */ (this.diagram.graph.getCell(id));
      cell?.attr({ tab: { width: tabWidth(component.label) + (word ? textWidth(word, 12) + 8 : 0) }, root: { "aria-label": told } });
    });
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
    const value = this.read(id, kind, kind.headline);
    const headline = !frame ? "" : dead ? "" : formatValue(value, spec?.unit);
    const word = frame ? look.word() : kind.title === component.label ? "" : kind.title;
    text(parts, "state", word);
    const left = CARD.width - 12 - textWidth(word, 11) - 17;
    // beside a long state there is room for the number only; its unit stands in the inspector
    text(parts, "headline", frame && textWidth(headline, 15) > left - 18 && typeof value === "number" ? compact(value) : headline);
    put(parts, "stateMark", "transform", `translate(${frame ? left : 0} 39.5)`);
    put(parts, "stateMark", "visibility", frame ? "visible" : "hidden");
    put(parts, "state", "x", frame ? String(CARD.width - 12) : "12");
    put(parts, "state", "style", frame ? "" : "text-anchor:start");
    text(parts, "waiting", waiting >= 0.5 && ticksFor(waiting, CARD.ticks) >= CARD.ticks ? formatValue(waiting) : "");
    const role = frame?.role ?? "";
    put(parts, "roleMark", "visibility", role ? "visible" : "hidden");
    write(parts, "role", "role", role, (value) => { parts.host.classList.remove("role-primary", "role-replica"); if (value) parts.host.classList.add(`role-${value}`); });
    text(parts, "barTitle", this.barText(kind, frame));
    const count = this.drawCount(parts, kind, component, frame);
    const told = [component.label, kind.title, roleWord(role), frame ? look.word() : "", headline, count].filter(Boolean).join(", ");
    write(parts, "root", "aria-label", told, (value) => parts.host.setAttribute("aria-label", value));
  }

  /**
   * Several instances look like a stack with their number on it.
   *
   * @param {Parts} parts
   * @param {import("../core/types.js").KindSpec} kind
   * @param {import("../core/types.js").Component} component
   * @param {import("../core/types.js").ComponentFrame | undefined} frame
   */
  drawCount(parts, kind, component, frame) {
    const count = countOf(kind, component, frame);
    const word = count && (count.all > 1 || count.up !== count.all) ? countWord(count) : "";
    write(parts, "root", "stack", String((count?.all ?? 0) > 1), (value) => parts.host.classList.toggle("is-stack", value === "true"));
    write(parts, "count", "word", word, () => {
      const width = Math.ceil(textWidth(word, 11)) + 14;
      parts.nodes.get("count")?.setAttribute("visibility", word ? "visible" : "hidden");
      parts.nodes.get("countBody")?.setAttribute("width", String(width));
      parts.nodes.get("countBody")?.setAttribute("x", String(CARD.width - 10 - width));
      const node = parts.nodes.get("countText");
      node?.setAttribute("x", String(CARD.width - 10 - width / 2));
      if (node) node.textContent = word;
    });
    return word && count ? t("{up} of {all} instances up", { up: count.up, all: count.all }) : "";
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
    const wire = this.wireOf(id);
    if (!wire) return;
    const rate = this.rates.get(id) ?? { sent: 0, failed: 0 };
    const width = wireWidth(rate.sent).toFixed(1);
    if (wire.width !== width) {
      wire.width = width;
      wire.line.style.strokeWidth = width;
    }
    const failing = rate.failed > Math.max(0.5, rate.sent * 0.02);
    if (wire.failing !== failing) {
      wire.failing = failing;
      wire.host.classList.toggle("wire-failing", failing);
    }
  }

  /** @param {string} id */
  wireOf(id) {
    const host = this.diagram.linkView(id)?.el;
    const known = this.wires.get(id);
    if (host && known?.host === host) return known;
    const line = host?.querySelector(".wire");
    if (!line) return undefined;
    const wire = { host, line, width: "", failing: false };
    this.wires.set(id, wire);
    return wire;
  }
}

/** @param {unknown} value */
function number(value) {
  return typeof value === "number" ? value : 0;
}

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
