// @ts-check
// The waveform and the emotions' lanes: a click plays from there, the playhead follows, arrow keys move it.
// Every result replaces the timeline, so events are handled on the widget and the timeline is looked up each time.
import { closest, find } from "../page/dom.js";
import * as shortcuts from "../page/shortcuts.js";
import { secondsAt, wordsAt } from "./timeline_words.js";

const STEP_S = 0.5;

const player = () =>
  /** @type {HTMLAudioElement | null} */ (document.querySelector("#recorder audio[controls][src]"));
const durationOf = (/** @type {HTMLElement} */ line) => Number(line.dataset.duration);

/**
 * Return the time at the pointer.
 * @param {HTMLElement} line
 * @param {MouseEvent} event
 */
const pointedAt = (line, { clientX }) =>
  secondsAt(clientX, find(line, ".wave").getBoundingClientRect(), durationOf(line));

/**
 * Describe the scores around a time.
 * @param {HTMLElement} line
 * @param {number} seconds
 */
const words = (line, seconds) =>
  wordsAt(JSON.parse(line.dataset.windows ?? "[]"), seconds, JSON.parse(line.dataset.names ?? "[]"));

const UNPLAYABLE = "The sound cannot be played any more: record or upload it again.";

/** @param {Widget} widget */
export function start({ element, watch }) {
  const timeline = () => /** @type {HTMLElement | null} */ (element.querySelector(".timeline"));

  /** @param {HTMLAudioElement | null} audio */
  async function play(audio) {
    try {
      await audio?.play();
    } catch (error) {
      const line = timeline();
      if (line && /** @type {Error} */ (error).name === "NotSupportedError")
        find(line, ".readout").textContent = UNPLAYABLE;
    }
  }

  function playOrPause() {
    const audio = player();
    until_s = Infinity;
    if (audio?.paused) play(audio);
    else audio?.pause();
  }

  // The player gets the decoded sound as soon as there is a result: browsers cannot play some formats, and seek in others
  // to somewhere else.
  function setSound() {
    const audio = player();
    const sound = timeline()?.dataset.sound;
    if (!audio || !sound) return;
    const address = new URL(sound, document.baseURI).href;
    if (audio.src === address) return;
    const { currentTime, paused } = audio;
    audio.src = address;
    audio.currentTime = currentTime;
    if (!paused) play(audio);
  }

  /** @param {number} seconds */
  function showTime(seconds) {
    const line = timeline();
    if (!line) return;
    line.style.setProperty("--place", String(seconds / durationOf(line)));
    line.setAttribute("aria-valuenow", seconds.toFixed(2));
    line.setAttribute("aria-valuetext", words(line, seconds));
    line.classList.add("placed");
  }

  /** @param {number} seconds */
  function seek(seconds) {
    const audio = player();
    if (!audio || !timeline()) return null;
    audio.currentTime = seconds;
    showTime(seconds);
    return audio;
  }

  /** Where the phrase that is played ends, in seconds */
  let until_s = Infinity;

  /**
   * @param {number} from_s
   * @param {number} [to_s]
   */
  function playFrom(from_s, to_s = Infinity) {
    until_s = to_s;
    play(seek(from_s));
  }

  element.addEventListener("click", (event) => {
    const line = closest(event.target, ".timeline");
    if (line) return playFrom(pointedAt(line, event));
    const phrase = closest(event.target, "[data-from]");
    if (phrase) playFrom(Number(phrase.dataset.from), Number(phrase.dataset.to));
  });

  element.addEventListener("pointermove", (event) => {
    const line = closest(event.target, ".timeline");
    if (line) find(line, ".readout").textContent = words(line, pointedAt(line, event));
  });

  element.addEventListener("keydown", (event) => {
    const line = closest(event.target, ".timeline");
    if (!line || event.ctrlKey || event.metaKey || event.altKey) return;
    const current = player()?.currentTime ?? 0;
    const forward = () => seek(Math.min(current + STEP_S, durationOf(line)));
    const back = () => seek(Math.max(current - STEP_S, 0));
    /** @type {Record<string, () => unknown>} */
    const steps = {
      ArrowRight: forward,
      ArrowUp: forward,
      ArrowLeft: back,
      ArrowDown: back,
      Home: () => seek(0),
      End: () => seek(durationOf(line)),
      Enter: () => playFrom(current),
      " ": playOrPause,
    };
    if (!steps[event.key]) return;
    event.preventDefault();
    steps[event.key]();
    find(line, ".readout").textContent = line.getAttribute("aria-valuetext");
  });

  function follow() {
    const audio = player();
    if (!audio) return;
    showTime(audio.currentTime);
    if (audio.currentTime >= until_s) audio.pause();
    if (!audio.paused && !audio.ended) requestAnimationFrame(follow);
  }
  // Media events do not bubble, but they can be captured.
  for (const kind of ["play", "seeked", "ended"])
    document.addEventListener(kind, ({ target }) => target === player() && follow(), true);

  watch("value", setSound);
  shortcuts.add("record", " ", "play or pause the recording", playOrPause);
}
