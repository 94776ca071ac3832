// @ts-check
// The queue as data: its rows, what is new about them, and which comes next.

/** @import { Label, Progress, Row, RowChange, RowLabels, RowsAnswer, SoundRequest } from "./types.d.ts" */

const NARROW = "(max-width: 760px)"; // a phone, where fingers need more room
const SPARE = 10; // rows drawn above and below the visible ones

/** The height of a row in pixels; desk.css has the same. */
export const rowHeight = () => (globalThis.matchMedia?.(NARROW).matches ? 44 : 34);

/**
 * Return the rows of a source, about which only the names are known yet.
 * @param {Pick<RowsAnswer, "kind" | "names" | "keys"> & Partial<RowsAnswer>} answer
 * @returns {Row[]}
 */
export function newRows({ kind, names, keys, mine = null }) {
  return names.map((name, i) => ({
    name,
    key: keys[i],
    kind,
    known: false,
    entropy: null,
    margin: null,
    intensity: null,
    trouble: null,
    mine: "",
    others: 0,
    differ: false,
    final: "",
    marks: [],
    forMe: mine?.[i] ?? true,
  }));
}

/**
 * Return the index of a sound's row, or null.
 * @param {Row[]} rows
 * @param {Pick<SoundRequest, "kind" | "key">} request
 */
export function rowOf(rows, { kind, key }) {
  const index = rows.findIndex((row) => row.kind === kind && row.key === key);
  return index < 0 ? null : index;
}

/**
 * Take over what the server has found out about clips. Return how many were scored for the first time.
 * @param {Row[]} rows
 * @param {RowChange[]} changes
 */
export function takeChanges(rows, changes) {
  let scored = 0;
  for (const [i, known, entropy, margin, trouble, intensity] of changes) {
    if (!rows[i]) continue; // the server may have a take that this page does not have yet
    if (entropy !== null && rows[i].entropy === null) scored++;
    Object.assign(rows[i], { known, entropy, margin, trouble, intensity });
  }
  return scored;
}

/**
 * Take over which clips are labelled. A change that the server does not have yet counts before what it says.
 * @param {Row[]} rows
 * @param {RowLabels[]} labels of all labelled clips
 * @param {{ label: Label }[]} letters the changes that wait
 */
export function takeLabels(rows, labels, letters) {
  for (const row of rows) Object.assign(row, { mine: "", others: 0, differ: false, final: "", marks: [] });
  for (const [i, mine, others, differ, final, marks] of labels)
    if (rows[i]) Object.assign(rows[i], { mine, others, differ, final, marks });
  for (const { label } of letters)
    paint(rows, label.clip_key, { [label.final ? "final" : "mine"]: label.emotion });
}

/**
 * Show a label in the list before the server has it.
 * @param {Row[]} rows
 * @param {string | undefined} key
 * @param {Partial<Pick<Row, "mine" | "final">>} emotion the annotator's own, or the final one; "" for none
 */
export function paint(rows, key, emotion) {
  const row = rows.find((other) => other.key === key);
  if (row) Object.assign(row, emotion);
}

/**
 * Whether nothing is left to do about a clip: the annotator has labelled or skipped it.
 * @param {Pick<Row, "mine" | "marks">} row
 */
export const isDone = ({ mine, marks }) => Boolean(mine) || marks.includes("skipped");

/**
 * Return what the desk says once nothing is left to do; an empty string until then.
 * @param {Pick<Row, "mine" | "marks" | "final">[]} rows the annotator's clips, or the shown ones that need final labels
 * @param {boolean} final whether final labels are given
 */
export function finishedWords(rows, final) {
  if (!rows.length || !rows.every((row) => (final ? row.final : isDone(row)))) return "";
  const count = rows.length.toLocaleString("en");
  if (final) return rows.length === 1 ? "1 clip has a final label:" : `All ${count} have a final label:`;
  const skipped = rows.filter(({ mine }) => !mine).length.toLocaleString("en");
  return skipped === "0" ? `All ${count} done:` : `All ${count} done, ${skipped} of them skipped:`;
}

