// @ts-check
// The big Record button. It operates gradio's own recorder, and shows how loud the voice is.
import { handOver, isMany } from "../../many/scripts/handover.js";
import { closest, find } from "../../page/dom.js";
import * as shortcuts from "../../page/shortcuts.js";
import { bringIntoView, follow } from "./in_view.js";
import { clock } from "./clock.js";
import * as gradio from "./gradio_recorder.js";
import { meterShare, watchLevel } from "./level.js";
import { offerMicrophones } from "./microphone_choice.js";
import { asked, clearedByPerson, setBegin, takeAfter } from "./newest_take.js";

const ARRIVAL_MS = 120_000;
const LEVELS = {
  waiting: "Speak now",
  quiet: "Too quiet: move closer or speak up",
  good: "Good level",
  clipping: "Too loud, the sound is clipped: move back or speak more softly",
};
const WORDS = { idle: "Record", asking: "Allow the microphone…", recording: "Stop", sending: "Sending…" };

const OWN_SOURCES = ["microphone", "upload"]; // also in tab.py
const LINK = "take"; // in the page's address

/** @typedef {keyof typeof WORDS} State */

function forgetLink() {
  const address = new URL(location.href);
  if (!address.searchParams.has(LINK)) return;
  address.searchParams.delete(LINK);
  history.replaceState(history.state, "", address);
}

// On a phone, the result may be off screen.
function lookAtResult() {
  if (asked.emotion) return; // the next sentence to say is above
  const result = find(document, "#result");
  bringIntoView(result, result.querySelector(".bars") ?? result);
}

class Recorder {
  /** @param {Widget} widget */
  constructor({ element, trigger }) {
    this.trigger = trigger;
    this.box = find(element, ".recorder");
    this.big = find(this.box, ".big");
    this.meter = find(this.box, '[role="meter"]');
    this.quietDb = Number(this.box.dataset.quietDb);
    /** @type {MediaStream | null} what the microphone hears while we record */
    this.stream = null;
    /** whether gradio records, which shows soon after the microphone has opened */
    this.begun = Promise.resolve(false);
    this.endLevel = () => {};
    /** the answer about a sound that is scored again */
    this.rescored = Promise.resolve(true);
  }

  get state() {
    return /** @type {State} */ (this.box.dataset.state);
  }

  /** @param {State} state */
  show(state) {
    this.box.dataset.state = state;
    find(this.big, ".word").textContent = WORDS[state];
    // aria-disabled instead of disabled, because a disabled button loses the keyboard focus.
    this.big.setAttribute("aria-disabled", String(state === "asking" || state === "sending"));
    for (const other of document.querySelectorAll(".examples, .read-aloud, .recorder .other"))
      /** @type {HTMLElement} */ (other).inert = state !== "idle";
  }

  /**
   * Clear the old result immediately, so that nobody mistakes it for the new one.
   * @param {import("./newest_take.js").Source} source
   */
  begin(source) {
    window.take = takeAfter(window.take, source, asked.emotion);
    this.box.closest(".record-layout")?.classList.remove("taught"); // the end of teaching is over
    if (source !== "link") forgetLink();
    follow();
    for (const old of document.querySelectorAll("#result .result")) old.classList.add("stale");
    gradio.player()?.pause();
    gradio.clear();
    this.trigger("begin", window.take);
    if (source !== "microphone") lookAtResult();
  }

  /**
   * Report a problem with the newest take; an error from the server about it is then ignored.
   * @param {string} problem
   */
  report(problem) {
    if (window.take) window.take.told = true;
    this.trigger(problem, window.take);
  }

  async start() {
    this.show("asking");
    this.begin("microphone");
    if (!navigator.mediaDevices?.getUserMedia) {
      window.dispatchEvent(new CustomEvent("microphone-failed", { detail: "insecure" }));
      return;
    }
    await gradio.cleared();
    if (!(await gradio.record())) this.refuse();
  }

