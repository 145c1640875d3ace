/**
 * Small help with elements. Texts always go in as text, never as markup.
 */

/**
 * @param {string} id
 * @returns {any} the element; the templates promise that it exists
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties] `on` holds listeners, `data` data attributes, names with a dash and `role`
 *   are attributes, everything else is a property
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, String(text));
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, String(value));
    else /** @type {any} */ (element)[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) => /** @type {Node | string} */ (child)));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {string} name of a symbol in the sprite, without its "i-" */
export function icon(name) {
  return s("svg", { class: "icon", "aria-hidden": "true" }, s("use", { href: `#i-${name}` }));
}

/**
 * Writes a text only when it differs: an unchanged text node costs no layout.
 *
 * @param {Element | null} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/**
 * Remembers which field of a part has the focus, what is typed in it and what of it is selected, for after the part was built anew. Fields
 * are recognised by `data-parameter`.
 *
 * @param {HTMLElement} host
 * @returns {(() => void) | null}
 */
export function keptFocus(host) {
  const active = /** @type {any} */ (document.activeElement);
  const key = active?.dataset?.parameter;
  if (!key || !host.contains(active)) return null;
  const { value: typed, selectionStart, selectionEnd } = active;
  return () => {
    const field = /** @type {any} */ (host.querySelector(`[data-parameter="${CSS.escape(key)}"]`));
    if (!field) return;
    field.focus({ preventScroll: true });
    if (field.type !== "text" && field.type !== "search") return;
    if (field.value !== typed) {
      field.value = typed;
      field.dispatchEvent(new Event("input"));
    }
    // Tab selects all of a field: what is typed next must replace it still.
    field.setSelectionRange(selectionStart, selectionEnd);
  };
}

/**
 * Remembers what was typed wrongly and not taken, with its sentence, for after the part was built anew: as long as what is stored is the same.
 *
 * @param {HTMLElement} host
 * @returns {() => void}
 */
export function keptWrong(host) {
  const wrong = /** @type {HTMLInputElement[]} */ ([...host.querySelectorAll('[aria-invalid="true"]')]).map(({ value, dataset: { parameter, stored } }) => ({ value, parameter, stored }));
  return () => {
    for (const { value, parameter, stored } of wrong) {
      const field = /** @type {HTMLInputElement | null} */ (host.querySelector(`[data-parameter="${CSS.escape(parameter ?? "")}"]`));
      if (!field || field.dataset.stored !== stored || field.value === value) continue;
      field.value = value;
      field.dispatchEvent(new Event("input"));
    }
  };
}

let pointerDown = false;
/** @type {Set<() => void>} */
const waiting = new Set();

/**
 * Rebuilds a part of the page soon, but never while a button is being pressed: leaving a field by clicking a button
 * commits the field first, and a button that is replaced between press and release never gets its click.
 *
 * @param {() => void} build called once, however often it is asked for
 */
export function rebuildSoon(build) {
  if (waiting.has(build)) return;
  waiting.add(build);
  requestAnimationFrame(() => pointerDown || flush());
}

function flush() {
  const due = [...waiting];
  waiting.clear();
  for (const build of due) build();
}

if (typeof document !== "undefined") {
  document.addEventListener("pointerdown", () => { pointerDown = true; }, true);
  for (const name of ["pointerup", "pointercancel"]) {
    // After the click, which comes after the release.
    document.addEventListener(name, () => setTimeout(() => { pointerDown = false; flush(); }), true);
  }
}

/**
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement[]}
 */
export function all(selector, within = document) {
  return [...within.querySelectorAll(selector)].map((element) => /** @type {HTMLElement} */ (element));
}
