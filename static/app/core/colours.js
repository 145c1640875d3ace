/**
 * Series colours: Okabe and Ito's set, told apart by colour-blind readers too. A component keeps its colour in every
 * chart, whatever else comes and goes, because it is handed out once and remembered.
 */

/** Black is left out (it vanishes in the dark theme), yellow comes last (it is faint in the light one). */
export const PALETTE = Object.freeze(["#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#8C8C8C", "#D8C400"]);

export class ColourBook {
  constructor() {
    /** @type {Map<string, number>} */
    this.given = new Map();
  }

  /** @param {string} id */
  of(id) {
    const index = this.given.get(id) ?? this.given.size;
    this.given.set(id, index);
    return PALETTE[index % PALETTE.length];
  }

  /** The ninth series and on repeat colours and are dashed instead. @param {string} id */
  dash(id) {
    this.of(id);
    const round = Math.floor((this.given.get(id) ?? 0) / PALETTE.length);
    return ["solid", "dash", "dot"][round % 3];
  }
}