  /** @param {MediaStream} stream */
  async opened(stream) {
    this.show("recording");
    this.stream = stream;
    this.begun = gradio.begun();
    this.endLevel = watchLevel(stream, this.quietDb, (...measured) => this.showLevel(...measured));
    const onEnded = () => {
      if (this.state !== "recording" || this.stream !== stream) return;
      window.dispatchEvent(new CustomEvent("microphone-failed", { detail: "unplugged" })); // for the note
      this.stop();
    };
    stream.getAudioTracks()[0]?.addEventListener("ended", onEnded);
    if (!(await this.begun) && this.stream === stream && this.state === "recording") this.refuse();
  }

  // The microphone may be open, but gradio does not record.
  refuse() {
    this.endLevel();
    gradio.close(this.stream);
    gradio.reset();
    window.dispatchEvent(new CustomEvent("microphone-failed", { detail: "" })); // for the note
    if (this.state !== "idle") this.failed();
  }

  failed() {
    this.show("idle");
    this.report("refused");
  }

  async stop() {
    this.show("sending");
    this.endLevel();
    if (!(await this.begun)) return this.refuse();
    const ended = gradio.end(this.stream);
    this.trigger("sent", window.take);
    follow();
    lookAtResult();
    const { take } = window;
    const problem = (await ended) ? await gradio.arrival(ARRIVAL_MS) : "lost";
    if (problem) {
      gradio.reset();
      this.report(problem);
    }
    this.show("idle");
    if (!problem) this.expectAnswer(take);
  }

  /**
   * Say so if a sound that has arrived gets neither a result nor a reason.
   * @param {import("./newest_take.js").Take | undefined} take
   */
  async expectAnswer(take) {
    const isOver = () => take !== window.take || !document.querySelector("#result .result.busy");
    if (!(await gradio.answered(isOver))) this.report("lost");
  }

  /** @param {File} sound */
  async send(sound) {
    if (this.state !== "idle") return;
    this.begin("upload");
    const { take } = window;
    const limit = window.gradio_config?.max_file_size;
    if (limit && sound.size > limit) return this.report("large");
    await gradio.cleared();
    if (take !== window.take) return; // another take was begun
    const input = await gradio.uploadInput();
    if (take !== window.take) return;
    if (!input) return this.report("lost");
    // gradio rejects files by the type that the browser guesses from the name; here the decoders decide.
    const type = sound.type.startsWith("audio/") ? sound.type : "audio/wav";
    gradio.upload(input, new File([sound], sound.name, { type }));
    const problem = await gradio.arrival(Infinity);
    if (take !== window.take) return;
    if (problem) this.report(problem);
    else this.expectAnswer(take);
  }

  /**
   * Clear the result and the player if they are of a take that was deleted.
   * @param {string[] | null} files of deleted takes; null for all
   */
  async forget(files) {
    await this.rescored; // or it would come back
    if (this.state !== "idle") return; // the next one is under way
    const request = find(document, "#result").querySelector("[data-inspect]");
    const { key } = JSON.parse(/** @type {HTMLElement | null} */ (request)?.dataset.inspect ?? "{}");
    const player = gradio.player();
    if (!player) return;
    const played = decodeURI(player.src);
    if (files && !files.some((file) => file === key || played.endsWith(file))) return;
    clearedByPerson();
    gradio.clear();
  }

  /**
   * Show the take of a link, which may have been recorded on another page.
   * @param {string} link
   */
  openLink(link) {
    this.begin("link");
    if (window.take) window.take.link = link;
    this.trigger("open_link", { link });
  }

  // Another person speaks than the result was adjusted to: score the same sound again, as it is one of the same takes.
  scoreAgain() {
    const { take } = window;
    const shown = document.querySelector("#result .result.done:not(.stale)");
    if (this.state !== "idle" || !shown || !take || take.asked || !OWN_SOURCES.includes(take.source)) return;
    shown.classList.add("stale");
    this.trigger("again", take);
    this.rescored = gradio.answered(() => !document.querySelector("#result .stale"));
  }

  press() {
    if (this.state === "recording") this.stop();
    else if (this.state === "idle") this.start();
  }

