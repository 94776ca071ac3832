// @ts-check
// Evidence for a score: cells of a window, and the edges around those with the strongest evidence.
import { bytesOf } from "../numbers.js";

export const FRAMES = 188; // of the window
export const BANDS = 128;
const OUTLINED = 0.1; // share of the cells; `python -m ser explain` hides the same share when it checks these maps

/** An edge between two cells: from frame, from band, to frame, to band. */
/** @typedef {[number, number, number, number]} OutlineEdge */
/** @typedef {{ cells: Uint8Array, outline: OutlineEdge[] }} Heat */

/**
 * Return the value from which on a cell belongs to the strongest tenth; a cell without evidence never does.
 * @param {Uint8Array} cells
 */
export function outlineLimit(cells) {
  const sorted = Uint8Array.from(cells).sort();
  return Math.max(1, sorted[sorted.length - Math.floor(OUTLINED * cells.length)]);
}

/**
 * Return the edges around the cells that reach a limit.
 * @param {Uint8Array} cells band after band
 * @param {number} limit
 * @param {number} [frames]
 * @param {number} [bands]
 */
export function outlineOf(cells, limit, frames = FRAMES, bands = BANDS) {
  const marked = (/** @type {number} */ frame, /** @type {number} */ band) =>
    frame >= 0 && frame < frames && band >= 0 && band < bands && cells[band * frames + frame] >= limit;
  /** @type {OutlineEdge[]} */
  const outline = [];
  for (let band = 0; band < bands; band++) {
    for (let frame = 0; frame < frames; frame++) {
      if (!marked(frame, band)) continue;
      if (!marked(frame, band + 1)) outline.push([frame, band + 1, frame + 1, band + 1]);
      if (!marked(frame, band - 1)) outline.push([frame, band, frame + 1, band]);
      if (!marked(frame - 1, band)) outline.push([frame, band, frame, band + 1]);
      if (!marked(frame + 1, band)) outline.push([frame + 1, band, frame + 1, band + 1]);
    }
  }
  return outline;
}

/**
 * Unpack the cells, and find their outline, once.
 * @param {string} map base64
 * @returns {Heat}
 */
export function heatOf(map) {
  const cells = bytesOf(map);
  return { cells, outline: outlineOf(cells, outlineLimit(cells)) };
}
