// @ts-check
// The rows of the table of many files: what is known of each file, in which order they stand, and which are shown.

/**
 * @typedef {Record<string, number>} Scores by the code of the emotion
 * @typedef {{ code: string, name: string, colour: string }} Emotion
 *
 * @typedef {object} Answer what the app says about a file
 * @property {number | null} duration_s
 * @property {Scores | null} scores
 * @property {string | null} top
 * @property {string | null} verdict
 * @property {number | null} intensity
 * @property {string | null} warning
 * @property {string | null} error
 * @property {{ name: string, scores: Scores, top: string, verdict: string } | null} adaptation
 *
 * @typedef {object} Row
 * @property {number} index in the order in which the files were chosen
 * @property {File} file
 * @property {string} path with its folders, as it was chosen
 * @property {string} name
 * @property {string} folder "" for a file that was chosen without its folder
 * @property {"waiting" | "sending" | "scored" | "failed"} state
 * @property {Answer | null} answer
 * @property {string} error why there are no scores
 * @property {string} by what scored it
 * @property {number} tries how often its batch was lost
 */

/**
 * @param {File} file
 * @param {string} path
 * @param {number} index
 * @returns {Row}
 */
export function makeRow(file, path, index) {
  const slash = path.lastIndexOf("/");
  return {
    ...{ index, file, path, name: path.slice(slash + 1), folder: slash < 0 ? "" : path.slice(0, slash) },
    ...{ state: "waiting", answer: null, error: "", by: "", tries: 0 },
  };
}

/**
 * Take over what the app says about a file.
 * @param {Row} row
 * @param {Answer} answer
 * @param {string} by
 */
export function settle(row, answer, by) {
  const state = answer.error ? "failed" : "scored";
  Object.assign(row, { state, answer, by, error: answer.error ?? "", tries: 0 });
}

/**
 * @param {Row} row
 * @param {string} error
 */
export const fail = (row, error) => Object.assign(row, { state: "failed", answer: null, error });

/**
 * Forget what is known of a file, so that it is scored again.
 * @param {Row} row
 */
export const reset = (row) =>
  Object.assign(row, { state: "waiting", answer: null, error: "", by: "", tries: 0 });

/**
 * Return the part of an answer that the table shows: that of an adaptation with emotions of its own, or the six.
 * @param {Row} row
 * @param {Emotion[]} emotions
 */
export function shown({ answer }, emotions) {
  const { adaptation } = answer ?? {};
  const isOwn = adaptation && emotions.every(({ code }) => code in adaptation.scores);
  return isOwn ? adaptation : answer;
}

/**
 * Return what a row counts as: the code of an emotion if the verdict is sure or leaning, or "unsure", "no_voice",
 * "failed" or "waiting".
 * @param {Row} row
 * @param {Emotion[]} emotions
 */
export function kindOf(row, emotions) {
  if (row.state === "failed") return "failed";
  if (row.state !== "scored") return "waiting";
  const answer = shown(row, emotions);
  if (answer?.verdict === "no_voice" || answer?.verdict === "unsure") return answer.verdict;
  return answer?.top ?? "unsure";
}

/**
 * Return the highest score, or -1 for a file without one.
 * @param {Row} row
 * @param {Emotion[]} emotions
 */
export function topScore(row, emotions) {
  const answer = row.state === "scored" ? shown(row, emotions) : null;
  if (!answer?.scores || answer.verdict === "no_voice") return -1;
  return answer.scores[answer.top ?? ""] ?? -1;
}

const natural = new Intl.Collator("en", { numeric: true });

/**
 * @param {string} one
 * @param {string} other
 */
export const byName = (one, other) => natural.compare(one, other);

/**
 * Return the rows in another order. Files without what they are ordered by stand last.
 * @param {Row[]} rows
 * @param {string} order "order", "name", "emotion", "score", "intensity" or "length", after "-" if it is reversed
 * @param {Emotion[]} emotions
 * @returns {Row[]}
 */
export function sorted(rows, order, emotions) {
  const [key, sign] = order.startsWith("-") ? [order.slice(1), -1] : [order, 1];
  if (key === "name") return rows.toSorted((a, b) => sign * byName(a.path, b.path) || a.index - b.index);
  const codes = [...emotions.map(({ code }) => code), "unsure", "no_voice"];
  /** @type {Record<string, (row: Row) => number>} */
  const values = {
    order: ({ index }) => index,
    emotion: (row) => codes.indexOf(kindOf(row, emotions)),
    score: (row) => topScore(row, emotions),
    intensity: ({ answer }) => answer?.intensity ?? -1,
    length: ({ answer }) => answer?.duration_s ?? -1,
  };
  const value = new Map(rows.map((row) => [row, values[key](row)]));
  const of = (/** @type {Row} */ row) => /** @type {number} */ (value.get(row));
  return rows.toSorted((a, b) => {
    if (of(a) < 0 !== of(b) < 0) return of(a) < 0 ? 1 : -1;
    return sign * (of(a) - of(b)) || a.index - b.index;
  });
}

/**
 * Return the rows of a kind whose path holds all words of a text.
 * @param {Row[]} rows
 * @param {{ text: string, kind: string }} filter
 * @param {Emotion[]} emotions
 */
export function filtered(rows, { text, kind }, emotions) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (kind && kindOf(row, emotions) !== kind) return false;
    const path = row.path.toLowerCase();
    return words.every((word) => path.includes(word));
  });
}

/**
 * Return how many rows there are of each kind.
 * @param {Row[]} rows
 * @param {Emotion[]} emotions
 * @returns {Record<string, number>}
 */
export function counted(rows, emotions) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const row of rows) {
    const kind = kindOf(row, emotions);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
