// @ts-check
// Live mode: sends the microphone's sound to the server in chunks of a tenth of a second, and shows the scores.
// One request is pending at a time; meanwhile the sound waits (see live_sound.js).
import { find, findAll } from "../../page/dom.js";
import { answerTo } from "../../page/server.js";
import { clock } from "./clock.js";
import { judgePeak, peakOf, Session, wav } from "./live_sound.js";
import { offerMicrophones } from "./microphone_choice.js";
import { areOthers, colourTheSix, drawEmotions } from "./live_emotions.js";
import { drawTimeline, lastMinute } from "./live_timeline.js";
import { startWall } from "./wall.js";

const MIN_ANNOUNCEMENT_S = 4; // between announcements: a screen reader needs time to speak

/** @type {Record<string, string>} */
const PROBLEMS = {
  insecure: "The microphone works only on https or on the computer that runs the app (localhost).",
  NotAllowedError:
    "Your browser is blocking the microphone. Allow it next to the address bar, then press Start.",
  NotFoundError: "No microphone was found: plug one in, then press Start.",
  microphone: "The microphone did not answer: close other programs that use it, then press Start.",
  server: "The app does not answer: check that it is running, then press Start.",
};

const INTERRUPTED = {
  manner: "",
  word: "Paused",
  sentence:
    "No sound arrives: the microphone is muted, or a call or a locked screen has it. It goes on by itself.",
};
const UNPLUGGED = {
  manner: "",
  word: "Unplugged",
  sentence:
    "The microphone was disconnected. Plug it in again, and it goes on by itself; or choose another one.",
};
const LOOK_MS = 250;
const NOT_YET = ["NotFoundError", "NotReadableError", "OverconstrainedError", "AbortError"]; // of a device that just came

/**
 * @typedef {object} Words
 * @property {string} manner
 * @property {string} word
 * @property {string} sentence
 * @property {number | null} top index of the highest score
 * @property {string} verdict
 *
 * @typedef {Words & { time_s: number, scores: number[] | null, percents: string[] }} Reading
 */

class Live {
  /** @param {Widget} widget */
  constructor({ element, props, server, trigger, upload }) {
    this.element = element;
    this.props = props;
    this.server = server;
    this.trigger = trigger;
    this.upload = upload;
    this.live = find(element, ".live");
    colourTheSix(this.live, this.labels);
    this.startButton = find(element, ".live-start");
    this.keepButton = find(element, ".live-keep", HTMLButtonElement);
    this.canvas = find(element, "canvas", HTMLCanvasElement);
    this.caption = find(element, "figcaption");
    this.minuteCaption = this.caption.textContent ?? "";
    /** @type {Words} */
    this.ready = {
      manner: "",
      word: find(element, ".live-word").textContent ?? "",
      sentence: find(element, ".live-sentence").textContent ?? "",
      top: null,
      verdict: "",
    };
    /** @type {Session | null} the one that runs */
    this.current = null;
    /** @type {Session | null} the one whose end can become a take */
    this.keepable = null;
    /** @type {import("./live_timeline.js").Shown} */
    this.shown = { readings: [], shown_s: 0, whole: false };
    this.announced_s = 0;
  }

  get labels() {
    return this.rows.map((row) => row.dataset.label ?? "");
  }

  get rows() {
    return findAll(this.live, ".live-bars li");
  }

  // ---- the microphone

  toggle() {
    if (this.current) this.stop();
    else this.start();
  }

  async start() {
    const session = new Session();
    this.current = session;
    this.offerToKeep(null);
    this.setState("starting");
    this.say({
      ...this.ready,
      word: "Listening…",
      sentence: "The first scores come after a second of sound.",
    });
    this.showProblem("");
    try {
      await session.openMicrophone();
      if (this.current !== session) return this.release(session);
      await session.prepareSound();
    } catch (error) {
      return this.fail(session, PROBLEMS[/** @type {Error} */ (error).name] ?? PROBLEMS.microphone);
    }
    const answer = await answerTo(this.server.start(this.props.profile ?? null), PROBLEMS.server);
    if (answer.problem) return this.fail(session, answer.problem);
    session.id = answer.session;
    if (areOthers(answer.emotions, this.labels)) drawEmotions(this.live, answer.emotions);
    if (this.current !== session) return this.release(session);
    this.clear();
    session.listen((chunk) => this.current === session && this.take(session, chunk));
    this.setState("running");
    const ticking = setInterval(() => {
      if (this.current === session) this.watch(session);
      else clearInterval(ticking);
    }, LOOK_MS);
  }

