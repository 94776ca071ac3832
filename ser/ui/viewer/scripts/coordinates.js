// @ts-check
// Places on a picture: rows and frequencies, and the visible part of a sound.
import { SOUND_RATE, clamp } from "./numbers.js";

export const MIN_RANGE_S = 0.02;

/** @typedef {{ start_s: number, end_s: number }} Range */
/** @typedef {{ x: number, y: number, width: number, height: number }} Area */

/**
 * Return the row of a frequency. Row 0 reaches from 0 to 1, with its centre at 0.5. Between two centres, frequency is linear.
 * @param {number[]} centres frequencies of the rows in Hz, from the lowest
 * @param {number} hz
 */
export function hzToRow(centres, hz) {
  let [low, high] = [0, centres.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (centres[middle] <= hz) low = middle;
    else high = middle;
  }
  return low + 0.5 + (hz - centres[low]) / (centres[low + 1] - centres[low]);
}

/**
 * Return the frequency of a row, which is inside what the network hears.
 * @param {number[]} centres
 * @param {number} row
 */
export function rowToHz(centres, row) {
  const fromCentre = row - 0.5;
  const low = clamp(Math.floor(fromCentre), 0, centres.length - 2);
  const hz = centres[low] + (fromCentre - low) * (centres[low + 1] - centres[low]);
  return clamp(hz, 0, SOUND_RATE / 2);
}

/**
 * Return a visible part that fits in the sound. If it has to be made longer or shorter, it keeps its middle.
 * @param {Range} range
 * @param {number} whole_s length of the sound
 * @returns {Range}
 */
export function fitted({ start_s, end_s }, whole_s) {
  const length = clamp(end_s - start_s, Math.min(MIN_RANGE_S, whole_s), whole_s);
  const start = clamp((start_s + end_s - length) / 2, 0, whole_s - length);
  return { start_s: start, end_s: start + length };
}

/**
 * Zoom around the time at `share` of the visible part, which stays in place.
 * @param {Range} range
 * @param {number} factor
 * @param {number} share
 * @param {number} whole_s
 * @returns {Range}
 */
export function zoomed({ start_s, end_s }, factor, share, whole_s) {
  const length = clamp((end_s - start_s) / factor, MIN_RANGE_S, whole_s);
  const fixed = start_s + share * (end_s - start_s);
  return { start_s: fixed - share * length, end_s: fixed + (1 - share) * length };
}

/**
 * Move the visible part, which stops at the ends of the sound.
 * @param {Range} range
 * @param {number} by_s
 * @param {number} whole_s
 * @returns {Range}
 */
export function panned({ start_s, end_s }, by_s, whole_s) {
  const by = clamp(by_s, -start_s, Math.max(0, whole_s - end_s));
  return { start_s: start_s + by, end_s: end_s + by };
}

/**
 * Whether a place is in an area, or at most `spare` pixels outside.
 * @param {Area} area
 * @param {number} x
 * @param {number} y
 * @param {number} [spare]
 */
export const within = (area, x, y, spare = 0) =>
  x >= area.x - spare &&
  x <= area.x + area.width + spare &&
  y >= area.y - spare &&
  y <= area.y + area.height + spare;
