/**
 * Problems and hints of the design, asked of the server a moment after the last edit.
 *
 * @typedef {import("../app.js").App} App
 * @typedef {import("../core/types.js").Problem} Problem
 */
import { Emitter } from "../core/emitter.js";
import { routes } from "../core/routes.js";
import { post } from "../session/api.js";

const AFTER_MS = 500;

export class Problems {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Problem[]} */
    this.all = [];
    /** What each link means, for people. @type {Map<string, import("../core/types.js").Rule>} */
    this.rules = new Map();
    this.checked = false;
    this.version = 0;
    /** @type {any} */
    this.timer = null;
    this.asked = 0;
    /** @type {Emitter<void>} */
    this.changed = new Emitter();
    app.store.changed.on(() => this.later());
    this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), AFTER_MS);
  }

  async check() {
    const asked = (this.asked += 1);
    try {
      const answer = await post(routes.check, { design: this.app.store.toJSON() });
      if (asked !== this.asked) return;
      this.all = [...(answer.problems ?? []), ...(answer.hints ?? [])];
      this.rules = new Map(Object.entries(answer.rules ?? {}));
      this.checked = true;
    } catch (error) {
      // An unreachable server is told by what the user asks for, not by a check he did not.
      this.all = /** @type {any} */ (error).problems ?? [];
    }
    this.version += 1;
    this.changed.emit();
  }

  /** @param {string} id of a link */
  ruleOf(id) {
    return this.rules.get(id)?.text ?? "";
  }

  /** @param {string} id of a component or link */
  of(id) {
    return this.all.filter((problem) => problem.component === id);
  }
}
