/**
 * Texts of the page in the visitor's language. English sentences are the keys, so that a missing
 * translation still reads well; the server embeds the translated ones in the boot block.
 */

/** @type {Map<string, string>} */
let texts = new Map();
let language = "en";

/**
 * @param {string} name
 * @param {Record<string, string>} [translations]
 */
export function setLanguage(name, translations = {}) {
  language = name;
  texts = new Map(Object.entries(translations));
}

export function currentLanguage() {
  return language;
}

/**
 * Puts arguments into `{name}` places. An argument that is missing stays visible as its name.
 *
 * @param {string} template
 * @param {Record<string, unknown>} values
 */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (place, name) =>
    Object.hasOwn(values, name) ? String(values[name]) : place,
  );
}

/**
 * @param {string} english
 * @param {Record<string, unknown>} [values]
 */
export function t(english, values = {}) {
  return fill(texts.get(english) || english, values);
}
