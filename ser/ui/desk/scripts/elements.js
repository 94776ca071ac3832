// @ts-check
// The elements of the desk, and small ones that several of its scripts make.
import { find, node } from "../../page/dom.js";

/** @import { Act, Slots } from "./types.d.ts" */

export class DeskElement {
  /** @param {HTMLElement} element that desk.html is in */
  constructor(element) {
    this.root = element;
  }

  /**
   * @template {keyof Slots} Name
   * @param {Name} name
   */
  slot(name) {
    return /** @type {Slots[Name]} */ (find(this.root, `[data-slot="${name}"]`));
  }

  /** The whole desk; its class "open" says that a clip is open. */
  get section() {
    return find(this.root, ".annotate");
  }

  /** @param {Act} name */
  act(name) {
    return find(this.root, `[data-act="${name}"]`, HTMLButtonElement);
  }

  /** What went wrong, or "". */
  problem(words = "") {
    show(this.slot("problem"), words);
  }

  /**
   * What the last key did, or why it did nothing.
   * @param {string} words
   */
  tell(words) {
    show(this.slot("told"), words);
  }

  /**
   * Let the annotator enter a name.
   * @param {string} [words] why
   */
  askName(words) {
    this.slot("who").hidden = false;
    if (words) this.problem(words);
    this.nameField().focus({ preventScroll: true });
    this.slot("who").scrollIntoView({ block: "center" }); // with the reason above it
  }

  nameField() {
    return /** @type {HTMLInputElement} */ (this.slot("who").elements.namedItem("annotator"));
  }

  /** Let the next keys be shortcuts. */
  toQueue() {
    this.slot("rows").focus({ preventScroll: true });
  }
}

/**
 * @param {HTMLElement} place
 * @param {string} words
 */
function show(place, words) {
  place.textContent = words;
  place.hidden = !words;
}

/**
 * Bring what asks or answers into view, for keys and screen readers, too.
 * @param {HTMLElement} place
 */
export function bringIntoView(place) {
  place.tabIndex = -1;
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
}

/**
 * Names and notes in right-to-left scripts must not reverse the text around them.
 * @param {string} textContent
 */
export const isolated = (textContent) => node("bdi", { textContent });

/**
 * The colour of an emotion: that of the table of labels, else that of the app; grey for an answer like "unclear".
 * @param {string} code
 */
const colourOf = (code) => `var(--label-${code}, var(--emotion-${code}, var(--muted)))`;

/**
 * The dot of an emotion, in its colour.
 * @param {string} code
 * @param {string} [colour]
 */
export function dot(code, colour = colourOf(code)) {
  const mark = node("span", { className: "dot", ariaHidden: "true" });
  mark.style.setProperty("--colour", colour);
  return mark;
}

/**
 * A button that looks like a link.
 * @param {string} words
 * @param {() => void} action
 */
export function linkButton(words, action) {
  const button = node("button", { type: "button", className: "link", textContent: words });
  button.addEventListener("click", action);
  return button;
}