  /**
   * Say that no sound arrives, instead of showing an old score as if it were of now, and go on when it is back.
   * @param {Session} session
   */
  watch(session) {
    const now = Date.now(); // other clocks stand still during sleep
    if (!session.isSilenced) {
      if (session.interrupted_ms === null) return;
      session.sound.skip((now - session.interrupted_ms) / 1000);
      session.interrupted_ms = null;
      this.say({ ...this.ready, word: "Listening…", sentence: "" });
      return;
    }
    const why = session.isUnplugged ? UNPLUGGED : INTERRUPTED;
    if (why === UNPLUGGED) this.reopen(session, () => session.replug());
    else session.context?.resume().catch(() => {}); // not while a call has the sound
    if (session.interrupted_ms === null) {
      Object.assign(session, { interrupted_ms: now, wasInterrupted: true });
      this.setLevel(0);
      this.showNoScores();
    } else if (find(this.element, ".live-word").textContent === why.word) return;
    this.announced_s = -Infinity; // at once
    this.say({ ...this.ready, ...why });
  }

  /**
   * Open the microphone again, or another one.
   * @param {Session} session
   * @param {() => Promise<void>} open
   */
  async reopen(session, open) {
    if (session.isReopening) return;
    session.isReopening = true;
    try {
      await open();
    } catch (error) {
      const { name } = /** @type {Error} */ (error);
      if (!session.isUnplugged || !NOT_YET.includes(name))
        await this.fail(session, PROBLEMS[name] ?? PROBLEMS.microphone);
    } finally {
      session.isReopening = false;
    }
  }

  changeMicrophone() {
    const session = this.current;
    if (session?.worklet) this.reopen(session, () => session.changeMicrophone());
  }

  /**
   * End a session, here and on the server; return the server's summary, if there is one.
   * @param {Session} session
   * @returns {Promise<{ summary?: Reading, timeline?: import("./live_timeline.js").Column[] }>}
   */
  release(session) {
    session.close();
    const ended = session.id ? answerTo(this.server.stop(session.id)) : Promise.resolve({});
    session.id = null;
    return ended;
  }

  async stop() {
    const session = this.current;
    if (!session) return;
    this.current = null;
    this.setState("stopped");
    this.setLevel(0);
    const { summary, timeline } = await this.release(session);
    if (this.current) return;
    if (session.sound.isKeepable) this.offerToKeep(session);
    if (!summary) return this.say(this.ready);
    this.show(summary);
    this.shown = { readings: timeline ?? [], shown_s: summary.time_s, whole: true };
    this.caption.textContent = this.live.dataset.wholeCaption ?? "";
    this.draw();
  }

  /**
   * @param {Session} session
   * @param {string} problem
   */
  async fail(session, problem) {
    if (this.current !== session) {
      await this.release(session);
      return;
    }
    this.showProblem(problem);
    await this.stop();
  }

  // ---- from here to the server and back

  /**
   * @param {Session} session
   * @param {Int16Array} chunk
   */
  take(session, chunk) {
    if (!this.element.checkVisibility()) return this.stop(); // the microphone is not left on in a hidden tab
    this.watch(session);
    if (session.interrupted_ms !== null) return;
    session.sound.add(chunk);
    this.setLevel(peakOf(chunk));
    this.shown.shown_s = session.sound.heard_s;
    this.live.dataset.heard = session.sound.heard_s.toFixed(1);
    find(this.element, ".live-clock").textContent = clock(session.sound.heard_s);
    this.draw();
    this.ask(session);
  }

  /** @param {Session} session */
  async ask(session) {
    const next = session.isAsking ? null : session.sound.next();
    if (!next) return;
    session.isAsking = true;
    const message = { session: session.id, rate: session.rate, ...next };
    const answer = await answerTo(this.server.hear(message), PROBLEMS.server);
    session.isAsking = false;
    if (this.current !== session) return;
    if (answer.problem && session.wasInterrupted && answer.problem !== PROBLEMS.server)
      return this.restart(session);
    if (answer.problem) return this.fail(session, answer.problem);
    if (answer.reading && session.interrupted_ms === null) this.add(answer.reading);
    this.ask(session);
  }

  /**
   * Begin a new session: the server has forgotten one that was interrupted for long.
   * @param {Session} session
   */
  async restart(session) {
    this.current = null;
    await this.release(session);
    if (!this.current) this.start();
  }

  // ---- a take of the last half minute, on request

  /** @param {Session | null} session */
  offerToKeep(session) {
    this.keepable = session;
    this.keepButton.hidden = !session;
    this.keepButton.disabled = false;
    this.keepButton.textContent = session ? `Keep the last ${session.sound.kept_s} s as a take` : "";
  }

