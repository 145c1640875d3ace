/**
 * Light, dark, or as the system has it.
 *
 * @typedef {import("../app.js").App} App
 */
import { byId } from "./dom.js";

const KEY = "architecture-playground.theme";

/** @param {App} app */
export function buildTheme(app) {
  const field = byId("theme");
  const root = document.documentElement;
  const now = root.dataset.theme ?? "auto";
  for (const input of field.querySelectorAll("input")) input.checked = input.value === now;
  field.addEventListener("change", (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    if (value === "auto") delete root.dataset.theme;
    else root.dataset.theme = value;
    try {
      localStorage.setItem(KEY, value);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    app.themed.emit();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => app.themed.emit());
}