  /**
   * @param {import("./level.js").Level} level
   * @param {number} db
   * @param {number} seconds
   */
  showLevel(level, db, seconds) {
    const share = meterShare(db);
    find(this.box, ".time").textContent = clock(seconds);
    this.box.style.setProperty("--level", share.toFixed(3));
    this.meter.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    if (this.box.dataset.level === level) return;
    this.box.dataset.level = level;
    this.meter.setAttribute("aria-valuetext", LEVELS[level]);
    find(this.box, ".level-words").textContent = LEVELS[level];
  }
}

/**
 * Send a file that is dropped anywhere next to the result. Several files, or a folder, go to the tab for them.
 * @param {Element | null} source
 * @param {(file: File) => void} send
 */
function acceptDrops(source, send) {
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    source?.addEventListener(
      kind,
      (dropping) => {
        const event = /** @type {DragEvent} */ (dropping);
        const { dataTransfer } = event;
        if (!dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        event.stopPropagation(); // or gradio's own upload area would also take it
        source.classList.toggle("dropping", kind.startsWith("drag") && kind !== "dragleave");
        if (kind !== "drop" || !dataTransfer.files.length) return;
        if (isMany(dataTransfer)) handOver(dataTransfer);
        else send(dataTransfer.files[0]);
      },
      true,
    );
  }
}

/**
 * Let the first Tab of a visit lead to the Record button; Shift and Tab lead to what stands above it.
 * @param {HTMLElement} box
 */
function startTabHere(box) {
  const layout = closest(box, ".record-layout");
  if (!layout || document.activeElement !== document.body) return;
  layout.tabIndex = -1;
  layout.focus({ preventScroll: true });
}

// Screen readers miss a live region that is replaced together with its text.
/** @param {HTMLElement} said */
function announceResults(said) {
  /** @type {Element | null} */
  let answer = null;
  new MutationObserver(() => {
    const sentence = document.querySelector("#result h2")?.textContent ?? "";
    if (said.textContent !== sentence) said.textContent = sentence;
    const now = document.querySelector("#result .result.done:not(.stale)");
    if (now && now !== answer) lookAtResult();
    answer = now;
  }).observe(find(document, "#result"), { childList: true, subtree: true });
}

/** @param {Widget} widget */
export function start(widget) {
  const recorder = new Recorder(widget);
  const { box, big } = recorder;
  const file = find(box, "input[type=file]", HTMLInputElement);
  window.addEventListener("microphone-opened", (event) => {
    if (recorder.state !== "asking") return; // for another part of the page, such as Live
    recorder.opened(/** @type {CustomEvent<MediaStream>} */ (event).detail);
  });
  window.addEventListener("microphone-failed", () => recorder.state === "asking" && recorder.failed());
  big.addEventListener("click", () => recorder.press());
  find(box, ".upload").addEventListener("click", () => file.click());
  const sendChosen = () => {
    if (file.files?.length) recorder.send(file.files[0]);
    file.value = ""; // the same file may be chosen again
  };
  file.addEventListener("change", sendChosen);
  acceptDrops(box.closest(".source"), (sound) => recorder.send(sound));
  announceResults(find(box, ".said"));
  offerMicrophones(find(box, ".microphone-choice"));
  shortcuts.add("record", "r", "record, or stop", () => {
    const live = /** @type {HTMLElement | null} */ (document.querySelector(".live-start"));
    if (live?.checkVisibility()) live.click();
    else if (box.checkVisibility()) recorder.press(); // not while many files are shown
  });
  recorder.show("idle");
  startTabHere(box);
  window.addEventListener("takes-gone", (event) =>
    recorder.forget(/** @type {CustomEvent<string[]>} */ (event).detail),
  );
  window.addEventListener("all-deleted", () => recorder.forget(null));
  window.addEventListener("speaker-changed", () => recorder.scoreAgain());
  setBegin((source) => recorder.begin(source));
  const link = new URL(location.href).searchParams.get(LINK);
  if (link) recorder.openLink(link);
  sendChosen(); // what was chosen before this script ran
}
