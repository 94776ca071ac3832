// @ts-check
// The phrases of a clip as regions: keys choose the next one or the previous one, which is then played, scored or labelled.
import { answerTo } from "../../../../page/server.js";

/** @typedef {import("../../pane.js").Pane} Pane */
/** @typedef {[start_s: number, end_s: number]} Phrase */
/** @typedef {{ start_s: number | null, end_s: number | null }} Span */

const NEAR_S = 0.002; // ends of a region are whole milliseconds

/** @type {WeakMap<object, Phrase[]>} Phrases of a sound that was asked for them. */
const known = new WeakMap();

/**
 * Return the phrase that begins after a region, or before it; without a region the first one, or the last one.
 * @param {Phrase[]} phrases
 * @param {Span | null} region
 * @param {1 | -1} direction
 */
export function phraseBeside(phrases, region, direction) {
  const start_s = region?.start_s ?? direction * -Infinity;
  return direction > 0
    ? phrases.find(([begins_s]) => begins_s > start_s + NEAR_S)
    : phrases.findLast(([begins_s]) => begins_s < start_s - NEAR_S);
}

/**
 * Return whether a region is one of the phrases.
 * @param {Phrase[]} phrases
 * @param {Span} region
 */
export function isPhrase(phrases, { start_s, end_s }) {
  if (start_s === null || end_s === null) return false;
  return phrases.some(
    ([begins_s, stops_s]) => Math.abs(begins_s - start_s) < NEAR_S && Math.abs(stops_s - end_s) < NEAR_S,
  );
}

/**
 * Choose the phrase beside the region, and play it. Resolve to whether there is one.
 * @param {Pane} pane
 * @param {1 | -1} direction
 */
export async function goToPhrase(pane, direction) {
  const { sound, viewer } = pane;
  if (!sound) return false;
  if (!known.has(sound)) {
    const answer = await answerTo(viewer.server.read_phrases({ token: pane.token }));
    if (answer.problem || pane.sound !== sound) return false;
    known.set(sound, answer.phrases);
  }
  const phrase = phraseBeside(known.get(sound) ?? [], pane.region, direction);
  if (!phrase) return false;
  const [start_s, end_s] = phrase;
  pane.regionTool?.set({ low_hz: null, high_hz: null, start_s, end_s });
  viewer.events.emit("marked", { pane });
  viewer.player.play(pane, start_s);
  return true;
}

/**
 * A phrase was labelled: go to the next one. Resolve to false where the region is no phrase, or the last one.
 * @param {Pane} pane
 * @param {Span} region
 */
export async function goOnFrom(pane, region) {
  const phrases = pane.sound ? known.get(pane.sound) : null;
  return Boolean(phrases && isPhrase(phrases, region)) && goToPhrase(pane, 1);
}
