// @ts-check
// The table of many files as CSV and JSON.
import { shown } from "./rows.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Emotion} Emotion
 */

// The same rules as in ser/util/text.py, which tests compare: `plain`, and `shielded` for text that a spreadsheet would run.
const UNPRINTABLE = /[\p{Control}\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;
const FORMULA = /^(?:(?:[^\S\ufeff]|')*[=+\-@＝＋－＠]|'*[\t\r\n])/;

/** @param {string} text */
export const plain = (text) => text.replace(UNPRINTABLE, "\ufffd");

/** @param {string} text */
export const shielded = (text) => (FORMULA.test(text) ? `'${text}` : text);

/** @param {unknown} value */
function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const text = shielded(plain(value));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const done = (/** @type {Row} */ { state }) => state === "scored" || state === "failed";

/**
 * Return a table with a line for each file that has an answer, in the columns of `recognize --format csv`.
 * @param {Row[]} rows
 * @param {Emotion[]} emotions those of an adaptation, or the six
 * @param {string[]} labels codes of the six
 */
export function toCsv(rows, emotions, labels) {
  const codes = emotions.map(({ code }) => code);
  const own = codes.join() === labels.join() ? [] : codes;
  const six = own.length ? labels.map((label) => `six_${label}`) : labels;
  const lines = [["file", "duration_s", "top", "verdict", ...own, ...six, "intensity", "warning", "error"]];
  for (const row of rows.filter(done)) {
    const { answer } = row;
    const named = shown(row, emotions);
    lines.push(
      [
        ...[row.path, answer?.duration_s, named?.top, named?.verdict],
        ...own.map((code) => answer?.adaptation?.scores[code]),
        ...labels.map((label) => answer?.scores?.[label]),
        ...[answer?.intensity, answer?.warning, row.error || null],
      ].map(cell),
    );
  }
  return `\ufeff${lines.map((line) => `${line.join(",")}\r\n`).join("")}`;
}

/**
 * Return a JSON list with an object for each file that has an answer.
 * @param {Row[]} rows
 */
export function toJson(rows) {
  const objects = rows.filter(done).map(({ path, file, answer, error }) => ({
    ...{ file: path, modified: new Date(file.lastModified).toISOString() },
    ...(answer ?? { scores: null }),
    error: error || null,
  }));
  return JSON.stringify(objects, null, 1);
}
