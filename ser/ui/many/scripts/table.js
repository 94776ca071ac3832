// @ts-check
// The table of many files: only the visible rows, and a few around them, are in the DOM.
import { find, node } from "../../page/dom.js";
import { kindOf, shown, topScore } from "./rows.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Emotion} Emotion
 */

const SPARE_ROWS = 6; // drawn above and below the visible ones
/** @type {Record<string, string>} */
const WORDS = { waiting: "Waiting", unsure: "Not sure", no_voice: "No voice", failed: "Not scored" };
/** @type {Record<string, string>} */
const STRENGTHS = { sure: "sure", leaning: "leaning" };

/** @param {number} score */
export const percent = (score) => (score > 0 && score < 0.005 ? "<1%" : `${Math.round(100 * score)}%`);

/** @param {number | null | undefined} seconds */
export function lengthOf(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

export class Table {
  /**
   * @param {HTMLElement} grid
   * @param {(row: Row) => void} open
   */
  constructor(grid, open) {
    this.grid = grid;
    this.body = find(grid, ".body");
    this.head = find(grid, ".head");
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Emotion[]} */
    this.emotions = [];
    /** @type {Map<Row, { drawn: HTMLElement, state: string, answer: Row["answer"], emotions: Emotion[] }>} */
    this.drawn = new Map();
    /** @type {number | null} index of the row that the keyboard is on */
    this.active = null;
    let frame = 0;
    grid.addEventListener("scroll", () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => this.draw());
    });
    new ResizeObserver(() => this.draw()).observe(grid);
    this.body.addEventListener("click", ({ target }) => {
      const drawn = target instanceof Element ? target.closest("[data-at]") : null;
      if (!(drawn instanceof HTMLElement)) return;
      this.active = Number(drawn.dataset.at);
      this.draw();
      open(this.rows[this.active]);
    });
    grid.addEventListener("keydown", (event) => this.press(event, open));
  }

  /** The height of a row in pixels: on a phone a row has more lines. */
  get rowPx() {
    const width = this.grid.parentElement?.getBoundingClientRect().width ?? 0;
    return width <= 559 ? 66 : 44; // also in many.css
  }

  /**
   * @param {Row[]} rows
   * @param {Emotion[]} emotions
   */
  show(rows, emotions) {
    const active = this.active === null ? undefined : this.rows[this.active];
    this.rows = rows;
    this.emotions = emotions;
    const index = active ? rows.indexOf(active) : -1;
    this.active = index < 0 ? null : index;
    this.draw();
  }

  draw() {
    const { body, grid, rowPx, rows } = this;
    body.style.height = `${rowPx * rows.length}px`;
    grid.setAttribute("aria-rowcount", String(rows.length + 1));
    const first = Math.max(0, Math.floor(grid.scrollTop / rowPx) - SPARE_ROWS);
    const last = Math.min(rows.length, Math.ceil((grid.scrollTop + grid.clientHeight) / rowPx) + SPARE_ROWS);
    const nodes = [];
    /** @type {Table["drawn"]} */
    const kept = new Map();
    for (let i = first; i < last; i++) {
      const { state, answer } = rows[i];
      const old = this.drawn.get(rows[i]);
      // A row that is drawn again while it is pressed would get no click.
      const isSame = old?.state === state && old.answer === answer && old.emotions === this.emotions;
      const drawn = isSame ? old.drawn : this.rowNode(rows[i]);
      kept.set(rows[i], { drawn, state, answer, emotions: this.emotions });
      drawn.id = `many-row-${rows[i].index}`;
      drawn.dataset.at = String(i);
      drawn.style.top = `${rowPx * i}px`;
      drawn.setAttribute("aria-rowindex", String(i + 2));
      drawn.setAttribute("aria-selected", String(i === this.active));
      nodes.push(drawn);
    }
    this.drawn = kept;
    const { children } = body;
    if (nodes.length !== children.length || nodes.some((drawn, i) => drawn !== children[i]))
      body.replaceChildren(...nodes);
    if (this.active !== null && this.active >= first && this.active < last)
      grid.setAttribute("aria-activedescendant", `many-row-${rows[this.active].index}`);
    else grid.removeAttribute("aria-activedescendant");
  }

  /** @param {Row} row */
  rowNode(row) {
    const kind = kindOf(row, this.emotions);
    const emotion = this.emotions.find(({ code }) => code === kind);
    const answer = row.state === "scored" ? shown(row, this.emotions) : null;
    const score = topScore(row, this.emotions);
    const best = this.emotions.find(({ code }) => code === answer?.top);
    const name = node("span", { className: "file-name", textContent: row.name });
    const folder = node("span", { className: "file-folder", textContent: row.folder });
    const words =
      row.state === "failed"
        ? [node("span", { className: "file-error", textContent: row.error })]
        : [node("span", { className: `dot ${row.state === "scored" ? (answer?.verdict ?? "") : "waits"}` })];
    if (row.state === "scored") words.push(node("span", { textContent: emotion?.name ?? WORDS[kind] }));
    if (row.state === "scored" && kind === "unsure" && best)
      words.push(node("small", { textContent: best.name.toLowerCase() }));
    if (STRENGTHS[answer?.verdict ?? ""] === "leaning") words.push(node("small", { textContent: "leaning" }));
    const cells = [
      ["name", name, ...(row.folder ? [folder] : [])],
      ["emotion", ...words],
      ["score", score < 0 ? "" : percent(score)],
      ["intensity", row.answer?.intensity === null ? "" : String(Math.round(row.answer?.intensity ?? -1))],
      ["length", lengthOf(row.answer?.duration_s)],
    ];
    if (row.answer?.intensity === undefined) cells[3] = ["intensity", ""];
    const drawn = node(
      "div",
      { className: `file-row ${row.state}`, role: "row", title: row.error || row.path },
      ...cells.map(([key, ...inside]) =>
        node("div", { className: `cell ${key}`, role: "gridcell" }, ...inside),
      ),
    );
    const colour = (emotion ?? (kind === "unsure" ? best : undefined))?.colour;
    if (colour) drawn.style.setProperty("--colour", colour);
    return drawn;
  }

  /**
   * @param {KeyboardEvent} event
   * @param {(row: Row) => void} open
   */
  press(event, open) {
    const { grid, rows } = this;
    if (event.target !== grid || !rows.length) return;
    const page = Math.max(1, Math.floor(grid.clientHeight / this.rowPx) - 1);
    const at = this.active ?? -1;
    /** @type {Record<string, number>} */
    const moves = {
      ...{ ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page },
      ...{ Home: 0, End: rows.length - 1 },
    };
    if (event.key === "Enter" && this.active !== null) open(rows[this.active]);
    else if (event.key in moves) {
      this.active = Math.min(rows.length - 1, Math.max(0, moves[event.key]));
      this.keepInSight(this.active);
      this.draw();
    } else return;
    event.preventDefault();
  }

  /**
   * Scroll as little as it takes to see a row.
   * @param {number} index
   */
  keepInSight(index) {
    const { grid, rowPx } = this;
    const top = rowPx * index;
    if (top < grid.scrollTop) grid.scrollTop = top;
    const below = top + rowPx + this.head.offsetHeight - grid.clientHeight;
    if (below > grid.scrollTop) grid.scrollTop = below;
  }
}
