// @ts-check
// Labels as data: their words, their order, and how a change alters them.
import { english, timeOf } from "../../page/language.js";

/** @import { Conflict, Draft, Facts, Label, Letter, Span } from "./types.d.ts" */

export const INTENSITIES = ["weak", "medium", "strong"];
export const CONFIDENCES = ["a guess", "fairly sure", "certain"];
const SAME_S = 0.0005; // times that are closer are the same

/** @returns {Draft} */
export const emptyDraft = () => ({ emotion: null, intensity: null, confidence: null, note: "" });

/**
 * Say what is known of a clip; "" if nothing is.
 * @param {Facts | null} facts
 */
export function factWords(facts) {
  const { name, speaker, acted, hides_acted } = facts ?? { speaker: null, acted: null, hides_acted: false };
  const emotion = hides_acted ? "acted emotion hidden until you label" : acted && `acted emotion: ${acted}`;
  const words = [name && `clip ${name}`, speaker && `speaker ${speaker}`, emotion].filter(Boolean).join(", ");
  return words && `${words[0].toUpperCase()}${words.slice(1)}.`;
}

/** Return 32 random hexadecimal digits. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {number} count
 * @param {string} word
 */
export const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

/**
 * @param {number} start_s
 * @param {number} end_s
 */
export const seconds = (start_s, end_s) => `${start_s.toFixed(2)} to ${end_s.toFixed(2)} s`;

/**
 * Return what to press to label a clip: "press 1 to 8", or "press a label's key" where the keys are not in a row.
 * @param {Record<string, string>} keys by code
 */
export function keyWords(keys) {
  const own = Object.values(keys);
  const inRow = own.length < 10 && own.every((key, i) => key === String(i + 1));
  return inRow ? `press 1 to ${own.length}` : "press a label's key";
}

/**
 * Return whether two labels apply to the same part of a clip.
 * @param {Span} one
 * @param {Span} other
 */
export function sameSpan(one, other) {
  /** @type {(a: number | null, b: number | null) => boolean} */
  const near = (a, b) => (a === null || b === null ? a === b : Math.abs(a - b) < SAME_S);
  return near(one.start_s, other.start_s) && near(one.end_s, other.end_s);
}

/**
 * Return whether a label is the one that a key would change: the annotator's own, or the final one, whoever gave it.
 * @param {Label} label
 * @param {Span & { final: boolean }} at
 * @param {string} annotator
 */
export const isLabelAt = (label, at, annotator) =>
  sameSpan(label, at) && (at.final ? Boolean(label.final) : !label.final && label.annotator === annotator);

/**
 * Return the time of day, with the date unless it is today; an empty string for what is not a time.
 * @param {string} time
 * @param {Date} [now]
 * @param {string} [locale]
 */
export function clock(time, now = new Date(), locale = english) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : timeOf(date, now, locale);
}

/**
 * Return a label in words, such as "Angry, weak, certain, 0.10 to 1.50 s".
 * @param {Label} label
 * @param {Record<string, string>} emotions names by code
 */
export function describe(label, emotions) {
  const { start_s, end_s, note } = label;
  const emotion = emotions[label.emotion] || label.emotion;
  const parts = [
    label.final ? `Final: ${emotion}` : emotion,
    INTENSITIES[(label.intensity ?? 0) - 1],
    CONFIDENCES[(label.confidence ?? 0) - 1],
    start_s === null || end_s === null ? null : seconds(start_s, end_s),
    note && `“${note}”`,
  ];
  return parts.filter(Boolean).join(", ");
}

/**
 * Return the grade that a key chooses next: 1, 2, 3, none.
 * @param {number | null | undefined} grade
 */
export const nextGrade = (grade) => (grade === 3 ? null : (grade || 0) + 1);

/**
 * Return labels as they will be once the server has made a change.
 * @param {Label[]} labels
 * @param {Pick<Letter, "kind" | "label">} letter
 * @returns {Label[]}
 */
export function withChange(labels, { kind, label }) {
  if (kind === "delete") return labels.filter(({ id }) => id !== label.id);
  /** @type {Label} */
  const waiting = { ...label, state: "waiting" };
  if (!labels.some(({ id }) => id === label.id)) return [...labels, waiting];
  return labels.map((other) => (other.id === label.id ? waiting : other));
}

/**
 * Return labels once the server has answered a change with what it stored.
 * @param {Label[]} labels
 * @param {Label} saved
 * @param {object} change
 * @param {string} change.id which label had the change
 * @param {boolean} change.later whether another change of it still waits
 * @returns {Label[]}
 */
export function withSaved(labels, saved, { id, later }) {
  return labels.map((label) => {
    if (label.id !== id) return label;
    return later ? { ...label, revision: saved.revision } : { ...saved, state: "saved" };
  });
}

/**
 * Return the annotator's emotion for the list: that of the whole clip, or else of any region.
 * @param {Label[]} labels
 * @param {string} annotator
 */
export function ownEmotion(labels, annotator) {
  const own = labels.filter((label) => !label.final && label.annotator === annotator);
  return (own.find(({ start_s }) => start_s === null) ?? own[0])?.emotion;
}

/**
 * Return what a change does to the clip's row in the list: to the annotator's own emotion, or to the final one.
 * @param {Label[]} labels of the clip after the change
 * @param {Pick<Letter, "kind" | "label">} letter
 * @param {string} annotator
 */
export function painted(labels, { kind, label }, annotator) {
  if (label.final) return { final: kind === "delete" ? "" : label.emotion };
  return { mine: ownEmotion(labels, annotator) ?? "" };
}

/**
 * Return labels in the order in which they are listed: one's own first, then by time.
 * @param {Label[]} labels
 * @param {string} annotator
 */
export function ownFirst(labels, annotator) {
  /** @param {Label} label */
  const isOwn = (label) => Number(label.annotator === annotator);
  /** @param {Label} label */
  const time = (label) => label.time ?? "~"; // a new label has none yet, and comes last
  return [...labels].sort((one, other) => isOwn(other) - isOwn(one) || (time(one) < time(other) ? -1 : 1));
}

/**
 * Return the label to send when the annotator chooses the version that was not saved: a change of what is stored now.
 * @param {Letter["kind"]} kind
 * @param {Conflict} conflict
 * @returns {Label}
 */
export function keptLabel(kind, { wanted, stored }) {
  if (!stored) return { ...wanted, id: newId(), revision: 0 };
  return kind === "delete" ? stored : { ...wanted, id: stored.id, revision: stored.revision };
}
