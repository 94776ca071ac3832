// @ts-check
// Operates gradio's own recorder, whose buttons are hidden, and notices what goes wrong in it, which gradio reports only to
// the console.
import { closest } from "../../page/dom.js";
import { clearedByPerson } from "./newest_take.js";

const LOOK_MS = 20;
const APPEAR_MS = 10_000;
const CLEARED_MS = 10_000;
const BEGIN_MS = 5_000; // gradio begins to record in the moment in which the microphone has opened
const CLICK_MS = 200;
const END_MS = 5_000;
const STUCK_MS = 10_000; // without a step between Stop and the player
const PLAYER = "audio[controls][src]"; // there once a sound has reached the server
const CLEAR = ".top-panel > button:last-child";

/** @typedef {"empty" | "large" | "lost"} Failure nothing was recorded; the sound is too large; it did not arrive */

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Wait until a condition holds; return whether it does.
 * @param {() => boolean} condition
 * @param {number} ms at most
 */
async function until(condition, ms) {
  for (const end = performance.now() + ms; performance.now() < end; await pause(LOOK_MS))
    if (condition()) return true;
  return condition();
}

/**
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
const inGradio = (selector) => document.querySelector(`#recorder ${selector}`);

/**
 * Wait for an element that gradio has yet to draw, which takes a moment; return null if it does not appear.
 * @param {string} selector
 */
async function when(selector) {
  await until(() => inGradio(selector) !== null, APPEAR_MS);
  return inGradio(selector);
}

export const player = () => /** @type {HTMLAudioElement | null} */ (inGradio("audio[controls]"));
export const cleared = () => until(() => inGradio(PLAYER) === null, CLEARED_MS);

/** Clear the sound: otherwise the same file twice would not be a change. */
export function clear() {
  inGradio(CLEAR)?.click();
}

/** @param {"microphone" | "upload"} source */
async function choose(source) {
  const place = source === "microphone" ? "last-child" : "first-child";
  const button = await when(`[data-testid="source-select"] button:${place}`);
  if (button?.classList.contains("selected") === false) button.click();
}

/** Choose the upload, and return its input. */
export async function uploadInput() {
  await choose("upload");
  return /** @type {HTMLInputElement | null} */ (await when('input[type="file"]'));
}

/**
 * Upload a file through gradio's input.
 * @param {HTMLInputElement} input
 * @param {File} file
 */
export function upload(input, file) {
  failure = null;
  const files = new DataTransfer();
  files.items.add(file);
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// ---- recording

/** Open the microphone; return whether there was a button to press. */
export async function record() {
  await choose("microphone");
  const button = await when(".record-button");
  button?.click();
  return button !== null;
}

const isRecording = () => inGradio(".stop-button")?.style.display === "flex";

/** Return, soon after the microphone has opened, whether gradio records. */
export const begun = () => until(isRecording, BEGIN_MS);

/** @param {MediaStream | null} stream */
export const close = (stream) => stream?.getTracks().forEach((track) => track.stop());

/**
 * End the recording, and close the microphone in any case; return whether gradio has ended it.
 * @param {MediaStream | null} stream what is recorded
 */
export async function end(stream) {
  failure = null;
  // gradio ignores a click before the browser's recorder has begun, so one click may not be enough.
  for (
    const last = performance.now() + END_MS;
    isRecording() && performance.now() < last;
    await pause(CLICK_MS)
  )
    inGradio(".stop-button")?.click();
  close(stream); // with its sound, a recorder of the browser ends too
  return until(() => !isRecording(), END_MS);
}

/** Let gradio take its recorder away: one that failed keeps a microphone, and would not ask for it again. */
export const reset = () => choose("upload");

// ---- what goes wrong after Stop

/** @type {Failure | null} of the sound that was sent last */
let failure = null;

/** Decodings and uploads that are under way, and when the last one began or ended: gradio tells nobody if it gives up between them. */
const steps = { underWay: 0, last: 0 };
const isStuck = () => steps.underWay === 0 && performance.now() - steps.last > STUCK_MS;

/**
 * @template Result
 * @param {Promise<Result>} step
 * @returns {Promise<Result>}
 */
function underWay(step) {
  const change = (/** @type {number} */ by) => {
    steps.underWay += by;
    steps.last = performance.now();
  };
  change(1);
  const ended = () => change(-1);
  step.then(ended, ended);
  return step;
}

/**
 * Wait until the sound has reached the server; return null, or what went wrong.
 * @param {number} ms at most
 */
export async function arrival(ms) {
  const arrived = () => inGradio(PLAYER) !== null;
  steps.last = performance.now();
  await until(() => failure !== null || arrived() || isStuck(), ms);
  return failure ?? (arrived() ? null : "lost");
}

/**
 * Wait for as long as the page waits for an answer to anything; return whether a condition held meanwhile.
 * @param {() => boolean} condition
 */
export async function answered(condition) {
  for (let last = performance.now(); performance.now() - last < STUCK_MS; await pause(LOOK_MS)) {
    if (condition()) return true;
    if (window.awaitedAnswers.size || steps.underWay) last = performance.now();
  }
  return condition();
}

/**
 * Return what the answer to an upload means.
 * @param {{ ok: boolean, status: number }} response
 * @returns {Failure | null}
 */
export function uploadFailure({ ok, status }) {
  if (ok) return null;
  return status === 413 ? "large" : "lost";
}

// gradio decodes every recording in an offline context. That fails if Stop came before the first sound.
function watchDecoding() {
  const decode = BaseAudioContext.prototype.decodeAudioData;
  BaseAudioContext.prototype.decodeAudioData = function (...args) {
    const decoding = underWay(decode.apply(this, args));
    if (this instanceof OfflineAudioContext) decoding.catch(() => (failure = "empty"));
    return decoding;
  };
}

function watchUploads() {
  const original = window.fetch;
  window.fetch = async (input, options) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input, location.href);
    if (!pathname.endsWith("/gradio_api/upload")) return original(input, options);
    try {
      const response = await underWay(original(input, options));
      failure ??= uploadFailure(response);
      return response;
    } catch (error) {
      failure = "lost";
      throw error;
    }
  };
}

function watchClears() {
  document.addEventListener(
    "click",
    ({ isTrusted, target }) => isTrusted && closest(target, `#recorder ${CLEAR}`) && clearedByPerson(),
    true,
  );
}

if (typeof window !== "undefined") {
  watchClears();
  watchDecoding();
  watchUploads();
}
