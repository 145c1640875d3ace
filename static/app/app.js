/**
 * What all parts of the page share: the design and its history, the selection, the run, and one way to edit.
 *
 * @typedef {import("./core/types.js").Boot} Boot
 * @typedef {import("./core/types.js").CatalogueDocument} CatalogueDocument
 * @typedef {import("./core/edits.js").Edit} Edit
 * @typedef {{bad?: boolean, stay?: boolean, action?: string, perform?: () => void}} TellOptions
 */
import { Catalogue } from "./core/catalogue.js";
import { ColourBook } from "./core/colours.js";
import { DesignStore } from "./core/document.js";
import { Emitter } from "./core/emitter.js";
import { followedBy, FrameStore, LIMITS } from "./core/frames.js";
import { History } from "./core/history.js";
import { commandsFor } from "./core/live-edit.js";
import { Selection } from "./core/selection.js";
import { RunSession } from "./session/run.js";
import { Saver } from "./session/saver.js";

export class App {
  /**
   * @param {Boot} boot
   * @param {CatalogueDocument} catalogue
   */
  constructor(boot, catalogue) {
    this.access = boot.access;
    this.figures = boot.figures;
    this.catalogue = new Catalogue(catalogue);
    this.store = new DesignStore(structuredClone(boot.design));
    this.history = new History(this.store);
    this.selection = new Selection();
    this.frames = new FrameStore(LIMITS, followedBy(boot.figures));
    this.colours = { component: new ColourBook(), cause: new ColourBook() };
    this.run = new RunSession(this.frames);
    /** @type {Emitter<{text: string} & TellOptions>} */
    this.tells = new Emitter();
    /** @type {Emitter<void>} the theme changed */
    this.themed = new Emitter();
    /** @type {import("./core/edits.js").Clip | null} */
    this.clip = null;
    this.saver = new Saver(this, boot);
    this.store.changed.on((change) => {
      this.selection.prune(this.store);
      this.passOn(change);
    });
    this.run.told.on(({ text, bad }) => this.tell(text, { bad }));
  }

  get canEdit() {
    return this.access !== "view";
  }

  /** @param {Edit} edit */
  edit(edit) {
    if (!this.canEdit) return;
    this.history.perform(edit.label, edit.operations, edit.merge ?? "");
    if (edit.select) this.selection.set(edit.select);
  }

  /**
   * Another document in place of this one.
   *
   * @param {import("./core/types.js").DesignDocument} design
   */
  replace(design) {
    this.history.clear();
    this.selection.clear();
    this.store.load(structuredClone(design));
  }

  /**
   * An edit reaches a run that is on.
   *
   * @param {import("./core/document.js").Change} change
   */
  passOn(change) {
    if (!this.run.active || !this.run.control) return;
    for (const command of commandsFor(change, this.store, this.catalogue)) this.run.command(command);
  }

  /**
   * A sentence for the user, out of the way.
   *
   * @param {string} text
   * @param {TellOptions} [options]
   */
  tell(text, options = {}) {
    this.tells.emit({ text, ...options });
  }

  get scenario() {
    const chosen = this.store.text("scenario");
    return this.store.scenarios.has(chosen) ? chosen : [...this.store.scenarios.keys()][0] ?? "";
  }
}
