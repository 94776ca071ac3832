// @ts-check
// A label of a file and the stored one that differs from it: both in words, with what differs marked.
import { node } from "../../page/dom.js";
import { dot, isolated } from "./elements.js";
import { CONFIDENCES, INTENSITIES, clock, seconds } from "./label.js";

/** @import { ImportConflict, Label } from "./types.d.ts" */

/** @typedef {{ words: string, differs: boolean }} Part */

/**
 * One field of a label in words; null where the field says nothing that a reader misses unless it differs.
 * @typedef {object} Field
 * @property {(label: Label) => unknown} value
 * @property {(label: Label, differs: boolean) => string | null} words
 */

/** @param {Label} label */
const isWhole = ({ start_s, end_s }) => start_s === null || end_s === null;

/** @param {Label} label */
const timeOf = ({ time }) => time;

/** @param {Label} label */
const spanOf = ({ start_s, end_s }) => [start_s, end_s].join();

/** @param {Label} label */
function exactSpan({ start_s, end_s }) {
  return `${start_s} to ${end_s} s`;
}

/** @param {string} time to the millisecond, where the time of day would not show the difference */
function exactTime(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toISOString().replace("T", " ").replace("Z", " UTC");
}

/**
 * @param {Label} label
 * @param {Record<string, string>} emotions
 */
function networkWords({ scores }, emotions) {
  if (!scores) return "without scores of the network";
  const [[code, share]] = Object.entries(scores).sort((one, other) => other[1] - one[1]);
  return `network: ${emotions[code] || code} ${(100 * share).toFixed(2)}%`;
}

/**
 * @param {Record<string, string>} emotions names by code
 * @param {(label: Label) => string} clipOf the name of a label's clip
 * @returns {Field[]}
 */
function fields(emotions, clipOf) {
  return [
    {
      value: ({ emotion, final }) => `${emotion} ${Boolean(final)}`,
      words: ({ emotion, final }) => `${final ? "Final: " : ""}${emotions[emotion] || emotion}`,
    },
    {
      value: ({ intensity }) => intensity,
      words: ({ intensity }, differs) =>
        intensity ? INTENSITIES[intensity - 1] : differs ? "no intensity" : null,
    },
    {
      value: ({ confidence }) => confidence,
      words: ({ confidence }, differs) =>
        confidence ? CONFIDENCES[confidence - 1] : differs ? "not said how sure" : null,
    },
    {
      value: spanOf,
      words: (label, differs) => {
        if (isWhole(label)) return differs ? "whole clip" : null;
        return differs ? exactSpan(label) : seconds(Number(label.start_s), Number(label.end_s));
      },
    },
    {
      value: ({ note }) => note,
      words: ({ note }, differs) => (note ? `“${note}”` : differs ? "no note" : null),
    },
    { value: ({ annotator }) => annotator, words: ({ annotator }) => `by ${annotator}` },
    {
      value: ({ clip }) => clip,
      words: (label, differs) => (differs ? `for ${clipOf(label)}` : null),
    },
    {
      value: timeOf,
      words: ({ time }, differs) => (time ? (differs ? exactTime(time) : clock(time)) : null),
    },
    {
      value: ({ scores }) => JSON.stringify(Object.entries(scores ?? {}).sort()),
      words: (label, differs) => (differs ? networkWords(label, emotions) : null),
    },
    {
      value: ({ checkpoint }) => checkpoint ?? null,
      words: ({ checkpoint }, differs) => (differs ? `scored by ${checkpoint || "no network"}` : null),
    },
  ];
}

/**
 * Return both versions of a label in words, part by part. A part that differs says so even where a field is empty.
 * @param {ImportConflict} conflict
 * @param {Record<string, string>} emotions names by code
 * @returns {{ stored: Part[], file: Part[] }}
 */
export function versions({ name, stored_name, file, stored }, emotions) {
  /** @type {{ stored: Part[], file: Part[] }} */
  const both = { stored: [], file: [] };
  const clipOf = (/** @type {Label} */ label) => (label === file ? name : stored_name);
  for (const { value, words } of fields(emotions, clipOf)) {
    // A file without times gives the label the time of the import: that alone is no difference.
    const differs = value(file) !== value(stored) && !(value === timeOf && !file.time);
    for (const [label, parts] of /** @type {const} */ ([
      [stored, both.stored],
      [file, both.file],
    ])) {
      const text = words(label, differs);
      if (text !== null) parts.push({ words: text, differs });
    }
  }
  if (![...both.stored, ...both.file].some(({ differs }) => differs))
    both.file.push({ words: "a second label with the same content", differs: true });
  return both;
}

/**
 * @param {ImportConflict} conflict
 * @param {Record<string, string>} emotions names by code
 */
export function drawConflict(conflict, emotions) {
  const { stored, file } = versions(conflict, emotions);
  return node(
    "li",
    {},
    node("p", { className: "name" }, isolated(conflict.name)),
    drawVersion("here: ", stored, conflict.stored),
    drawVersion("in the file: ", file, conflict.file),
  );
}

/**
 * @param {string} where
 * @param {Part[]} parts the first is the emotion
 * @param {Label} label
 */
function drawVersion(where, parts, label) {
  const words = parts.flatMap(({ words, differs }, i) => {
    const text = differs ? node("mark", {}, isolated(words)) : isolated(words);
    return i ? [", ", text] : [dot(label.emotion), node("b", {}, text)];
  });
  return node("p", {}, where, ...words);
}
