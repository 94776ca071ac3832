// @ts-check
// Shows a part of the page on the whole screen, as large as fits, for a room: a result, a clip, a comparison, Why? or Live.
// The part itself moves to the front, so that it goes on living: R still records, and Live still follows the voice.
import { closest, find } from "../page/dom.js";

const MIN_TEXT_PX = 13; // text of a part; on a screen of 1920 pixels it is presented with 24
const READABLE = 24 / 1920; // of the width of the screen
const LARGER = [1.6, 1.4, 1.2, 1]; // than readable, where there is room
const [PRESENT, LEAVE] = ["Present", "Leave"];

/**
 * Return how much larger a part may be on a screen, the largest first. With the last one, its text can be read from the last
 * row, so what is then still higher than the screen scrolls.
 * @param {number} width of the screen
 */
export const zoomsFor = (width) =>
  LARGER.map((factor) => Math.max(1, (factor * READABLE * width) / MIN_TEXT_PX));

/**
 * @param {HTMLElement} part
 * @param {number[]} zooms the largest first
 */
function enlarge(part, zooms) {
  for (const zoom of zooms) {
    part.style.setProperty("--stage-zoom", zoom.toFixed(2));
    if (part.scrollHeight <= part.clientHeight && part.scrollWidth <= part.clientWidth) return;
  }
}

/** @param {HTMLElement} part */
function leave(part) {
  part.classList.remove("staged");
  part.removeAttribute("popover");
  const button = /** @type {HTMLElement | null} */ (part.querySelector("[data-stage]"));
  if (!button) return;
  button.textContent = PRESENT;
  if (button.dataset.words) button.setAttribute("aria-label", button.dataset.words);
}

/**
 * @param {HTMLElement} part
 * @param {HTMLElement} button
 */
function present(part, button) {
  part.classList.add("staged");
  part.popover = "auto"; // Escape closes it
  part.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "closed") leave(part);
  });
  part.showPopover();
  const zooms = zoomsFor(innerWidth);
  enlarge(part, "stageCalmly" in button.dataset ? zooms.slice(-1) : zooms);
  button.dataset.words = button.getAttribute("aria-label") ?? "";
  button.setAttribute("aria-label", LEAVE);
  button.textContent = LEAVE;
}

// A part may use the key itself, as the spectrogram does for its region: here it leaves, before anybody else gets it.
/** @param {KeyboardEvent} event */
function leaveByKey(event) {
  const part = /** @type {HTMLElement | null} */ (document.querySelector(".staged"));
  if (event.key !== "Escape" || !part) return;
  event.preventDefault();
  event.stopPropagation();
  part.hidePopover();
}

if (typeof document !== "undefined") {
  window.addEventListener("keydown", leaveByKey, true);
  document.addEventListener("click", ({ target }) => {
    const button = closest(target, "[data-stage]");
    if (!button) return;
    const selector = button.dataset.stage ?? "";
    const part = closest(button, selector) ?? find(document, selector);
    if (part.classList.contains("staged")) part.hidePopover();
    else present(part, button);
  });
}
