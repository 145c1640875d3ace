/**
 * Addresses of the server, in one place (docs/protocol.md).
 */
const part = encodeURIComponent;

export const routes = Object.freeze({
  check: "/api/check/",
  designs: "/api/designs/",
  runs: "/api/runs/",
  /** @param {string} token */
  design: (token) => `/api/designs/${part(token)}/`,
  /** @param {string} token */
  revisions: (token) => `/api/designs/${part(token)}/revisions/`,
  /**
   * @param {string} token
   * @param {number} number
   */
  revision: (token, number) => `/api/designs/${part(token)}/revisions/${number}/`,
  /** @param {string} token */
  links: (token) => `/api/designs/${part(token)}/links/`,
  /**
   * @param {string} token
   * @param {string | number} id
   */
  revoke: (token, id) => `/api/designs/${part(token)}/links/${part(String(id))}/revoke/`,
  /** @param {string} token */
  fork: (token) => `/api/designs/${part(token)}/fork/`,
});

/**
 * The secret in a design's address, or null on the first page.
 *
 * @param {string} path
 */
export function tokenOf(path) {
  const match = /^\/d\/([^/]+)\/?$/.exec(path);
  return match ? decodeURIComponent(match[1]) : null;
}

/**
 * @param {{protocol: string, host: string}} location
 * @param {string} run
 */
export function socketUrl(location, run) {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/runs/${part(run)}/`;
}
