// @ts-check
// From a pixel of the timeline to a time, and from a time to words.
const NAMES = ["angry", "disgusted", "fearful", "happy", "neutral", "sad"];

/**
 * Return the time at a place of the timeline; places beside it count as its ends.
 * @param {number} x
 * @param {{ left: number, width: number }} box of the waveform, in the same pixels
 * @param {number} duration_s
 */
export function secondsAt(x, { left, width }, duration_s) {
  return Math.min(Math.max((x - left) / width, 0), 1) * duration_s;
}

/**
 * Describe the scores of the window around a time.
 * @param {number[][]} windows the middle in seconds, then a percentage for each emotion
 * @param {number} seconds
 * @param {string[]} [names] of the emotions
 */
export function wordsAt(windows, seconds, names = NAMES) {
  const time = `${seconds.toFixed(1)} s`;
  if (!windows.length) return time;
  const distance = (/** @type {number[]} */ [middle]) => Math.abs(middle - seconds);
  const [, ...scores] = windows.reduce((best, other) => (distance(other) < distance(best) ? other : best));
  const ranked = names.map((name, i) => ({ name, score: scores[i] })).sort((a, b) => b.score - a.score);
  return `${time}: ${ranked[0].name} ${ranked[0].score}%, ${ranked[1].name} ${ranked[1].score}%`;
}
