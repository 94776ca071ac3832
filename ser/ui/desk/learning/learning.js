// @ts-check
// Learn from these labels: the button, the job, and what becomes of its result.
import { find, node, saveFile } from "../../page/dom.js";
import { mayLeave, reloadWith } from "../../page/header.js";
import { adaptationCookie, remembered } from "../../page/remembered.js";
import { SILENT } from "../scripts/connection.js";
import { linkButton } from "../scripts/elements.js";
import { drawEffect } from "./result.js";
import { readyWords, roomWords } from "./words.js";

/** @import { Desk } from "../scripts/desk.js" */
/** @import { Described, LearnState } from "./types.d.ts" */

const BUSY_MS = 500; // how often to ask while it learns
const CALM_MS = 6000; // and while only other annotators can change something
const SOON_MS = 300; // labels that follow each other quickly are counted once
const MAX_FILE = 1_000_000; // bytes, as in ser/recognition/adaptation.py
const LOSES_ALL =
  "The page loads again to change how recordings are scored, and what is not saved is lost: recordings of this session, " +
  "and labels that were not sent yet. Go on?";

export class Learning {
  #drawn = ""; // what is on the page, so that a field is not drawn again while someone types in it
  #number = 0; // of the latest request
  /** @type {number | undefined} */
  #timer;
  #desk;
  #root;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
    this.#root = find(desk.element.root, '[data-learn="section"]');
  }

  /**
   * @template {HTMLElement} [Kind=HTMLElement]
   * @param {string} name
   * @param {new () => Kind} [kind]
   */
  #part(name, kind) {
    return find(this.#root, `[data-learn="${name}"]`, kind);
  }

  #request() {
    const [whose, way] = ["whose", "way"].map((name) => this.#part(name, HTMLSelectElement).value);
    return { source: this.#desk.queue.source, whose, way };
  }

  get #roomKey() {
    return `learn-room-${this.#desk.about.id}`;
  }

  listen() {
    const file = this.#part("file", HTMLInputElement);
    this.#part("start").addEventListener("click", () => this.#act("learn_start", this.#request()));
    this.#part("room-start").addEventListener("click", () =>
      this.#act("learn_start", { ...this.#request(), room: true }),
    );
    this.#part("room-close").addEventListener("click", () => {
      remembered.set(this.#roomKey, "closed");
      this.refresh();
    });
    this.#part("stop").addEventListener("click", () => this.#act("learn_stop"));
    this.#part("open").addEventListener("click", () => file.click());
    file.addEventListener("change", () => this.#open(file));
    for (const name of ["whose", "way"])
      this.#rememberChoice(this.#part(name, HTMLSelectElement), `learn-${name}`);
    this.#desk.element.slot("source").addEventListener("change", () => this.#later(SOON_MS));
    window.addEventListener("labels-changed", () => this.#later(SOON_MS));
    document.addEventListener("visibilitychange", () => document.hidden || this.#later(SOON_MS));
  }

  /**
   * @param {HTMLSelectElement} select
   * @param {string} name
   */
  #rememberChoice(select, name) {
    if (name === "learn-whose") select.value = remembered.get(name) ?? "mine";
    select.addEventListener("change", () => {
      remembered.set(name, select.value);
      this.refresh();
    });
  }

  /** @param {number} wait_ms */
  #later(wait_ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), wait_ms);
  }

  async refresh() {
    clearTimeout(this.#timer);
    if (document.hidden || !this.#root.checkVisibility() || !this.#desk.queue.source)
      return this.#later(CALM_MS);
    const number = ++this.#number;
    const answer = await this.#desk.connection.ask("learn_state", this.#request());
    if (number !== this.#number) return;
    if (answer) this.#draw(answer);
    this.#later(answer?.job ? BUSY_MS : CALM_MS);
  }

  /**
   * Ask the server to change something, and show what has become of it.
   * @param {"learn_start" | "learn_stop" | "learn_discard" | "learn_open" | "learn_unuse"} name
   * @param {Record<string, unknown>} [fields]
   */
  async #act(name, fields = {}) {
    const answer = await this.#desk.connection.ask(name, fields);
    if (!answer || answer.problem) {
      this.#tell(answer?.problem || SILENT);
      return null;
    }
    this.#tell("");
    await this.refresh();
    return answer;
  }

  /** @param {string} words */
  #tell(words) {
    const place = this.#part("problem");
    place.textContent = words;
    place.hidden = !words;
  }

  /** @param {HTMLInputElement} input */
  async #open(input) {
    const [file] = input.files ?? [];
    if (!file) return;
    const { name, size } = file;
    const text = size > MAX_FILE ? "" : await file.text();
    input.value = "";
    await this.#act("learn_open", { name, text });
  }

  /** @param {string} name */
  async #use(name) {
    if (!mayLeave(LOSES_ALL)) return;
    const answer = await this.#desk.connection.ask("learn_use", { name });
    if (!answer || answer.problem) return this.#tell(answer?.problem || SILENT);
    reloadWith(adaptationCookie(answer.token, location.pathname, answer.kept));
  }

  async #unuse() {
    if (!mayLeave(LOSES_ALL)) return;
    if (await this.#act("learn_unuse")) reloadWith(adaptationCookie("", location.pathname));
  }

  /**
   * @param {string} name
   * @param {boolean} in_use
   */
  async #save(name, in_use) {
    const answer = await this.#desk.connection.ask("learn_save", { name, in_use });
    if (!answer || answer.problem) return this.#tell(answer?.problem || SILENT);
    saveFile(answer.name, answer.text, "application/json");
  }

  /** @param {LearnState} state */
  #draw(state) {
    if (state.labels === undefined) return this.#tell(state.problem ?? "");
    const { annotators, job, rules } = state;
    this.#part("ready").textContent = readyWords(state);
    this.#part("whose-label").hidden = annotators < 2;
    this.#drawRules(rules);
    this.#part("room").hidden = !state.room || Boolean(job) || remembered.get(this.#roomKey) === "closed";
    this.#part("room-words").textContent = roomWords(state.room);
    const start = this.#part("start", HTMLButtonElement);
    start.disabled = Boolean(state.missing || job);
    start.classList.toggle("strong", !start.disabled && !state.result && !state.in_use);
    this.#part("job").hidden = !job;
    if (job) {
      this.#part("bar", HTMLProgressElement).value = job.share;
      this.#part("task").textContent = job.task;
    }
    if (state.problem) this.#tell(state.problem);
    const drawn = JSON.stringify([state.result, state.in_use]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#drawResult(state.result);
    this.#drawUsed(state.in_use, state.kept);
  }

  /** @param {LearnState["rules"]} rules */
  #drawRules(rules) {
    const select = this.#part("way", HTMLSelectElement);
    const words = rules.map((rule) => rule.words);
    this.#part("way-label").hidden = rules.length < 2;
    if (JSON.stringify([...select.options].map(({ text }) => text)) === JSON.stringify(words)) return;
    const last = select.value || remembered.get("learn-way");
    const chosen =
      rules.find(({ way }) => way === last) ?? rules.find(({ way }) => way === "corpus") ?? rules[0];
    select.replaceChildren(
      ...rules.map(({ way, words: text }) => node("option", { value: way, textContent: text })),
    );
    select.value = chosen.way;
  }

  /** @param {Described | null} result */
  #drawResult(result) {
    const place = this.#part("result");
    place.hidden = !result;
    if (!result) return place.replaceChildren();
    const name = node("input", {
      type: "text",
      value: result.name,
      maxLength: 60,
      autocomplete: "off",
      spellcheck: false,
    });
    const use = button(result.helps === false ? "Use it all the same" : "Use", () => this.#use(name.value));
    const discard = button("Discard", () => this.#act("learn_discard"));
    (result.helps === false ? discard : use).classList.add("strong");
    const label = node("label", { className: "name-field" }, node("span", { textContent: "Name" }), name);
    const save = button("Download", () => this.#save(name.value, false));
    place.replaceChildren(
      ...drawEffect(result),
      label,
      node("div", { className: "buttons" }, use, discard, save),
    );
  }

  /**
   * @param {Described | null} used
   * @param {boolean} kept whether it is there when the app starts again
   */
  #drawUsed(used, kept) {
    const place = this.#part("used");
    place.hidden = !used;
    if (!used) return place.replaceChildren();
    const lead = node(
      "p",
      {},
      "In use in this browser: ",
      node("b", {}, node("bdi", { textContent: used.name })),
      kept
        ? ". It scores your recordings and orders the queue, and is kept beside the labels: it is there when the app starts again."
        : ". It scores your recordings and orders the queue until the app stops; a file of it lasts longer.",
    );
    const about = node(
      "details",
      {},
      node("summary", { textContent: "What it changes" }),
      ...drawEffect(used),
    );
    const buttons = node(
      "div",
      { className: "buttons" },
      button("Stop using it", () => this.#unuse()),
      button("Download", () => this.#save(used.name, true)),
    );
    place.replaceChildren(
      lead,
      linkButton("Show the most unsure clips first", () => this.#unsureFirst()),
      about,
      buttons,
    );
  }

  #unsureFirst() {
    const { element, queue } = this.#desk;
    element.slot("show").value = "unlabelled";
    element.slot("order").value = "entropy";
    queue.rearrange();
    element.toQueue();
  }
}

/**
 * @param {string} words
 * @param {() => void} action
 */
function button(words, action) {
  const made = node("button", { type: "button", className: "small-button", textContent: words });
  made.addEventListener("click", action);
  return made;
}
