// @ts-check
// Sends many files in batches: a few at a time, the next ones on their way while the last ones are scored. It stops and
// goes on, waits for an app that is away, and asks for nothing twice that has an answer.
import { fail, reset, settle } from "./rows.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Emotion} Emotion
 * @typedef {import("./rows.js").Answer} Answer
 *
 * @typedef {object} Outcome of sending a batch: one of these
 * @property {{ rows: Answer[], network: string, emotions: Emotion[] }} [scored] answers to its first files, at least one
 * @property {boolean} [aborted] the person stopped it
 * @property {boolean} [busy] other people's files are being scored
 * @property {"sending" | "scoring"} [lost] no answer came to the one or to the other
 * @property {Row[]} [unreadable] files that are not on the disk any more as they were chosen
 * @property {string} [problem] what the app says instead of answers
 * @property {string} [halt] why nothing else can be sent either
 *
 * @typedef {"empty" | "running" | "away" | "stopped" | "done"} State
 */

export const MAX_FILES = 32; // of a batch
export const MAX_BYTES = 8_000_000;
export const MAX_IN_FLIGHT = 2; // batches: one is on its way, one is scored
const FIRST_FILES = 4; // of the first batch, so that the first rows come at once
const ALONE = 2; // a file whose batch was lost so often is sent by itself: others shall not suffer
const MAX_TRIES = 4;
const MAX_PROBLEMS = 3; // in a row; then it is not the files
const BUSY_MS = 2_000;
const LOOK_MS = 1_000;
const MIN_MS = 1_500; // before which the time that is left is not known

const MOVED = "This file was moved or changed after it was chosen: choose it again.";
const FATAL =
  "The app gave no answer whenever it was asked about this file: leave it out, or save it again as WAV or FLAC.";

/**
 * Return the rows to send next: the first ones that wait, up to a number of files and of bytes.
 * @param {Row[]} rows
 * @param {number} files
 * @param {number} [bytes]
 */
export function nextBatch(rows, files, bytes = MAX_BYTES) {
  /** @type {Row[]} */
  const batch = [];
  let sum = 0;
  for (const row of rows) {
    if (row.state !== "waiting") continue;
    const isAlone = row.tries >= ALONE;
    sum += row.file.size;
    if (batch.length && (isAlone || sum > bytes || batch.length >= files)) break;
    batch.push(row);
    if (isAlone) break;
  }
  return batch;
}

/**
 * Return "about 2 minutes", or "" while it is not known.
 * @param {number} ms that the run has taken so far
 * @param {Row[]} rows
 * @param {number} since how many bytes had an answer before it began
 */
export function timeLeft(ms, rows, since) {
  let answered = -since;
  let open = 0;
  for (const { state, file } of rows) {
    const weight = file.size + 20_000; // a short file takes time, too
    if (state === "scored" || state === "failed") answered += weight;
    else open += weight;
  }
  if (ms < MIN_MS || answered <= 0 || !open) return "";
  const seconds = ((ms / answered) * open) / 1000;
  if (seconds < 10) return "a few seconds";
  if (seconds < 55) return `about ${Math.ceil(seconds / 10) * 10} seconds`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return minutes === 1 ? "about a minute" : `about ${minutes} minutes`;
  const hours = Math.round(minutes / 6) / 10;
  return `about ${hours} ${hours === 1 ? "hour" : "hours"}`;
}

/** @param {Row[]} rows */
export const weightDone = (rows) =>
  rows.reduce(
    (sum, { state, file }) => sum + (state === "scored" || state === "failed" ? file.size + 20_000 : 0),
    0,
  );

/** The files of one list, and how far they are. */
export class Run {
  /**
   * @param {object} page
   * @param {(batch: Row[], signal: AbortSignal) => Promise<Outcome>} page.send
   * @param {() => Promise<boolean>} page.isThere whether the app answers
   * @param {() => void} page.changed something is new
   * @param {(ms: number) => Promise<unknown>} [page.pause]
   * @param {() => number} [page.now] milliseconds
   */
  constructor({ send, isThere, changed, pause, now }) {
    this.send = send;
    this.isThere = isThere;
    this.changed = changed;
    this.pause = pause ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    this.now = now ?? (() => performance.now());
    /** @type {Row[]} */
    this.rows = [];
    /** @type {State} */
    this.state = "empty";
    this.why = ""; // it was stopped, if not by the person
    this.isCrowded = false;
    /** @type {Emotion[] | null} that the answers name */
    this.emotions = null;
    /** @type {Set<AbortController>} one for each batch */
    this.inFlight = new Set();
    this.problems = 0;
    this.began = { ms: 0, weight: 0 };
  }

