// @ts-check
// Curves over a sound: which parts to fetch, and what they say at a time.
const BLOCK_S = 10;
// Longest visible part whose pitch is drawn: it takes a fifth of that to compute, and a longer one would be a blur.
export const MAX_PITCH_S = 60;

/**
 * A curve, whose value is null where it has a gap.
 * @typedef {{ first_s: number, step_s: number, values: (number | null)[] }} Track
 */

/**
 * Return the parts of a curve to fetch for a visible part, as pairs of seconds: blocks of ten seconds of pitch, or the whole
 * intensity, which takes a second for an hour of sound.
 * @param {string} which
 * @param {import("../coordinates.js").Range} range
 * @param {number} duration_s
 */
export function visibleBlocks(which, { start_s, end_s }, duration_s) {
  if (which === "intensity") return [[0, duration_s]];
  if (end_s - start_s > MAX_PITCH_S) return [];
  const first = Math.floor(start_s / BLOCK_S);
  const last = Math.ceil(Math.min(end_s, duration_s) / BLOCK_S);
  const blocks = Array.from({ length: Math.max(0, last - first) }, (_, i) => (first + i) * BLOCK_S);
  return blocks.map((begin_s) => [begin_s, Math.min(begin_s + BLOCK_S, duration_s)]);
}

/**
 * Return the formants of the frame that is nearest to a time, from the lowest, if there is one within 10 ms.
 * @param {[time_s: number, hz: number][]} points in order of time
 * @param {number} time_s
 */
export function formantsAt(points, time_s) {
  const distances = points.map(([at_s]) => Math.abs(at_s - time_s));
  const nearest = distances.reduce((least, distance) => Math.min(least, distance), Infinity);
  if (nearest > 0.01) return [];
  const at_s = points[distances.indexOf(nearest)][0];
  return points.filter((point) => point[0] === at_s).map(([, hz]) => hz);
}

/**
 * Return the dB range in which loudness is drawn: 60 dB up to the loudest value, rounded up to a whole ten; null without
 * values.
 * @param {Track[]} tracks
 */
export function loudnessScale(tracks) {
  let highest = -Infinity;
  for (const { values } of tracks)
    for (const value of values) highest = Math.max(highest, value ?? -Infinity);
  if (highest === -Infinity) return null;
  const high = 10 * Math.ceil(highest / 10);
  return { low: high - 60, high };
}

/**
 * Return the value of curves at a time, or null.
 * @param {Track[]} tracks
 * @param {number} time_s
 */
export function valueAt(tracks, time_s) {
  for (const { first_s, step_s, values } of tracks) {
    const i = Math.round((time_s - first_s) / step_s);
    if (i >= 0 && i < values.length) return values[i];
  }
  return null;
}

/**
 * Return the first and last index of the values in a visible part, and one more at each side.
 * @param {Track} track
 * @param {import("../coordinates.js").Range} range
 */
export function visibleValues({ first_s, step_s, values }, { start_s, end_s }) {
  const first = Math.max(0, Math.floor((start_s - first_s) / step_s));
  const last = Math.min(values.length - 1, Math.ceil((end_s - first_s) / step_s));
  return { first, last };
}
