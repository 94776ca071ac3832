// @ts-check
// Sentences about learning and its results.
import { plural } from "../scripts/label.js";

/** @import { Described, LearnState, Point } from "./types.d.ts" */

const FLAT = 0.02; // a change of the UAR below this is within what chance does

/** @param {number} share 0 to 1 */
export const percent = (share) => `${Math.round(100 * share)}%`;

/**
 * Return what can be learned from, or what is missing.
 * @param {Pick<LearnState, "labels" | "emotions" | "missing">} state
 */
export function readyWords({ labels, emotions, missing }) {
  if (missing && labels)
    return `${plural(labels, "label")} of ${plural(emotions, "emotion")} so far. To learn from them, ${lower(missing)}`;
  if (missing)
    return `The network can learn from your labels: it takes seconds, and changes no label. ${missing}`;
  return `The network can learn from ${labels} labels of ${emotions} emotions: it takes seconds, and changes no label.`;
}

/**
 * Return what is offered for recordings that nobody has labelled.
 * @param {number} recordings
 */
export const roomWords = (recordings) =>
  `${plural(recordings, "recording")} of the same kind: the network can learn the room and the microphone that they have ` +
  "in common. It needs no labels and takes seconds, and you see what changes before you use it.";

/**
 * Return how many answers are others after learning, at least: the recordings that moved between emotions.
 * @param {Required<Described["answers"]>} answers
 */
export function movedWords({ before, after }) {
  const all = Object.values(after).reduce((sum, count) => sum + count, 0);
  const moved = Object.keys(after).reduce((sum, code) => sum + Math.max(0, after[code] - before[code]), 0);
  return moved
    ? `At least ${moved} of ${plural(all, "recording")} now sound like another emotion.`
    : `As many of the ${plural(all, "recording")} sound like each emotion as before.`;
}

/** @param {string} sentence */
const lower = (sentence) => sentence.charAt(0).toLowerCase() + sentence.slice(1);

/**
 * Return what the figures were measured on, and how far they can be believed.
 * @param {Pick<Described, "clips" | "speakers" | "by_speaker" | "rows">} described
 */
export function measuredWords({ clips, speakers, by_speaker, rows }) {
  if (!rows.length) return "";
  if (by_speaker)
    return `Measured on ${plural(clips, "labelled clip")} of ${plural(speakers, "speaker")}, each scored without the labels of its speaker.`;
  return (
    `Measured on ${plural(clips, "labelled clip")}, each scored without its own label. As far as is known, all are of ` +
    "one speaker, so these figures say nothing about other voices, and flatter."
  );
}

/**
 * Return whether more labels are worth the work.
 * @param {Point[]} curve UAR over the number of labels
 */
export function curveWords(curve) {
  const [before, last] = curve.slice(-2);
  if (!last) return "";
  const change = last.uar - before.uar;
  const figures = `from ${before.uar.toFixed(2)} with ${before.labels} to ${last.uar.toFixed(2)} with ${last.labels}`;
  if (change >= FLAT) return `More labels are likely to help: the last ones brought the UAR ${figures}.`;
  return `More labels of this kind are likely to help little: the last ones brought the UAR ${figures}.`;
}

/**
 * Return the points of a curve in a box of 100 by 100, y down; labels on a logarithmic scale.
 * @param {Point[]} curve
 * @param {{ low: number, high: number }} range of the UAR
 */
export function curvePoints(curve, { low, high }) {
  const logs = curve.map(({ labels }) => Math.log(labels));
  const [first, width] = [logs[0], logs[logs.length - 1] - logs[0] || 1];
  return curve.map(({ uar }, i) => ({
    x: (100 * (logs[i] - first)) / width,
    y: (100 * (high - uar)) / (high - low),
  }));
}

/**
 * Return the range of UAR that a curve is drawn in: whole tenths, at least two of them.
 * @param {Point[]} curve
 */
export function curveRange(curve) {
  const uars = curve.map(({ uar }) => uar);
  let low = Math.floor(10 * Math.min(...uars) + 1e-9) / 10;
  let high = Math.ceil(10 * Math.max(...uars) - 1e-9) / 10;
  if (high - low < 0.2 - 1e-9) [low, high] = [Math.max(0, low - 0.1), Math.max(0.2, Math.min(1, high + 0.1))];
  return { low, high };
}