  /** @param {Row[]} rows */
  add(rows) {
    this.rows.push(...rows);
    if (this.state !== "stopped" && this.state !== "away") this.go();
    else this.changed();
  }

  go() {
    this.why = "";
    this.problems = 0;
    if (this.state !== "running") this.began = { ms: this.now(), weight: weightDone(this.rows) };
    this.state = "running";
    this.fill();
  }

  stop(why = "") {
    if (this.state !== "running" && this.state !== "away") return;
    this.state = why || this.isOpen ? "stopped" : "done";
    this.why = why;
    for (const controller of this.inFlight) controller.abort();
    this.changed();
  }

  /** Whether a file has no answer yet. */
  get isOpen() {
    return this.rows.some(({ state }) => state === "waiting" || state === "sending");
  }

  /** Forget all files. */
  clear() {
    this.drop();
    Object.assign(this, { rows: [], state: "empty", why: "", emotions: null });
    this.changed();
  }

  /** Try the files again that have no scores. */
  retry() {
    this.rows.filter(({ state }) => state === "failed").forEach(reset);
    this.go();
  }

  /** Score all files again. */
  rescore() {
    this.drop();
    this.rows.forEach(reset);
    this.go();
  }

  /** What is on its way is nobody's any more. */
  drop() {
    for (const controller of this.inFlight) controller.abort();
    this.inFlight = new Set();
  }

  timeLeft() {
    return this.state === "running" ? timeLeft(this.now() - this.began.ms, this.rows, this.began.weight) : "";
  }

  fill() {
    while (this.state === "running" && this.inFlight.size < MAX_IN_FLIGHT) {
      const isFirst = !this.rows.some(({ state }) => state !== "waiting");
      const batch = nextBatch(this.rows, isFirst ? FIRST_FILES : MAX_FILES);
      if (!batch.length) break;
      for (const row of batch) row.state = "sending";
      this.handle(batch);
    }
    if (this.state === "running" && !this.inFlight.size) this.state = this.rows.length ? "done" : "empty";
    if (this.state === "stopped" && !this.why && !this.isOpen) this.state = "done"; // the last answers came all the same
    this.changed();
  }

  /** @param {Row[]} batch */
  async handle(batch) {
    const controller = new AbortController();
    this.inFlight.add(controller);
    const outcome = await this.send(batch, controller.signal);
    if (!this.inFlight.has(controller)) return; // dropped
    // Those that get no answer here are sent again.
    this.settle(batch, outcome);
    for (const row of batch) if (row.state === "sending") row.state = "waiting";
    this.isCrowded = Boolean(outcome.busy);
    if (outcome.busy) await this.pause(BUSY_MS);
    if (outcome.lost) await this.waitFor(batch, outcome.lost);
    if (this.inFlight.delete(controller)) this.fill();
  }

  /**
   * @param {Row[]} batch
   * @param {Outcome} outcome
   */
  settle(batch, { scored, unreadable, problem, halt }) {
    if (scored) {
      scored.rows.forEach((answer, i) => settle(batch[i], answer, scored.network));
      if (scored.rows.some(({ scores }) => scores)) this.emotions = scored.emotions;
      this.problems = 0;
    }
    unreadable?.forEach((row) => fail(row, MOVED));
    if (halt) this.stop(halt);
    if (problem && batch.length > 1) for (const row of batch) row.tries = Math.max(row.tries, ALONE);
    else if (problem && this.state === "running") {
      fail(batch[0], problem);
      this.problems += 1;
      if (this.problems >= MAX_PROBLEMS) this.stop(problem);
    }
  }

  /**
   * Wait until the app answers again.
   * @param {Row[]} batch
   * @param {"sending" | "scoring"} lost
   */
  async waitFor(batch, lost) {
    let isThere = await this.isThere();
    if (isThere || lost === "scoring") {
      // The app may have stopped because of one of these files, or a proxy does not let one through.
      for (const row of batch) {
        row.tries += 1;
        if (row.tries >= MAX_TRIES && row.state === "waiting") fail(row, FATAL);
      }
    }
    if (!isThere && this.state === "running") this.state = "away";
    while (!isThere && this.state === "away") {
      this.changed();
      await this.pause(LOOK_MS);
      isThere = await this.isThere();
    }
    if (this.state === "away") this.go();
  }
}
