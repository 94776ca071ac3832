// @ts-check
// A view of the table: its filters, its order and the opened clip, as an object of strings. The page's address repeats it,
// so that a link restores it. Nothing here touches the page.
import { percent } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {Record<string, string>} View a value for each of `KEYS`; "" where nothing is set */
/** @typedef {{ key: string, value: (row: Row) => string | number | undefined }} Sortable */

/** @type {View} */
export const DEFAULTS = { part: "test", sort: "clip" };
export const CHOICES = ["emotion", "says", "right", "level", "sentence", "actor", "sex", "crowd"];
export const RANGES = ["score", "age"];
export const KEYS = ["part", "q", ...CHOICES, ...RANGES, "sort", "clip"];

/** @param {View} view */
export const changedKeys = (view) => KEYS.filter((key) => view[key] && view[key] !== DEFAULTS[key]);

/**
 * Return the view's filters that "Clear filters" removes.
 * @param {View} view
 */
export const filtersIn = (view) => changedKeys(view).filter((key) => !["part", "sort", "clip"].includes(key));

/**
 * Return an address that restores a view.
 * @param {string | URL} page the page's address
 * @param {View} view
 */
export function linkTo(page, view) {
  const address = new URL(page);
  KEYS.forEach((key) => address.searchParams.delete(key));
  address.searchParams.set("tab", "dataset");
  changedKeys(view).forEach((key) => address.searchParams.set(key, view[key]));
  return address;
}

/**
 * Return the view in an address, as far as it names one.
 * @param {string | URL} page
 * @returns {View}
 */
export const viewIn = (page) => Object.fromEntries(new URL(page).searchParams);

/**
 * Return both ends of a range such as "18-25" or "-60" as they are in the form; "" where an end is open.
 * @param {string | undefined} text
 * @returns {string[]}
 */
export const endsOf = (text) => /^(\d{0,3})-(\d{0,3})$/.exec(text || "")?.slice(1) || ["", ""];

/**
 * Return the order that a view asks for, or the usual one: a link may be old, or come from a machine with the data set.
 * @param {string | undefined} sort a column's key, after "-" if it is reversed
 * @param {{ key: string }[]} columns
 */
export function orderFrom(sort = "", columns) {
  const known = columns.some(({ key }) => key !== "play" && key === sort.replace("-", ""));
  return known ? sort : DEFAULTS.sort;
}

/**
 * Return the function that says whether a row passes a view's filters.
 * @param {View} view
 * @returns {(row: Row) => boolean}
 */
export function filterFor(view) {
  const terms = (view.q || "").toLowerCase().split(/\s+/).filter(Boolean);
  const exact = ["part", ...CHOICES].filter((key) => view[key] && view[key] !== "all");
  const between = RANGES.filter((key) => view[key]).map((key) => {
    const [from, to] = view[key].split("-");
    return { key, from: from === "" ? -Infinity : Number(from), to: to === "" ? Infinity : Number(to) };
  });
  /** @type {(row: Row, key: string) => unknown} */
  const valueOf = (row, key) => row[/** @type {keyof Row} */ (key)];
  /** @type {(row: Row, key: string) => number} NaN for an age that is not known, which passes no filter */
  const numberOf = (row, key) => (key === "score" ? 100 * row.score : Number(valueOf(row, key)));
  return (row) =>
    exact.every((key) => valueOf(row, key) === view[key]) &&
    between.every(({ key, from, to }) => numberOf(row, key) >= from && numberOf(row, key) <= to) &&
    terms.every((term) => row.text.includes(term));
}

/** @type {(one: any, other: any) => number} */
const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

/**
 * Return the rows in an order. Ties are in the order of names, whatever the direction.
 * @param {Row[]} rows
 * @param {string} order a column's key, after "-" if it is reversed
 * @param {Sortable[]} columns
 */
export function sorted(rows, order, columns) {
  const column = columns.find(({ key }) => key === order.replace("-", ""));
  const value = column ? column.value : (/** @type {Row} */ row) => row.clip;
  const sign = order.startsWith("-") ? -1 : 1;
  return rows.toSorted(
    (one, other) => sign * compare(value(one), value(other)) || compare(one.clip, other.clip),
  );
}

/** @type {(count: number, word: string) => string} */
const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
/** @type {(rows: Row[], condition: (row: Row) => boolean) => string} */
const shareOf = (rows, condition) => percent(rows.filter(condition).length / rows.length);

/**
 * Return what the line above the table says about the rows in it.
 * @param {Row[]} rows
 */
export function summaryOf(rows) {
  const actors = new Set(rows.map((row) => row.actor)).size;
  const voted = rows.filter((row) => row.votes);
  let summary = `${counted(rows.length, "clip")} by ${counted(actors, "actor")}`;
  if (rows.length)
    summary += ` · matches the acted emotion: network ${shareOf(rows, (row) => row.right === "right")}`;
  if (rows.some((row) => row.part === "train")) summary += " (optimistic for training voices)";
  if (voted.length)
    summary += `, crowd ${shareOf(voted, (row) => row.crowd === "agrees")} (by most votes; a tie is a miss)`;
  return summary;
}

/**
 * Return the index of the row to open, or -1 if there is none.
 * @param {number} index of the opened row, -1 if it is not in the list
 * @param {number} by rows to move; -Infinity and Infinity are the first and the last
 * @param {number} length of the list
 */
export function indexAfter(index, by, length) {
  if (index < 0 && by !== Infinity) return length ? 0 : -1;
  return Math.min(length - 1, Math.max(0, index + by));
}
