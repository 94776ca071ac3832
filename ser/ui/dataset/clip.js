// @ts-check
// The opened clip of the Data set tab: its sound and its picture.
import { find, node } from "../page/dom.js";
import { remembered } from "../page/remembered.js";
import { answerTo } from "../page/server.js";
import { factsOf, heardTable } from "./clip_facts.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").Words} Words */
/** @typedef {{ audio: string, duration_s: number, picture: string, problem?: string }} OpenedClip */
/** @typedef {{ play?: boolean, immediately?: boolean }} Options */

const FETCH_DELAY_MS = 90; // a clip that the arrow keys only pass is not fetched
const WINDOW_S = 3; // the length that the picture shows

export class ClipPanel {
  /**
   * @param {HTMLElement} element of the widget
   * @param {object} context
   * @param {Words} context.words
   * @param {boolean} context.sound whether clips can be played
   * @param {(clip: string) => Promise<OpenedClip>} context.readClip asks the server for a clip
   * @param {(clip: string, options?: Options) => void} context.openClip opens the row of a clip
   */
  constructor(element, { words, sound, readClip, openClip }) {
    this.element = element;
    this.words = words;
    this.hasSound = sound;
    this.readClip = readClip;
    this.openClip = openClip;
    /** @type {Row | null} */
    this.row = null;
    this.latestRequest = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.fetchTimer = undefined;
    this.playWhenLoaded = false;
    this.audio = find(element, '[data-slot="audio"]', HTMLAudioElement);
    this.seekBar = find(element, '[data-slot="seek"]', HTMLInputElement);
    this.auto = find(element, '[data-slot="auto"]', HTMLInputElement);
    this.playButton = find(element, '[data-act="play"]');
    this.listen();
  }

  /** @param {string} name */
  slot(name) {
    return find(this.element, `[data-slot="${name}"]`);
  }

  listen() {
    const { audio, auto, seekBar } = this;
    this.playButton.addEventListener("click", () => this.playOrPause());
    for (const name of ["play", "pause", "ended", "loadedmetadata"])
      audio.addEventListener(name, () => this.drawTime());
    // The server deletes the sound after an hour: fetch it again.
    audio.addEventListener("error", () => audio.currentTime > 0 && this.row && this.openClip(this.row.clip));
    seekBar.addEventListener("input", () => this.seek(Number(seekBar.value)));
    this.slot("frame").addEventListener("click", (event) => {
      const box = this.slot("frame").getBoundingClientRect();
      this.seek((WINDOW_S * (event.clientX - box.left)) / box.width);
      this.play();
    });
    auto.checked = remembered.get("quiet") !== "yes";
    auto.addEventListener("change", () => remembered.set("quiet", auto.checked ? null : "yes"));
  }

  /**
   * @param {Row} row
   * @param {Options} [options]
   */
  open(row, { play = false, immediately = true } = {}) {
    this.row = row;
    this.slot("invitation").hidden = true;
    this.slot("opened").hidden = false;
    this.slot("clip").textContent = row.clip;
    this.slot("inspect").hidden = !this.hasSound;
    this.slot("inspect").dataset.inspect = JSON.stringify({ kind: "clip", key: row.clip, name: row.clip });
    this.slot("text").textContent = row.sentence && `“${this.words.sentences[row.sentence]}”`;
    this.drawNotes(row);
    this.slot("heard").replaceChildren(...heardTable(row, this.words));
    const facts = factsOf(row, this.words).flatMap(([name, text]) => [
      node("dt", { textContent: name }),
      node("dd", { textContent: text }),
    ]);
    this.slot("facts").replaceChildren(...facts);
    this.audio.pause();
    this.audio.removeAttribute("src");
    find(this.element, "#clip").classList.add("waiting");
    this.playWhenLoaded = play;
    const number = ++this.latestRequest;
    clearTimeout(this.fetchTimer);
    this.fetchTimer = setTimeout(() => this.fetchSound(row, number), immediately ? 0 : FETCH_DELAY_MS);
  }