/**
 * Return the place of the first clip that still needs a label, or else of the first clip; null while that is not known,
 * because the server has not read the clips before it.
 * @param {Pick<Row, "mine" | "marks" | "trouble" | "known">[]} rows in the order of the list
 */
export function firstToLabel(rows) {
  const place = rows.findIndex((row) => !isDone(row) && !row.trouble);
  if (place < 0) return 0;
  return rows[place].known ? place : null;
}

/**
 * Return whether newly arrived scores would change the list.
 * @param {{ order: string, show: string }} view
 */
export const byScores = ({ order, show }) =>
  ["entropy", "margin", "intensity"].includes(order) || show === "unsure";

/**
 * Return what a row shows of the network's and of others' opinion. A blind annotator sees nothing of it before
 * the clip has their own label.
 * @param {Row} row
 * @param {{ view: { order: string, show: string }, blind: boolean }} around
 */
export function hintsOf({ trouble, mine, entropy, intensity, others }, { view, blind }) {
  const open = !blind || Boolean(mine);
  const scored = view.order === "intensity" ? intensity !== null : !mine && entropy !== null;
  return {
    scores: open && !trouble && scored && byScores(view),
    others: open && others > 0,
  };
}

/**
 * Return what the server is doing, in words; an empty string if nothing.
 * @param {Progress} progress
 */
export function progressWords({ busy, hashed, scored, all }) {
  /** @param {number} count */
  const of = (count) => `${count.toLocaleString("en")} of ${all.toLocaleString("en")}`;
  if (!busy) return "";
  return hashed < all ? `reading the clips: ${of(hashed)}` : `scored by the network: ${of(scored)}`;
}

/**
 * Return the title and the words of how unsure the network is, or how strong a clip sounds to it: what the list is
 * ordered by.
 * @param {Row} row
 * @param {string} order
 */
export function scoreWords({ entropy, margin, intensity }, order) {
  /** @param {number | null} share */
  const percent = (share) => `${Math.round(100 * (share ?? 0))}%`;
  if (order === "intensity") return ["How strong it sounds to the network", `${intensity} of 100`];
  if (order === "margin") return ["Between the network's two highest scores", `${percent(margin)} apart`];
  return ["How evenly the network's scores are spread", `${percent(entropy)} unsure`];
}

/**
 * Return what the list says if it has nothing to show.
 * @param {{ loaded: boolean, count: number, source: string }} list
 */
export function nothingShown({ loaded, count, source }) {
  if (!loaded) return "";
  if (count) return "No matching clips.";
  return source === "sitting"
    ? "Recordings from the Record tab appear here."
    : "There are no sound files here.";
}

/**
 * Return the first row to draw, and the one after the last.
 * @param {{ scrollTop: number, clientHeight: number }} list
 * @param {number} count
 */
export function rowsInSight({ scrollTop, clientHeight }, count) {
  const height = rowHeight();
  const first = Math.max(0, Math.floor(scrollTop / height) - SPARE);
  return [first, Math.min(count, Math.ceil((scrollTop + clientHeight) / height) + SPARE)];
}

/**
 * Return how far to scroll so that a row is in sight, and no farther.
 * @param {{ scrollTop: number, clientHeight: number }} list
 * @param {number} place
 */
export function scrollFor({ scrollTop, clientHeight }, place) {
  const height = rowHeight();
  const top = height * place;
  const above = Math.min(scrollTop, top);
  return Math.max(above, top + height - clientHeight);
}

/**
 * Return the place in the list that a step leads to, and -1 from outside of it.
 * @param {number} now the place of the open clip, or -1
 * @param {number} by how many rows; infinite for the first or the last
 * @param {number} count
 */
export function nextPlace(now, by, count) {
  if (now < 0 && Number.isFinite(by)) return 0;
  return Math.min(count - 1, Math.max(0, now + by));
}
