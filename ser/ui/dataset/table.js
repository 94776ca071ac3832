// @ts-check
// The Data set tab's table: only the visible rows, and a few around them, are in the DOM.
import { find, node } from "../page/dom.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./columns.js").Column} Column */

const narrow = matchMedia("(max-width: 760px)"); // a phone, where fingers need more room

/** The height of a row in pixels; dataset.css has the same. */
const rowPx = () => (narrow.matches ? 44 : 36);
const SPARE_ROWS = 8; // drawn above and below the visible ones
const WITH_TITLE = ["crowd", "sentence"]; // columns whose text may be cut off

export class Table {
  /**
   * @param {HTMLElement} grid
   * @param {Column[]} columns
   */
  constructor(grid, columns) {
    this.grid = grid;
    this.columns = columns;
    this.head = find(grid, '[data-slot="head"]');
    this.body = find(grid, '[data-slot="body"]');
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Row | null} */
    this.opened = null;
    grid.setAttribute("aria-colcount", String(columns.length));
    this.head.replaceChildren(...columns.map(headCell));
    let frame = 0;
    grid.addEventListener("scroll", () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => this.draw());
    });
    new ResizeObserver(() => this.draw()).observe(grid);
  }

  /**
   * Show other rows, from the top.
   * @param {Row[]} rows
   * @param {string} order a column's key, after "-" if it is reversed
   */
  show(rows, order) {
    this.rows = rows;
    this.grid.scrollTop = 0;
    const direction = order.startsWith("-") ? "descending" : "ascending";
    for (const cell of /** @type {Iterable<HTMLElement>} */ (this.head.children)) {
      if (cell.dataset.sort === order.replace("-", "")) cell.setAttribute("aria-sort", direction);
      else cell.removeAttribute("aria-sort");
    }
    this.draw();
  }

  draw() {
    const { body, grid, opened, rows } = this;
    body.style.height = `${rowPx() * rows.length}px`;
    grid.setAttribute("aria-rowcount", String(rows.length + 1));
    const first = Math.max(0, Math.floor(grid.scrollTop / rowPx()) - SPARE_ROWS);
    const last = Math.min(
      rows.length,
      Math.ceil((grid.scrollTop + grid.clientHeight) / rowPx()) + SPARE_ROWS,
    );
    const children = /** @type {HTMLElement[]} */ ([...body.children]);
    const nodesById = new Map(children.map((child) => [child.id, child]));
    const nodes = [];
    for (let i = first; i < last; i++) {
      const drawn = nodesById.get(idOf(rows[i])) || this.rowNode(rows[i]);
      drawn.style.top = `${rowPx() * i}px`;
      drawn.setAttribute("aria-rowindex", String(i + 2));
      drawn.setAttribute("aria-selected", String(rows[i] === opened));
      nodes.push(drawn);
    }
    if (!rows.length) nodes.push(emptyNode());
    const same = nodes.length === children.length && nodes.every((drawn, i) => drawn === children[i]);
    if (!same) body.replaceChildren(...nodes);
    if (opened && nodes.some(({ id }) => id === idOf(opened)))
      grid.setAttribute("aria-activedescendant", idOf(opened));
    else grid.removeAttribute("aria-activedescendant");
  }

  /** @param {Row} row */
  rowNode(row) {
    const cells = this.columns.map(({ key, cell }, i) => {
      const drawn = node("div", { className: `cell ${key}`, role: "gridcell" }, ...cell(row));
      drawn.setAttribute("aria-colindex", String(i + 1));
      if (WITH_TITLE.includes(key)) drawn.title = drawn.textContent;
      return drawn;
    });
    return node("div", { className: `clip-row ${row.part}`, id: idOf(row), role: "row" }, ...cells);
  }

  /**
   * Scroll as little as it takes to see a row.
   * @param {number} index
   */
  keepInSight(index) {
    const { grid } = this;
    const top = rowPx() * index;
    if (top < grid.scrollTop) grid.scrollTop = top;
    const below = top + rowPx() + this.head.offsetHeight - grid.clientHeight;
    if (below > grid.scrollTop) grid.scrollTop = below;
  }
}

/** @param {Row} row */
export const idOf = (row) => `row-${row.clip}`;

/**
 * @param {Column} column
 * @param {number} index
 */
function headCell({ key, name }, index) {
  const title = name
    ? node("button", { type: "button", textContent: name })
    : node("span", { className: "hidden-words", textContent: "Play" });
  const cell = node("div", { className: `cell ${key}`, role: "columnheader" }, title);
  cell.setAttribute("aria-colindex", String(index + 1));
  cell.dataset.sort = key;
  return cell;
}

function emptyNode() {
  const words = node("div", { role: "gridcell", textContent: "No clip fits these filters." });
  return node("div", { className: "nothing-fits", role: "row" }, words);
}
