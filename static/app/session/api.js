/**
 * Requests to the server. A refusal is an ApiFailure with the server's sentence; a network that is gone is one, too.
 *
 * @typedef {import("../core/types.js").ApiError} ApiError
 */
import { t } from "../core/i18n.js";

export class ApiFailure extends Error {
  /**
   * @param {number} status 0 when nothing answered
   * @param {ApiError} error
   * @param {any} body
   */
  constructor(status, error, body) {
    super(error.text);
    this.status = status;
    this.code = error.code;
    this.problems = error.problems ?? [];
    this.body = body;
  }
}

/** @param {string} url */
export function get(url) {
  return request("GET", url);
}

/**
 * @param {string} url
 * @param {unknown} [body]
 */
export function post(url, body = {}) {
  return request("POST", url, body);
}

/**
 * @param {string} method
 * @param {string} url
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
async function request(method, url, body) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (method === "POST") {
    headers["Content-Type"] = "application/json";
    headers["X-CSRFToken"] = csrfToken();
  }
  let response;
  try {
    response = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin" });
  } catch {
    throw new ApiFailure(0, { code: "offline", text: t("The server cannot be reached just now.") }, null);
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const error = answer?.error ?? { code: "failed", text: t("The server answered with an error ({status}).", { status: response.status }) };
  throw new ApiFailure(response.status, error, answer);
}

function csrfToken() {
  const meta = document.querySelector('meta[name="csrf-token"]');
  return meta?.getAttribute("content") ?? "";
}
