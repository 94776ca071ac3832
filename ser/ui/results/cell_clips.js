// @ts-check
// The Results tab's confusion matrix: lists the clips of a cell, and plays them.
import { find, findAll } from "../page/dom.js";
import { answerTo } from "../page/server.js";
import { network, warning } from "./parts.js";

const SIZE = 6; // emotions, and so rows and columns of the matrix
/** @type {Record<string, [number, number]>} rows and columns by which a key moves */
const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

/**
 * Return the cell next to a cell, or the cell itself at the edge; undefined for a key that does not move.
 * @param {number} place counted by rows
 * @param {string} key
 */
export function cellBeside(place, key) {
  if (!Object.hasOwn(STEPS, key)) return undefined;
  const [row, column] = [Math.floor(place / SIZE) + STEPS[key][0], (place % SIZE) + STEPS[key][1]];
  const outside = row < 0 || row >= SIZE || column < 0 || column >= SIZE;
  return outside ? place : SIZE * row + column;
}

export class CellClips {
  /** @param {Pick<Widget, "element" | "server">} widget */
  constructor({ element, server }) {
    this.element = element;
    this.server = server;
    this.latestCell = 0; // counts requests: an answer to an older one is dropped
    this.latestSound = 0;
  }

  /** Where clips are listed: on the slide that is presented, or on the page. */
  get place() {
    const slide = /** @type {HTMLElement | null} */ (
      this.element.querySelector("dialog.presenting[open] .cell-clips")
    );
    return slide ?? find(this.element, ".cell-clips");
  }

  /**
   * @param {HTMLElement} button the cell
   * @param {boolean} plays whether to play the first of its clips
   */
  async open(button, plays = false) {
    const { element } = this;
    const number = ++this.latestCell;
    const { acted, answer } = button.dataset;
    const list = await answerTo(this.server.read_cell({ network: network(element), acted, answer }));
    if (number !== this.latestCell) return;
    for (const other of findAll(element, "[data-acted]"))
      other.setAttribute("aria-pressed", String(other === button));
    const clips = this.place;
    if (list.problem) clips.replaceChildren(warning(list.problem));
    else {
      clips.innerHTML = list;
      const [title, count] = [find(clips, "h4").textContent, find(clips, ".counted strong").textContent];
      find(element, '.confusing [role="status"]').textContent = `${title}: ${count} clips`;
    }
    clips.scrollIntoView({ block: "nearest" });
    const first = /** @type {HTMLElement | null} */ (clips.querySelector("[data-clip]"));
    if (plays && first) this.play(first);
  }

  // Drop the answer to an open request: another network is shown.
  forget() {
    ++this.latestCell;
  }

  /** @param {HTMLElement} button names the clip */
  async play(button) {
    const { element } = this;
    const number = ++this.latestSound;
    const clip = button.dataset.clip ?? "";
    for (const other of findAll(element, "[data-clip]"))
      other.toggleAttribute("aria-current", other === button);
    /** @type {{ audio: string, problem?: string }} */
    const sound = await answerTo(this.server.read_sound(clip));
    if (number !== this.latestSound || !button.isConnected) return;
    const problem = find(this.place, ".warning");
    const audio = find(this.place, "audio", HTMLAudioElement);
    problem.hidden = !sound.problem;
    problem.innerHTML = sound.problem || "";
    audio.hidden = Boolean(sound.problem);
    if (sound.problem) return audio.pause();
    audio.src = `${window.gradio_config?.root || ""}/gradio_api/file=${sound.audio}`;
    audio.setAttribute("aria-label", clip);
    audio.play().catch(() => {}); // browsers may require a click first
  }

  /**
   * @param {KeyboardEvent} event
   * @param {HTMLElement} button the focused cell
   */
  pressInMatrix(event, button) {
    const cells = findAll(this.element, "[data-acted]");
    const next = cellBeside(cells.indexOf(button), event.key);
    if (next === undefined) return;
    cells[next].focus();
    event.preventDefault();
  }

  /**
   * @param {KeyboardEvent} event
   * @param {HTMLElement} button the focused clip
   */
  pressInList(event, button) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const item = button.closest("li");
    const sibling = event.key === "ArrowDown" ? item?.nextElementSibling : item?.previousElementSibling;
    const next = sibling?.querySelector("button");
    next?.focus();
    if (next) this.play(next);
  }
}
