/**
 * Sharing: a link that can look, run and copy; the list of links; taking one back.
 *
 * @typedef {import("../app.js").App} App
 */
import { t } from "../core/i18n.js";
import { routes } from "../core/routes.js";
import { get, post } from "../session/api.js";
import { byId, h } from "./dom.js";

export class ShareDialog {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.dialog = /** @type {HTMLDialogElement} */ (byId("share-dialog"));
    this.url = /** @type {HTMLInputElement} */ (byId("share-url"));
    /** The link made on this page: its secret is shown once by the server, so it is remembered here. */
    this.mine = { id: "", url: "", token: "" };
    byId("share-copy").addEventListener("click", () => this.copy());
    byId("share-another").addEventListener("click", () => this.guard(() => this.create()));
    this.url.addEventListener("focus", () => this.url.select());
  }

  async open() {
    const { saver } = this.app;
    // A link leads to what is saved: saving is what one means here.
    if ((saver.token === null || saver.dirty) && !(await saver.save())) return;
    this.status("");
    this.dialog.showModal();
    await this.guard(async () => {
      if (this.mine.token !== saver.token) await this.create();
      else await this.list();
    });
  }

  async create() {
    const token = this.app.saver.token ?? "";
    const link = await post(routes.links(token), { kind: "view" });
    this.mine = { id: String(link.id), url: new URL(link.url, window.location.href).href, token };
    this.url.value = this.mine.url;
    await this.list();
  }

  async list() {
    const token = this.app.saver.token ?? "";
    const { links } = await get(routes.links(token));
    const rows = links.filter((/** @type {any} */ link) => !link.revoked_at).map((/** @type {{id: string, kind: string, created_at: string}} */ link) => this.row(token, link));
    byId("share-links").replaceChildren(...rows);
  }

  /**
   * @param {string} token
   * @param {{id: string, kind: string, created_at: string}} link
   */
  row(token, link) {
    const made = new Date(link.created_at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    const here = String(link.id) === this.mine.id;
    const kind = link.kind === "edit" ? t("Can edit") : t("Can look");
    const revoke = () => this.guard(async () => {
      await post(routes.revoke(token, link.id));
      if (here) { this.mine = { id: "", url: "", token }; this.url.value = ""; }
      await this.list();
      this.status(t("The link no longer works."));
    });
    return h("li", {}, h("span", {}, `${kind}, ${made}${here ? ` (${t("the one above")})` : ""}`),
      link.kind === "edit" ? h("span", { className: "muted" }, t("yours")) : h("button", { type: "button", className: "button small", "aria-label": t("Revoke the link of {time}", { time: made }), on: { click: revoke } }, t("Revoke")));
  }

  async copy() {
    this.url.select();
    try {
      await navigator.clipboard.writeText(this.url.value);
      this.status(t("Copied."));
    } catch {
      this.status(t("The browser does not allow copying: press Ctrl+C."));
    }
  }

  /** @param {() => Promise<void>} work */
  async guard(work) {
    try {
      await work();
    } catch (error) {
      this.status(/** @type {Error} */ (error).message);
    }
  }

  /** @param {string} text */
  status(text) {
    byId("share-status").textContent = text;
  }
}