  async keep() {
    if (!this.keepable) return;
    this.keepButton.disabled = true;
    const sound = wav(this.keepable.sound.newest, this.keepable.rate);
    try {
      const { path } = await this.upload(new File([sound], "live.wav", { type: "audio/wav" }));
      this.trigger("keep", { path });
    } catch {
      this.showProblem(PROBLEMS.server);
      this.keepButton.disabled = false;
    }
  }

  // ---- what is shown

  /** @param {"starting" | "running" | "stopped"} state */
  setState(state) {
    this.live.dataset.state = state;
    this.startButton.textContent = state === "stopped" ? "Start" : "Stop";
  }

  /** @param {string} sentence */
  showProblem(sentence) {
    const place = find(this.element, ".live-problem");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  clear() {
    this.shown = { readings: [], shown_s: 0, whole: false };
    this.caption.textContent = this.minuteCaption;
    this.live.dataset.readings = "0";
    this.live.dataset.heard = "0.0";
    this.showNoScores();
  }

  showNoScores() {
    this.showScores({ scores: null, percents: this.rows.map(() => "–"), top: null });
  }

  /** @param {Reading} reading */
  add(reading) {
    this.shown.readings = lastMinute(
      [...this.shown.readings, [reading.time_s, reading.scores]],
      reading.time_s,
    );
    this.live.dataset.readings = String(Number(this.live.dataset.readings) + 1);
    this.show(reading);
    this.draw();
  }

  /** @param {Reading} reading */
  show(reading) {
    this.say(reading);
    this.showScores(reading);
  }

  /** @param {Words} words */
  say({ manner, word, sentence, top, verdict }) {
    find(this.element, ".live-manner").textContent = manner;
    find(this.element, ".live-word").textContent = word;
    find(this.element, ".live-sentence").textContent = sentence;
    const coloured = top !== null && (verdict === "sure" || verdict === "leaning");
    const colour = coloured ? `var(--live-${top})` : "var(--line)";
    find(this.element, ".live-verdict").style.setProperty("--colour", colour);
    this.live.dataset.verdict = verdict;
    this.announce(`${manner} ${word}`.trim());
  }

  /** @param {string} words */
  announce(words) {
    const status = find(this.element, ".live-said");
    const { shown_s } = this.shown;
    const isRunning = this.current && this.live.dataset.state === "running";
    if (isRunning && Math.abs(shown_s - this.announced_s) < MIN_ANNOUNCEMENT_S) return;
    if (status.textContent === words) return;
    this.announced_s = shown_s;
    status.textContent = words;
  }

  /** @param {Pick<Reading, "scores" | "percents" | "top">} reading */
  showScores({ scores, percents, top }) {
    this.rows.forEach((row, i) => {
      find(row, ".fill").style.setProperty("--score", String(scores ? scores[i] : 0));
      find(row, ".percent").textContent = percents[i];
      row.classList.toggle("top", i === top);
    });
  }

  /** @param {number} peak */
  setLevel(peak) {
    const { level, loudness } = judgePeak(peak);
    find(this.element, ".live-meter span").style.setProperty("--level", level.toFixed(3));
    this.live.dataset.loudness = loudness;
    find(this.element, ".live-loudness").textContent = loudness === "clipping" ? "Too loud: move back" : "";
  }

  draw() {
    if (!drawTimeline(this.canvas, this.live, this.labels, this.shown)) return;
    this.live.dataset.columns = String(this.shown.readings.length);
  }
}

/** @param {Widget} widget */
export function start(widget) {
  const app = new Live(widget);
  const { live, startButton, keepButton, canvas } = app;
  const screenButton = find(live, ".live-screen");
  startButton.addEventListener("click", () => app.toggle());
  screenButton.hidden = !document.fullscreenEnabled;
  screenButton.addEventListener("click", () =>
    document.fullscreenElement ? document.exitFullscreen() : live.requestFullscreen(),
  );
  document.addEventListener("fullscreenchange", () => {
    screenButton.textContent = document.fullscreenElement === live ? "Exit full screen" : "Full screen";
  });
  startWall(live);
  keepButton.addEventListener("click", () => app.keep());
  offerMicrophones(find(live, ".microphone-choice"));
  window.addEventListener("microphone-chosen", () => app.changeMicrophone());
  window.addEventListener("live-kept", () => (keepButton.textContent = "Saved to your takes"));
  window.addEventListener("theme-changed", () => app.draw());
  window.addEventListener("pagehide", () => app.stop());
  new ResizeObserver(() => app.draw()).observe(canvas);
}
