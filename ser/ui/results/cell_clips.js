// @ts-check
// The Results tab's confusion matrix: lists the clips of a cell, and plays them.
import { closest, find, findAll, node } from "../page/dom.js";
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

function closeButton() {
  const button = node("button", { type: "button", className: "close-clips", textContent: "×" });
  button.ariaLabel = "Close the list of clips";
  button.dataset.close = "";
  return button;
}

export class CellClips {
  /** @param {Pick<Widget, "element" | "server">} widget */
  constructor({ element, server }) {
    this.element = element;
    this.server = server;
    this.latestCell = 0; // counts requests: an answer to an older one is dropped
    this.latestSound = 0;
  }

  /** @returns {HTMLElement | null} where the slide that is presented lists clips */
  get onSlide() {
    return this.element.querySelector("dialog.presenting[open] .cell-clips");
  }

  /** Where clips are listed: on the slide that is presented, or on the page. */
  get place() {
    return this.onSlide ?? find(this.element, ".cell-clips");
  }

  /** Whether the slide lists the clips of a cell. */
  get coversSlide() {
    return Boolean(this.onSlide?.hasChildNodes());
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
    if (clips === this.onSlide) clips.prepend(closeButton());
    clips.scrollIntoView({ block: "nearest" });
    const first = /** @type {HTMLElement | null} */ (clips.querySelector("[data-clip]"));
    if (plays && first) this.play(first);
  }

  /** Take the list off the slide; the cell whose clips it had can be chosen again. */
  close() {
    this.forget();
    ++this.latestSound;
    this.onSlide?.replaceChildren(); // a player that is removed stops
    const cells = findAll(find(this.element, "dialog.presenting"), "[data-acted]");
    const chosen = cells.find((cell) => cell.getAttribute("aria-pressed") === "true");
    chosen?.setAttribute("aria-pressed", "false");
    chosen?.focus();
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
   * Return whether a key was for the list on the slide: it closes that, or plays the next clip or the one before.
   * @param {KeyboardEvent} event
   */
  pressOnSlide(event) {
    if (!this.coversSlide || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Escape") {
      event.preventDefault(); // it would close the slide
      this.close();
      return true;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return false;
    if (closest(event.target, "audio")) return true; // its volume
    const clips = findAll(this.place, "[data-clip]");
    if (clips.length) this.pressInList(event, clips.find((clip) => clip.ariaCurrent !== null) ?? clips[0]);
    return clips.length > 0;
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
