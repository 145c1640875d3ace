/**
 * Saving: the first save makes an address of its own, later ones add revisions, a stale one is a conflict in which
 * both versions are kept. What is not saved yet lies in the browser's storage.
 *
 * @typedef {import("../app.js").App} App
 */
import { fingerprintOf } from "../core/document.js";
import { Drafts } from "../core/drafts.js";
import { Emitter } from "../core/emitter.js";
import { t } from "../core/i18n.js";
import { routes } from "../core/routes.js";
import { ApiFailure, get, post } from "./api.js";

const DRAFT_EVERY_MS = 500;

export class Saver {
  /**
   * @param {App} app
   * @param {import("../core/types.js").Boot} boot
   */
  constructor(app, boot) {
    this.app = app;
    this.token = boot.token;
    this.revision = boot.revision;
    this.saved = fingerprintOf(boot.design);
    this.saving = false;
    this.drafts = new Drafts(window.localStorage, boot.token, boot.draft);
    this.keptAt = -Infinity;
    /** @type {any} */
    this.timer = null;
    /** @type {Emitter<void>} */
    this.changed = new Emitter();
    /** @type {Emitter<{latest: number, keptAs: number}>} */
    this.conflict = new Emitter();
    app.store.changed.on(() => this.later());
    window.addEventListener("pagehide", () => this.keepDraft());
  }

  get dirty() {
    return this.app.store.fingerprint() !== this.saved;
  }

  later() {
    const waited = performance.now() - this.keptAt;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keepDraft(), Math.max(0, DRAFT_EVERY_MS - waited));
    this.changed.emit();
  }

  keepDraft() {
    clearTimeout(this.timer);
    this.keptAt = performance.now();
    if (!this.app.canEdit) return;
    if (!this.dirty) this.drafts.drop();
    else if (!this.drafts.keep(this.app.store.toJSON(), this.revision)) {
      this.app.tell(t("The browser has no room for what is not saved. Save soon."), { bad: true });
    }
  }

  /** Brings back what was not saved when the page closed. */
  restoreDraft() {
    const draft = this.app.canEdit ? this.drafts.find(this.app.store.toJSON()) : null;
    if (!draft) return;
    const served = this.app.store.toJSON();
    const time = new Date(draft.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    const use = () => this.app.replace(draft.design);
    if (draft.base === this.revision) {
      use();
      this.app.tell(t("Here is your work of {time} that was not saved yet.", { time }), {
        action: t("Discard it"), perform: () => { this.app.replace(served); this.drafts.drop(); }, stay: true,
      });
    } else {
      this.app.tell(t("You have work of {time} that was not saved, made from an older version.", { time }), {
        action: t("Open it"), perform: use, stay: true,
      });
    }
  }

  /** @returns {Promise<boolean>} */
  async save() {
    if (this.saving) return false;
    this.saving = true;
    this.changed.emit();
    const design = this.app.store.toJSON();
    try {
      if (this.token === null) await this.saveFirst(design);
      else this.take(design, (await post(routes.revisions(this.token), { design, base: this.revision })).revision);
      return true;
    } catch (error) {
      this.refused(error, design);
      return false;
    } finally {
      this.saving = false;
      this.changed.emit();
    }
  }

  /** @param {import("../core/types.js").DesignDocument} design */
  async saveFirst(design) {
    const answer = await post(routes.designs, { design });
    this.drafts.drop();
    this.adopt(answer);
    this.take(design, answer.revision);
    this.app.tell(t("Saved. The address in your address bar is the key to edit it: keep it, and keep it to yourself."), { stay: true });
  }

  /** @param {{edit_token: string, edit_url: string}} answer */
  adopt(answer) {
    this.token = answer.edit_token;
    this.drafts = new Drafts(window.localStorage, this.token);
    window.history.replaceState(null, "", new URL(answer.edit_url, window.location.href).pathname);
    document.body.dataset.access = "edit";
    this.app.access = "edit";
  }

  /**
   * @param {import("../core/types.js").DesignDocument} design
   * @param {number} revision
   */
  take(design, revision) {
    this.revision = revision;
    this.saved = fingerprintOf(design);
    this.keepDraft();
  }

  /**
   * @param {unknown} error
   * @param {import("../core/types.js").DesignDocument} design
   */
  refused(error, design) {
    if (!(error instanceof ApiFailure)) throw error;
    if (error.status === 409) {
      this.mine = design;
      this.conflict.emit({ latest: error.body.revision, keptAs: error.body.kept_as });
      return;
    }
    const more = error.problems[0]?.text ? ` ${error.problems[0].text}` : "";
    this.app.tell(`${t("Not saved.")} ${error.message}${more} ${t("Your work is kept in this browser.")}`, { bad: true });
  }

  /** After a conflict: go on with the other version. */
  async loadOther() {
    if (this.token === null) return;
    const answer = await get(routes.design(this.token));
    this.app.replace(answer.design);
    this.take(answer.design, answer.revision);
    this.changed.emit();
  }

  /**
   * After a conflict: mine becomes the newest.
   *
   * @param {number} latest
   */
  async saveOver(latest) {
    this.revision = latest;
    await this.save();
  }

  /** A copy of one's own, and on to it. */
  async fork() {
    if (this.token === null) return;
    try {
      const answer = await post(routes.fork(this.token));
      window.location.assign(new URL(answer.edit_url, window.location.href).pathname);
    } catch (error) {
      if (error instanceof ApiFailure) this.app.tell(error.message, { bad: true });
      else throw error;
    }
  }

  /** What the top bar says. */
  get sentence() {
    if (!this.app.canEdit) return t("Shared with you");
    if (this.saving) return t("Saving…");
    if (this.token === null) return t("Not saved");
    return this.dirty ? t("Changes not saved") : t("Saved");
  }
}
