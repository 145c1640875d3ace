/**
 * Where a component stands, chosen from a list; of a place also its size and what stands in it.
 *
 * @typedef {import("./inspector.js").Context} Context
 * @typedef {import("../core/types.js").Component} Component
 */
import { GRID, putInside, resize } from "../core/edits.js";
import { t } from "../core/i18n.js";
import { boxOf, contentsOf, mayHold, placesAround, SIDE } from "../core/places.js";
import { checkTyped } from "../core/validate.js";
import { h, icon } from "./dom.js";
import { section } from "./panel-parts.js";

/**
 * @param {Context} context
 * @param {string} id
 * @returns {HTMLElement | null} null when there is no place it could be in
 */
export function placeField({ app }, id) {
  const { catalogue, store } = app;
  const entry = store.components.get(id);
  const own = contentsOf(store.components, [id]).add(id);
  const choices = inOrder(app).filter(([place, holder]) => !own.has(place) && mayHold(catalogue, holder.kind, entry?.kind ?? ""));
  if (!entry || choices.length === 0) return null;
  const options = choices.map(([place, holder]) => h("option", { value: place }, `${"\u2003".repeat(placesAround(store.components, place).length)}${holder.label}`));
  const select = h("select", { id: "field-place", className: "field-input", disabled: !app.canEdit, "data-parameter": "place" }, h("option", { value: "" }, t("nowhere")), ...options);
  select.value = entry.inside ?? "";
  select.addEventListener("change", () => app.edit(putInside(store, id, select.value || null)));
  return section("", h("div", { className: "field" }, h("label", { htmlFor: "field-place" }, t("Stands in")), h("div", { className: "field-control" }, select)));
}

/**
 * Places with those that stand in them beneath.
 *
 * @param {import("../app.js").App} app
 * @returns {[string, Component][]}
 */
function inOrder({ catalogue, store }) {
  return beneath([...store.components].filter(([, entry]) => catalogue.isPlace(entry.kind)), null);
}

/**
 * @param {[string, Component][]} all
 * @param {string | null} holder
 * @returns {[string, Component][]}
 */
function beneath(all, holder) {
  return all.filter(([, entry]) => (entry.inside ?? null) === holder).flatMap((place) => [place, ...beneath(all, place[0])]);
}

/**
 * Size and contents of a place.
 *
 * @param {Context} context
 * @param {string} id
 */
export function placeParts({ app }, id) {
  const { catalogue, store } = app;
  const entry = store.components.get(id);
  if (!entry || !catalogue.isPlace(entry.kind)) return [];
  const members = [...store.components].filter(([, other]) => other.inside === id);
  const rows = members.map(([member, other]) => h("li", {}, icon(catalogue.kind(other.kind)?.icon ?? ""),
    h("button", { type: "button", className: "link-button grow plain", on: { click: () => app.selection.set([member]) } }, other.label)));
  const list = rows.length > 0 ? h("ul", { className: "neighbours" }, ...rows) : h("p", { className: "muted" }, t("Nothing yet: drag components into it."));
  return [
    section(t("In this place"), list),
    app.canEdit ? section(t("Size"), sideField(app, id, entry, "width", t("Width")), sideField(app, id, entry, "height", t("Height"))) : null,
  ].filter((node) => node !== null);
}

/**
 * @param {import("../app.js").App} app
 * @param {string} id
 * @param {Component} entry
 * @param {"width" | "height"} side
 * @param {string} title
 */
function sideField(app, id, entry, side, title) {
  const field = `field-${side}`;
  const error = h("p", { className: "field-error", id: `${field}-error`, role: "alert", hidden: true });
  const input = h("input", { id: field, type: "text", inputMode: "numeric", className: "field-input", value: String(entry[side] ?? ""), autocomplete: "off", "aria-describedby": `${field}-error`, "data-parameter": side });
  const spec = { name: side, title, type: "number", unit: "px", default: 0, minimum: SIDE.smallest, maximum: SIDE.largest };
  input.addEventListener("change", () => {
    const checked = checkTyped(spec, input.value);
    error.hidden = checked.ok;
    error.textContent = checked.ok ? "" : checked.text;
    input.setAttribute("aria-invalid", String(!checked.ok));
    const now = app.store.components.get(id);
    if (checked.ok && now) app.edit(resize(app.store, app.catalogue, id, { ...boxOf(now), [side]: Math.ceil(Number(checked.value) / GRID) * GRID }));
  });
  return h("div", { className: "field" }, h("label", { htmlFor: field }, title),
    h("div", { className: "field-control has-unit", style: { "--unit-room": "28px" } }, input, h("span", { className: "field-unit", "aria-hidden": "true" }, "px")), error);
}
