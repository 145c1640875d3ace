/**
 * How a card, a note and a link are drawn: markup only. Colours are the style sheet's; live figures are written
 * straight into these nodes by live.js and never through the diagram model.
 */
import { CARD_SIZE } from "../core/geometry.js";
import { dia } from "../vendor/joint.js";

export const CARD = Object.freeze({ ...CARD_SIZE, ticks: 8 });
export const NOTE_WIDTH = 208;
const PAD = 12;
/** Of a card's name, beside its icon. */
export const LABEL = Object.freeze({ px: 13, width: CARD.width - PAD * 2 - 26 });

const ticks = Array.from({ length: CARD.ticks }, (_, i) => ({
  tagName: "rect",
  className: "card-tick",
  attributes: { x: -9 - i * 5, y: 51, width: 3, height: 14, rx: 1.5 },
}));

export const Card = dia.Element.define("playground.Card", {
  size: { width: CARD.width, height: CARD.height },
  attrs: {
    root: { tabindex: 0, role: "group", magnetSelector: "body" },
    ring: { x: -3, y: -3, width: CARD.width + 6, height: CARD.height + 6, rx: 14 },
    alarm: { x: -6, y: -6, width: CARD.width + 12, height: CARD.height + 12, rx: 17 },
    body: { width: "calc(w)", height: "calc(h)", rx: 11 },
    cross: { d: `M 8 8 L ${CARD.width - 8} ${CARD.height - 8} M ${CARD.width - 8} 8 L 8 ${CARD.height - 8}` },
    icon: { x: PAD, y: 12, width: 18, height: 18 },
    label: { x: PAD + 26, y: 26 },
    handle: { cx: CARD.width, cy: CARD.height / 2, r: 6.5, magnet: true },
  },
}, {
  markup: [
    { tagName: "rect", className: "card-stack", attributes: { x: 8, y: 8, width: CARD.width, height: CARD.height, rx: 11 } },
    { tagName: "rect", className: "card-stack", attributes: { x: 4, y: 4, width: CARD.width, height: CARD.height, rx: 11 } },
    { tagName: "rect", selector: "alarm", className: "card-alarm" },
    { tagName: "rect", selector: "ring", className: "card-ring" },
    { tagName: "rect", selector: "body", className: "card-body" },
    { tagName: "path", selector: "cross", className: "card-cross" },
    { tagName: "use", selector: "icon", className: "card-icon" },
    { tagName: "text", selector: "label", className: "card-label" },
    { tagName: "g", selector: "role", className: "card-role-group", children: [
      { tagName: "path", selector: "roleMark", className: "card-role-mark", attributes: { d: `M ${CARD.width - 17} 12.5 l 5 5 -5 5 -5 -5 z`, visibility: "hidden" } },
    ] },
    { tagName: "text", selector: "headline", className: "card-headline", attributes: { x: PAD, y: 50 } },
    { tagName: "text", selector: "state", className: "card-state", attributes: { x: CARD.width - PAD, y: 49 } },
    { tagName: "path", selector: "stateMark", className: "card-state-mark" },
    { tagName: "g", selector: "gauge", className: "card-gauge", children: [
      { tagName: "title", selector: "barTitle" },
      { tagName: "rect", selector: "track", className: "card-track", attributes: { x: PAD, y: 60, width: CARD.width - PAD * 2, height: 5, rx: 2.5 } },
      { tagName: "rect", selector: "bar", className: "card-bar", attributes: { x: PAD, y: 60, width: 0, height: 5, rx: 2.5 } },
    ] },
    { tagName: "g", selector: "ticks", className: "card-ticks", children: ticks },
    { tagName: "text", selector: "waiting", className: "card-waiting", attributes: { x: -8, y: 77 } },
    { tagName: "g", selector: "count", className: "card-count", attributes: { visibility: "hidden" }, children: [
      { tagName: "rect", selector: "countBody", attributes: { y: -9, height: 18, rx: 9 } },
      { tagName: "text", selector: "countText", attributes: { x: CARD.width - 20, y: 4 } },
    ] },
    { tagName: "circle", selector: "handle", className: "card-handle" },
  ],
});

export const Note = dia.Element.define("playground.Note", {
  size: { width: NOTE_WIDTH, height: 40 },
  attrs: {
    root: { tabindex: 0, role: "group" },
    ring: { x: -3, y: -3, width: "calc(w + 6)", height: "calc(h + 6)", rx: 8 },
    body: { width: "calc(w)", height: "calc(h)", rx: 5 },
    edge: { width: 3, height: "calc(h)", rx: 1.5 },
    text: { x: 14, y: 10, textVerticalAnchor: "top", lineHeight: 17, textWrap: { width: NOTE_WIDTH - 24, height: null } },
  },
}, {
  markup: [
    { tagName: "rect", selector: "ring", className: "card-ring" },
    { tagName: "rect", selector: "body", className: "note-body card-target" },
    { tagName: "rect", selector: "edge", className: "note-edge" },
    { tagName: "text", selector: "text", className: "note-text" },
  ],
});

/** Height of a place's title, which stands on its upper border. */
export const TAB = Object.freeze({ height: 26, left: 14 });

/** An area behind the cards. Its inside lets the pointer through: one grips it at its border and its title. */
export const Place = dia.Element.define("playground.Place", {
  size: { width: 480, height: 320 },
  attrs: {
    root: { tabindex: 0, role: "group" },
    area: { width: "calc(w)", height: "calc(h)", rx: 14 },
    border: { width: "calc(w)", height: "calc(h)", rx: 14 },
    grip: { width: "calc(w)", height: "calc(h)", rx: 14 },
    ring: { x: -3, y: -3, width: "calc(w + 6)", height: "calc(h + 6)", rx: 17 },
    tab: { x: TAB.left, y: -TAB.height / 2, height: TAB.height, rx: 13, width: 120 },
    icon: { x: TAB.left + 10, y: -7, width: 14, height: 14 },
    label: { x: TAB.left + 30, y: 4.5 },
  },
}, {
  markup: [
    { tagName: "rect", selector: "area", className: "place-area" },
    { tagName: "rect", selector: "ring", className: "card-ring" },
    { tagName: "rect", selector: "border", className: "place-border" },
    { tagName: "rect", selector: "grip", className: "place-grip" },
    { tagName: "g", className: "place-title", children: [
      { tagName: "rect", selector: "tab", className: "place-tab" },
      { tagName: "use", selector: "icon", className: "card-icon" },
      { tagName: "text", selector: "label", className: "place-label" },
      { tagName: "text", selector: "state", className: "place-state", attributes: { y: 4.5 } },
    ] },
  ],
});

export const Wire = dia.Link.define("playground.Wire", {
  attrs: {
    hit: { connection: true },
    line: { connection: true },
    core: { connection: true },
    arrow: { atConnectionRatioKeepGradient: 1, d: "M -9 -5 L 0 0 L -9 5 z" },
  },
  z: -1,
}, {
  markup: [
    { tagName: "path", selector: "hit", className: "wire-hit" },
    { tagName: "path", selector: "line", className: "wire" },
    { tagName: "path", selector: "core", className: "wire-core" },
    { tagName: "path", selector: "arrow", className: "wire-arrow" },
  ],
});
