// @ts-check
// Valid regions: their ends are on whole milliseconds inside the sound, and they are not too short.
import { clamp, ms } from "../../numbers.js";

export const MIN_S = 0.01;
const HIGHEST_HZ = 8000;
const MIN_HZ = 10;

/** @typedef {{ start_s: number, end_s: number, low_hz: number | null, high_hz: number | null }} Region */
/** @typedef {{ start_s: number, end_s: number, low_hz?: number | null, high_hz?: number | null }} RegionDraft */

/**
 * Return the valid region that is closest to a draft, whose ends may be swapped or outside the sound.
 * @param {RegionDraft} draft
 * @param {number} duration_s
 * @returns {Region}
 */
export function tidy(draft, duration_s) {
  const places = [draft.start_s, draft.end_s].sort((a, b) => a - b);
  let [start_s, end_s] = places.map((place) => clamp(ms(place), 0, duration_s));
  if (end_s - start_s < MIN_S)
    [start_s, end_s] =
      start_s + MIN_S <= duration_s
        ? [start_s, ms(start_s + MIN_S)]
        : [Math.max(0, ms(duration_s - MIN_S)), duration_s];
  const { low_hz = null, high_hz = null } = draft;
  if (low_hz === null || high_hz === null) return { start_s, end_s, low_hz: null, high_hz: null };
  const [low, high] = [low_hz, high_hz]
    .sort((a, b) => a - b)
    .map((hz) => clamp(Math.round(hz), 0, HIGHEST_HZ));
  return {
    start_s,
    end_s,
    low_hz: Math.min(low, HIGHEST_HZ - MIN_HZ),
    high_hz: Math.max(high, low + MIN_HZ),
  };
}

/**
 * Move a region. At the ends of the sound it stops and keeps its length.
 * @param {Region} region
 * @param {number} by_s
 * @param {number} duration_s
 * @returns {Region}
 */
export function shifted(region, by_s, duration_s) {
  const by = clamp(ms(by_s), -region.start_s, duration_s - region.end_s);
  return { ...region, start_s: region.start_s + by, end_s: region.end_s + by };
}

/** @typedef {"left" | "right" | "top" | "bottom"} Edge */
/** @typedef {{ left: number, right: number, top: number, bottom: number }} Box */

/**
 * Return the edges of a box that a pointer reaches: none, one, or two at a corner.
 * @param {Box} box
 * @param {number} x
 * @param {number} y
 * @param {number} reach
 * @param {boolean} band whether top and bottom can be held
 */
export function edgesAt({ left, right, top, bottom }, x, y, reach, band) {
  /** @type {Edge[]} */
  const edges = [];
  const [toLeft, toRight] = [Math.abs(x - left), Math.abs(x - right)];
  if (y >= top - reach && y <= bottom + reach) {
    if (toLeft <= reach && toLeft <= toRight) edges.push("left");
    else if (toRight <= reach) edges.push("right");
  }
  if (band && x >= left - reach && x <= right + reach) {
    if (Math.abs(y - top) <= reach) edges.push("top");
    else if (Math.abs(y - bottom) <= reach) edges.push("bottom");
  }
  return edges;
}