  /**
   * @param {Row} row
   * @param {number} number of the request
   */
  async fetchSound(row, number) {
    /** @type {OpenedClip} */
    const answer = await answerTo(this.readClip(row.clip));
    if (number !== this.latestRequest) return; // another clip has been opened since
    find(this.element, "#clip").classList.remove("waiting");
    this.slot("sound").hidden = Boolean(answer.problem);
    this.slot("silent").hidden = !answer.problem;
    this.slot("silent").innerHTML = answer.problem || "";
    if (answer.problem) return;
    const file = `${window.gradio_config?.root || ""}/gradio_api/file=${answer.audio}`;
    Object.assign(this.slot("picture"), {
      src: answer.picture,
      alt: `Log-mel spectrogram of ${row.clip}: time to the right, pitch upwards, brighter is louder.`,
    });
    this.slot("reading").textContent =
      answer.duration_s > WINDOW_S + 0.05
        ? `First 3 of ${answer.duration_s.toFixed(1)} s; brighter is louder`
        : "Time runs to the right; brighter is louder";
    Object.assign(this.slot("png"), { href: answer.picture, download: `${row.clip}_log-mel.png` });
    Object.assign(this.slot("wav"), { href: file, download: `${row.clip}.wav` });
    this.seekBar.max = String(answer.duration_s);
    this.audio.src = file;
    this.drawTime();
    if (this.playWhenLoaded) this.play();
  }

  /** @param {Row} row */
  drawNotes(row) {
    const { part, twin } = row;
    const flag = this.slot("flag");
    this.slot("training").hidden = part !== "train";
    flag.hidden = !twin;
    if (!twin) return;
    const button = node("button", { type: "button", className: "link", textContent: twin });
    button.addEventListener("click", () => this.openClip(twin, { play: this.auto.checked }));
    const filedAs = this.words.emotions[twin.split("_")[2]].toLowerCase();
    flag.replaceChildren(
      "⚑ Byte for byte the same recording as ",
      button,
      `, which was filed as ${filedAs}: one of the two labels must be wrong.`,
    );
  }

  /**
   * Say where the opened clip is in the list.
   * @param {number} index -1 if it is not in the list
   * @param {number} length of the list
   */
  drawPosition(index, length) {
    if (!this.row) return;
    this.slot("position").textContent =
      index < 0
        ? "not in this list"
        : `${(index + 1).toLocaleString("en")} of ${length.toLocaleString("en")}`;
    find(this.element, '[data-act="previous"]', HTMLButtonElement).disabled = index === 0 || !length;
    find(this.element, '[data-act="next"]', HTMLButtonElement).disabled = index === length - 1;
  }

  play() {
    this.audio.play().catch(() => {}); // browsers may require a click first
  }

  playOrPause() {
    if (!this.audio.src) this.playWhenLoaded = true;
    else if (this.audio.paused) this.play();
    else this.audio.pause();
  }

  drawTime() {
    const { audio, playButton, seekBar } = this;
    const seconds = audio.currentTime || 0;
    const playhead = this.slot("playhead");
    seekBar.value = String(seconds);
    this.slot("time").textContent = `${seconds.toFixed(1)} / ${Number(seekBar.max).toFixed(1)} s`;
    playhead.style.left = `${Math.min(100, (100 * seconds) / WINDOW_S)}%`;
    playhead.hidden = seconds === 0 || seconds > WINDOW_S;
    playButton.classList.toggle("playing", !audio.paused);
    playButton.ariaLabel = audio.paused ? "Play" : "Pause";
    if (!audio.paused) requestAnimationFrame(() => this.drawTime());
  }

  /** @param {number} seconds */
  seek(seconds) {
    this.audio.currentTime = Math.min(Math.max(0, seconds), Number(this.seekBar.max));
    this.drawTime();
  }
}
