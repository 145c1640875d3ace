/**
 * The command palette: every action by name.
 *
 * @typedef {import("../actions.js").Action} Action
 */
import { byId, h } from "./dom.js";
import { shownKeys } from "./keyboard.js";

export class CommandPalette {
  /** @param {Map<string, Action>} actions */
  constructor(actions) {
    this.actions = actions;
    this.dialog = /** @type {HTMLDialogElement} */ (byId("command-dialog"));
    this.input = /** @type {HTMLInputElement} */ (byId("command-search"));
    this.list = byId("command-list");
    /** @type {Action[]} */
    this.found = [];
    this.at = 0;
    this.input.addEventListener("input", () => { this.at = 0; this.draw(); });
    this.input.addEventListener("keydown", (event) => this.key(event));
  }

  open() {
    this.input.value = "";
    this.at = 0;
    this.draw();
    this.dialog.showModal();
  }

  draw() {
    const words = this.input.value.toLocaleLowerCase().split(/\s+/);
    const fits = (/** @type {Action} */ action) => words.every((word) => action.label().toLocaleLowerCase().includes(word));
    this.found = [...this.actions.values()].filter((action) => action.visible?.() !== false && action.id !== "commands" && fits(action));
    this.list.replaceChildren(...this.found.map((action, i) => h("li", {
      role: "option", id: `command-${i}`, "aria-selected": String(i === this.at), "aria-disabled": String(action.enabled?.() === false),
      on: { click: () => this.perform(action) },
    }, h("span", {}, action.label()), h("kbd", {}, shownKeys(action.keys?.[0])))));
    this.input.setAttribute("aria-activedescendant", `command-${this.at}`);
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const direction = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (direction && this.found.length > 0) {
      event.preventDefault();
      this.at = (this.at + direction + this.found.length) % this.found.length;
      this.draw();
    }
    if (event.key === "Enter" && this.found[this.at]) {
      event.preventDefault();
      this.perform(this.found[this.at]);
    }
  }

  /** @param {Action} action */
  perform(action) {
    if (action.enabled?.() === false) return;
    this.dialog.close();
    action.perform();
  }
}
