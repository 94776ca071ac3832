// @ts-check
// What the scores of a window, a clip or a region say.

/** @typedef {{ start_s: number, end_s: number, scores: number[] }} ScoredPart */

/**
 * Return the index of the highest score.
 * @param {number[]} scores
 */
export const top = (scores) => scores.indexOf(Math.max(...scores));

/**
 * Return the window that speaks most for the clip's top emotion.
 * @param {{ scores: number[], windows: ScoredPart[] }} answer
 */
export function tellingWindow({ scores, windows }) {
  const best = top(scores);
  return windows.reduce((one, other) => (other.scores[best] > one.scores[best] ? other : one));
}
