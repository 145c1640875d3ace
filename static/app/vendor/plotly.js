/**
 * Plotly's cartesian bundle sets a global, too. Imported when the first chart is drawn, not with the page.
 *
 * @typedef {object} PlotlyApi
 * @property {(host: HTMLElement, data: object[], layout: object, config?: object) => Promise<unknown>} react
 * @property {{resize: (host: HTMLElement) => void}} Plots
 */
import "../../vendor/plotly/plotly-cartesian.min.js";

export const Plotly = /** @type {PlotlyApi} */ (/** @type {any} */ (globalThis).Plotly);
