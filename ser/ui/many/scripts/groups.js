// @ts-check
// What many files have in common: their folders, the speakers and the times that their names tell.
import { byName } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */

const MIN_NAMED = 0.9; // share of the files whose names must tell it
const MIN_EACH = 3; // files of a speaker, on average, and of two speakers at least
const MIN_HOURS = 3;
const LOOKS_LIKE_A_DATE = /^(?:19|20)\d{2}(?:\d{4})?$/;
const SPEAKER = /^([\p{L}\p{N}]{1,24})[-_]/u;
const TIME_IN_NAME =
  /(?<!\d)(?:19|20)\d\d([-_.]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])[-_ T.]{0,3}([01]\d|2[0-3])[-_.:h]?[0-5]\d/;

/**
 * Return the rows by their group, in the order of its name; null if there is only one.
 * @param {Row[]} rows
 * @param {(row: Row) => string | null} groupOf null for a row that belongs to none
 * @returns {Map<string, Row[]> | null}
 */
function grouped(rows, groupOf) {
  /** @type {Map<string, Row[]>} */
  const groups = new Map();
  for (const row of rows) {
    const name = groupOf(row);
    if (name === null) continue;
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return groups.size < 2 ? null : new Map([...groups].toSorted(([one], [other]) => byName(one, other)));
}

/** @param {Row[]} rows */
export const byFolder = (rows) => grouped(rows, ({ folder }) => folder);

/**
 * Return the rows by their speaker, where names begin with one: 1001_DFA_ANG_XX.wav, anna-3.wav. Null where they do not:
 * what only one or two names begin with is not a speaker, and neither is a date.
 * @param {Row[]} rows
 */
export function bySpeaker(rows) {
  const speakers = grouped(rows, ({ name }) => {
    const begin = SPEAKER.exec(name)?.[1] ?? null;
    return begin && LOOKS_LIKE_A_DATE.test(begin) ? null : begin;
  });
  if (!speakers) return null;
  const sizes = [...speakers.values()].map(({ length }) => length);
  const n = sizes.reduce((sum, size) => sum + size, 0);
  if (sizes.filter((size) => size >= MIN_EACH).length < 2) return null;
  return n >= MIN_NAMED * rows.length && n >= MIN_EACH * speakers.size ? speakers : null;
}

/**
 * Return the rows by the hour in which they were recorded, 0 to 23, and whether names or dates of the files tell it. Null
 * where neither does: files that were copied or unpacked have dates of a few minutes.
 * @param {Row[]} rows
 * @returns {{ hours: Row[][], from: "names" | "dates" } | null}
 */
export function byHour(rows) {
  const inNames = rows.map(({ name }) => TIME_IN_NAME.exec(name)?.[2]);
  const fromNames = inNames.filter(Boolean).length >= MIN_NAMED * rows.length;
  /** @type {Row[][]} */
  const hours = Array.from({ length: 24 }, () => []);
  rows.forEach((row, i) => {
    const hour = fromNames ? inNames[i] : new Date(row.file.lastModified).getHours();
    if (hour !== undefined) hours[Number(hour)].push(row);
  });
  if (hours.filter(({ length }) => length).length < MIN_HOURS) return null;
  return { hours, from: fromNames ? "names" : "dates" };
}
