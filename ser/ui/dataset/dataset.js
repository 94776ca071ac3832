// @ts-check
// The Data set tab: the table of all clips, filtered and sorted in the browser, and the opened clip beside it.
import { closest, find, node } from "../page/dom.js";
import { answerTo } from "../page/server.js";
import * as shortcuts from "../page/shortcuts.js";
import { ClipPanel } from "./clip.js";
import { columnsFor } from "./columns.js";
import { FilterForm } from "./form.js";
import { unpack } from "./rows.js";
import { idOf, Table } from "./table.js";
import { DEFAULTS, filterFor, filtersIn, indexAfter, linkTo, orderFrom } from "./view.js";
import { sorted, summaryOf, viewIn } from "./view.js";

/** @typedef {import("./rows.js").Row} Row */

const REMEMBER_DELAY_MS = 300; // the address does not change at every key
/** @type {Record<string, number>} rows by which a key moves */
const MOVES = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

class DataSet {
  /**
   * @param {Widget} widget
   * @param {import("./rows.js").ClipColumns} answer
   */
  constructor({ element, server }, answer) {
    this.element = element;
    this.rows = unpack(answer);
    this.columns = columnsFor(answer);
    /** @type {Row[]} those that pass the filters, in order */
    this.matches = [];
    /** @type {Row | null} the one whose clip is open at the right */
    this.opened = null;
    this.order = DEFAULTS.sort; // a column's key; "-" before it reverses the order
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.rememberTimer = undefined;
    this.grid = find(element, "#clips");
    this.form = new FilterForm(find(element, "form", HTMLFormElement));
    this.table = new Table(this.grid, this.columns);
    this.panel = new ClipPanel(element, {
      words: answer.words,
      sound: answer.sound,
      readClip: (clip) => server.read_clip(clip),
      openClip: (clip, options) => this.openClip(clip, options),
    });
    this.sortList = find(element, '[data-slot="sort"]', HTMLSelectElement);
    this.sortList.replaceChildren(...this.orders());
    this.copyButton = this.control("copy");
    find(element, '[data-slot="how"]').hidden = answer.sound;
    find(element, '[data-slot="play-key"]').hidden = !answer.sound;
    this.form.fill(this.rows);
  }

  /** @param {string} name */
  control(name) {
    return find(this.element, `[data-act="${name}"]`);
  }

  orders() {
    const named = this.columns.filter(({ name }) => name);
    return named.flatMap(({ key, name }) => [
      node("option", { value: key, textContent: name }),
      node("option", { value: `-${key}`, textContent: `${name}, reversed` }),
    ]);
  }

  /** @returns {import("./view.js").View} */
  view() {
    return { ...this.form.filters(), sort: this.order, clip: this.opened?.clip || "" };
  }

  /** @param {import("./view.js").View} view */
  setView(view) {
    this.form.set(view);
    this.order = orderFrom(view.sort, this.columns);
  }

  /** Show the view that the address names, if it does. */
  begin() {
    const view = viewIn(location.href);
    this.setView(view);
    const linked = this.rows.find(({ clip }) => clip === view.clip);
    this.opened = linked || null; // before the view is read, or the address would lose it
    this.listen();
    this.refresh();
    if (!linked) return;
    if (this.matches.includes(linked)) this.table.keepInSight(this.matches.indexOf(linked));
    this.open(linked);
  }

  refresh() {
    const view = this.view();
    this.matches = sorted(this.rows.filter(filterFor(view)), this.order, this.columns);
    this.table.show(this.matches, this.order);
    this.sortList.value = this.order;
    find(this.element, '[data-slot="count"]').textContent = summaryOf(this.matches);
    this.form.mark(view);
    this.control("clear").hidden = !filtersIn(view).length;
    this.drawPosition();
    this.remember();
  }

  drawPosition() {
    const index = this.opened ? this.matches.indexOf(this.opened) : -1;
    this.panel.drawPosition(index, this.matches.length);
  }

