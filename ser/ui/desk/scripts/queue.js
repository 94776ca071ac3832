// @ts-check
// The queue: the clips of a source, which of them are shown and in what order, and what changed about them.
import { closest, node } from "../../page/dom.js";
import { remembered } from "../../page/remembered.js";
import { SILENT, later } from "./connection.js";
import { linkButton } from "./elements.js";
import { plural } from "./label.js";
import * as list from "./queue_list.js";
import { drawFinished, drawRow, drawSteps } from "./queue_rows.js";
import { playTop } from "./viewer.js";

/** @import { Desk } from "./desk.js" */
/** @import { NewsAnswer, Progress, Row, SoundRequest } from "./types.d.ts" */

const BUSY_MS = 1500; // how often to ask for news while clips are being read and scored
const CALM_MS = 6000; // and while only other annotators can change something
const TYPING_MS = 150;
const FIRST_MS = 250; // between looks at which clips are labelled, when the desk opens
const FIRST_TRIES = 40;
/** @type {Record<string, number>} */
const ENDS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

export class Queue {
  source = "";
  /** @type {Row[]} of the source */
  rows = [];
  /** @type {number[]} indices of rows, as the server arranged them */
  shown = [];
  waitsForName = false; // whether a clip was opened by itself, before the annotator gave a name
  begun = false; // whether the annotator works through the list in its present order
  /** @type {string | null} of the labels shown */
  #version = null;
  #since = 0; // number of the latest news
  #unsorted = 0; // scores that arrived after the clips were sorted
  #sourceNumber = 0; // of the latest call of openSource
  #rowsNumber = 0; // of the call that loaded the rows: indices of rows belong to it
  #listNumber = 0;
  #finished = false; // whether all clips are labelled
  /** @type {number | undefined} */
  #newsTimer;
  #desk;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
  }

  /** @param {string} name */
  async openSource(name) {
    const { connection, element, form } = this.#desk;
    const number = ++this.#sourceNumber;
    this.source = name;
    remembered.set("label-source", name);
    const answer = await connection.ask("queue_rows", { source: name, blind: this.#desk.blind });
    if (number !== this.#sourceNumber) return;
    if (!answer || answer.problem)
      return this.#showTrouble(answer, () => number === this.#sourceNumber && this.openSource(name));
    this.#rowsNumber = number;
    this.rows = list.newRows(answer);
    this.shown = this.shown.filter((index) => this.rows[index]); // until the order is known
    if (form.visit) form.visit.row = this.rowOf(form.visit.request);
    [this.#since, this.#version, this.#unsorted] = [0, null, 0];
    element.slot("source").value = name;
    element.slot("blind").checked = this.#desk.blind;
    await this.readNews();
    if (number === this.#sourceNumber) await this.rearrange({ keepPlace: true });
  }

  /** Show numbers or names, as the annotator has just chosen, also for the clip that is open. */
  async #showNames() {
    const { element, form } = this.#desk;
    this.#desk.blind = element.slot("blind").checked;
    await this.openSource(this.source);
    const row = form.visit?.row ?? null;
    if (row !== null) form.openRow(row);
  }

  /** @param {SoundRequest} request */
  rowOf(request) {
    return list.rowOf(this.rows, request);
  }

  /**
   * @param {{ problem?: string } | null | undefined} answer
   * @param {() => void} again
   */
  #showTrouble(answer, again) {
    this.#desk.element.problem(answer?.problem || SILENT);
    if (!answer) setTimeout(again, CALM_MS);
  }

  /** Whether the annotator gives final labels to clips on which others differ. */
  get adjudicates() {
    return this.#desk.element.slot("show").value === "adjudicate";
  }

  /** What the annotator chose to see. */
  #view() {
    const { element } = this.#desk;
    const [show, order, search] = [element.slot("show"), element.slot("order"), element.slot("search")];
    return {
      source: this.source,
      blind: this.#desk.blind,
      show: show.value,
      order: order.value,
      search: search.value,
    };
  }

  /** The rows stay in place while the annotator works through them: only a new filter or order, or a click, sorts them. */
  async rearrange({ keepPlace = false } = {}) {
    const { connection, element, form } = this.#desk;
    const number = ++this.#listNumber;
    const of = this.#sourceNumber;
    const answer = await connection.ask("queue_order", this.#view());
    if (number !== this.#listNumber || of !== this.#rowsNumber) return;
    if (!answer || answer.problem) return this.#showTrouble(answer, () => this.rearrange({ keepPlace }));
    element.problem();
    // The server may have a take that this page does not have yet.
    this.shown = answer.order.filter((index) => this.rows[index]);
    this.#unsorted = 0;
    const place = this.placeOf(form.visit?.row);
    if (!keepPlace)
      [this.begun, element.slot("rows").scrollTop] = [place === 0, 0]; // a new order starts at the top
    else if (place >= 0) this.keepInSight(place);
    this.draw();
  }

  /** @param {number | null | undefined} row */
  placeOf(row) {
    return this.shown.indexOf(row ?? -1);
  }

  /**
   * Open the first clip that the annotator has not labelled, as the app was started to label a folder.
   * @param {{ again?: boolean }} [how] again: the annotator has just given a name
   */
  async openFirst({ again = false } = {}) {
    const { connection, form, settings } = this.#desk;
    const { visit } = form;
    const first = () => list.firstToLabel(this.shown.map((index) => this.rows[index]));
    for (let i = 0; i < FIRST_TRIES && first() === null; i++) {
      await later(FIRST_MS);
      await this.readNews();
    }
    const row = this.shown[first() ?? 0];
    const isBusy = form.visit !== visit || visit?.needed; // the annotator was faster
    if (row === undefined || isBusy || (visit && !again)) return;
    if (visit && row === visit.row) {
      if (settings.play) playTop();
      return;
    }
    this.waitsForName = !connection.annotator;
    this.keepInSight(this.placeOf(row));
    form.openRow(row);
  }

  // ---- news: hashes, scores, labels of others

  /** Ask for all labels again, such as those of another annotator. */
  readAllNews() {
    this.#version = null;
    return this.readNews();
  }

  async readNews() {
    const { connection, form, outbox } = this.#desk;
    clearTimeout(this.#newsTimer);
    const of = this.#sourceNumber;
    const fields = {
      source: this.source,
      blind: this.#desk.blind,
      since: this.#since,
      version: this.#version,
    };
    const answer = of === this.#rowsNumber ? await connection.ask("queue_news", fields) : undefined;
    if (of === this.#rowsNumber && answer && !answer.problem) this.#takeNews(answer);
    if (answer && form.visit?.problem === SILENT) form.refresh(); // it answers again
    if (answer && outbox.unsent.length) outbox.send();
    clearTimeout(this.#newsTimer);
    this.#newsTimer = setTimeout(() => this.#lookAgain(), answer?.progress?.busy ? BUSY_MS : CALM_MS);
  }

  #lookAgain() {
    const seen = !document.hidden && this.#desk.element.root.checkVisibility();
    if (seen) this.readNews();
    else this.#newsTimer = setTimeout(() => this.#lookAgain(), BUSY_MS);
  }

  /** @param {NewsAnswer} news */
  #takeNews({ changes, labels, progress, since, version }) {
    [this.#since, this.#version] = [since, version];
    this.#unsorted += list.takeChanges(this.rows, changes);
    if (labels) list.takeLabels(this.rows, labels, this.#desk.outbox.letters);
    this.#drawNews(progress);
    this.draw();
  }

  /** @param {Progress} progress */
  #drawNews(progress) {
    const { about, element, form } = this.#desk;
    const parts = [list.progressWords(progress)];
    if (about.outside && this.source === "folder")
      parts.push(`${plural(about.outside, "link")} leading out of the folder ignored`);
    if (about.left_out && this.source === "folder")
      parts.push(`${plural(about.left_out, "file")} left out, as not sound: ${about.left_out_names}`);
    const words = parts.filter(Boolean).join(" · ");
    element.slot("news").textContent = words;
    if (!this.#unsorted || !list.byScores(this.#view())) return;
    if (!form.visit || form.visit.row === null) return void this.rearrange(); // the annotator has not started on the list
    const again = linkButton(`Sort again: ${this.#unsorted.toLocaleString("en")} newly scored`, () =>
      this.rearrange({ keepPlace: true }),
    );
    element.slot("news").append(words && " · ", again);
  }

  /** The clips that are for the annotator. */
  get #own() {
    return this.rows.filter(({ forMe }) => forMe);
  }

  // ---- the list: only the visible rows are in the page

  draw() {
    const { about, element, form } = this.#desk;
    const own = this.#own;
    const done = own.filter(({ mine }) => mine).length;
    element.slot("done").textContent =
      `${done.toLocaleString("en")} of ${own.length.toLocaleString("en")} labelled`;
    Object.assign(element.slot("bar"), { max: own.length || 1, value: done });
    const rows = element.slot("rows");
    const count = this.shown.length;
    element.slot("body").style.height = `${list.rowHeight() * count}px`;
    const [first, last] = list.rowsInSight(rows, count);
    const opened = form.visit?.row ?? -1;
    const view = this.#view();
    const nodes = this.shown.slice(first, last).map((index, i) =>
      drawRow(this.rows[index], {
        index,
        opened,
        place: first + i,
        count,
        view,
        emotions: about.emotions,
        blind: this.#desk.blind && !this.#desk.settings.others,
      }),
    );
    element.slot("body").replaceChildren(...nodes, ...this.#nothing());
    rows.setAttribute("role", count ? "listbox" : "group"); // a listbox must have an option
    const openedNode = nodes.find(({ ariaSelected }) => ariaSelected === "true");
    if (openedNode) rows.setAttribute("aria-activedescendant", openedNode.id);
    else rows.removeAttribute("aria-activedescendant");
    this.drawState();
  }

  #drawFinished() {
    const { element, form } = this.#desk;
    const { adjudicates } = this;
    const strays = form.visit?.span === "final" && !adjudicates; // to a final label of a clip of any view
    const rows = adjudicates ? this.shown.map((index) => this.rows[index]) : this.#own;
    const words = strays ? "" : list.finishedWords(rows, adjudicates);
    this.#finished = Boolean(words);
    drawFinished(element, words);
  }

  #nothing() {
    if (this.shown.length) return [];
    const state = { loaded: this.#rowsNumber > 0, count: this.rows.length, source: this.source };
    return [node("p", { className: "nothing-fits", textContent: list.nothingShown(state) })];
  }

  /** Which steps there are, and whether anything is left to do. */
  drawState() {
    const { element, form } = this.#desk;
    drawSteps(element, { now: this.placeOf(form.visit?.row), count: this.shown.length, begun: this.begun });
    this.#drawFinished();
  }

  /**
   * Show a label in the list before the server has it.
   * @param {string} key
   * @param {Parameters<typeof list.paint>[2]} emotion
   */
  paint(key, emotion) {
    list.paint(this.rows, key, emotion);
    this.draw();
  }

  /** @param {number} place */
  keepInSight(place) {
    const rows = this.#desk.element.slot("rows");
    rows.scrollTop = list.scrollFor(rows, place);
  }

  /** Show the clips on which annotators differ, and open the first one. */
  async #adjudicate() {
    const { element } = this.#desk;
    element.slot("show").value = "adjudicate";
    element.section.scrollIntoView({ block: "start" });
    element.toQueue(); // Enter would press the button again
    await this.rearrange();
    for (let i = 0; i < FIRST_TRIES && !this.shown.length && this.adjudicates; i++) {
      await later(FIRST_MS); // the server may not have read these clips yet
      await this.readNews();
      await this.rearrange();
    }
    this.begun = false;
    if (this.shown.length) this.step(1);
  }

  /** @param {number} by */
  step(by) {
    if (!this.shown.length) return;
    const { element, form } = this.#desk;
    const now = this.begun || by < 0 ? this.placeOf(form.visit?.row) : -1; // a new order starts at the top
    const next = list.nextPlace(now, by, this.shown.length);
    if (next === now)
      return this.#finished
        ? element.act("agreement").focus()
        : element.tell(`This is the ${by > 0 ? "last" : "first"} clip of the queue.`);
    this.keepInSight(next);
    form.openRow(this.shown[next]);
  }

  /** @param {Widget["watch"]} watch */
  listen(watch) {
    const { element, form } = this.#desk;
    /** @type {number | undefined} */
    let typing;
    let frame = 0;
    element.slot("source").addEventListener("change", () => this.openSource(element.slot("source").value));
    element.slot("show").addEventListener("change", () => this.rearrange());
    window.addEventListener("adjudicate", () => this.#adjudicate());
    element.slot("order").addEventListener("change", () => this.rearrange());
    element.slot("blind").addEventListener("change", () => this.#showNames());
    element.slot("search").addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => this.rearrange(), TYPING_MS);
    });
    element.slot("rows").addEventListener("scroll", () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => this.draw());
    });
    element.slot("body").addEventListener("click", ({ target }) => {
      const row = closest(target, "[data-index]");
      if (row) form.openRow(Number(row.dataset.index));
    });
    element.slot("rows").addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in ENDS)) return;
      event.preventDefault();
      this.step(ENDS[event.key]);
    });
    new ResizeObserver(() => this.draw()).observe(element.slot("rows"));
    watch("sitting", () => this.source === "sitting" && this.openSource("sitting"));
  }
}