  // The address follows the view: a reload or a bookmark restores it.
  remember() {
    clearTimeout(this.rememberTimer);
    this.rememberTimer = setTimeout(() => {
      if (viewIn(location.href).tab === "dataset")
        history.replaceState(history.state, "", linkTo(location.href, this.view()));
    }, REMEMBER_DELAY_MS);
  }

  /**
   * @param {Row} row
   * @param {import("./clip.js").Options} [options]
   */
  open(row, options) {
    this.opened = row;
    this.table.opened = row;
    this.panel.open(row, options);
    this.drawPosition();
    this.table.draw();
    this.remember();
  }

  /**
   * @param {string} clip
   * @param {import("./clip.js").Options} [options]
   */
  openClip(clip, options) {
    const row = this.rows.find((other) => other.clip === clip);
    if (row) this.open(row, options);
  }

  /** @param {number} by rows */
  move(by) {
    const next = indexAfter(this.opened ? this.matches.indexOf(this.opened) : -1, by, this.matches.length);
    if (next < 0 || this.matches[next] === this.opened) return;
    this.table.keepInSight(next);
    this.open(this.matches[next], { play: this.panel.auto.checked, immediately: false });
  }

  playOrPause() {
    if (this.opened) this.panel.playOrPause();
    else this.move(1);
  }

  async copyLink() {
    const address = String(linkTo(location.href, this.view()));
    let copied = true;
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      copied = false; // plain http from another host, or no permission
    }
    if (!copied) window.prompt("Copy this link:", address);
    this.copyButton.textContent = copied ? "Link copied" : "Copy link";
    setTimeout(() => (this.copyButton.textContent = "Copy link"), 2000);
  }

  /** @param {string} order */
  sortBy(order) {
    this.order = order;
    this.refresh();
  }

  listen() {
    const { form } = this.form;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.refresh());
    this.control("clear").addEventListener("click", () => {
      this.setView({ part: this.view().part, sort: this.order });
      this.refresh();
    });
    this.copyButton.addEventListener("click", () => this.copyLink());
    this.control("previous").addEventListener("click", () => this.move(-1));
    this.control("next").addEventListener("click", () => this.move(1));
    this.sortList.addEventListener("change", () => this.sortBy(this.sortList.value));
    this.table.head.addEventListener("click", ({ target }) => {
      const key = closest(target, "button") && closest(target, "[data-sort]")?.dataset.sort;
      if (key) this.sortBy(this.order === key ? `-${key}` : key);
    });
    this.table.body.addEventListener("click", ({ target }) => {
      const row = this.matches.find((match) => idOf(match) === closest(target, ".clip-row")?.id);
      const play = this.panel.auto.checked || Boolean(closest(target, ".row-play"));
      if (row) this.open(row, { play });
    });
    this.grid.addEventListener("keydown", (event) => this.press(event));
    shortcuts.add("clips", "arrowdown", "open the next clip", () => this.move(1));
    shortcuts.add("clips", "arrowup", "open the previous clip", () => this.move(-1));
    if (this.panel.hasSound) shortcuts.add("clips", " ", "play or pause the clip", () => this.playOrPause());
    shortcuts.add("clips", "/", "search the clips", () => this.form.field("q")?.focus());
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.grid) return;
    if (event.key in MOVES) this.move(MOVES[event.key]);
    else if (event.key === " " || event.key === "Enter") this.playOrPause();
    else return;
    event.preventDefault();
  }
}

/** @param {Widget} widget */
export async function start(widget) {
  const { element, server } = widget;
  let answer = await answerTo(server.read_clips(null));
  while (answer.waiting) {
    find(element, '[data-slot="count"]').textContent = answer.waiting;
    answer = await answerTo(server.read_clips(null)); // which takes some seconds
  }
  find(element, "#clips").setAttribute("aria-busy", "false");
  if (answer.problem) {
    const problem = find(element, '[data-slot="problem"]');
    problem.textContent = answer.problem;
    problem.hidden = false;
    find(element, '[data-slot="count"]').textContent = "";
    return;
  }
  new DataSet(widget, answer).begin();
}
