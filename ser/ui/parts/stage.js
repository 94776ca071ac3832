// @ts-check
// Shows a part of the page on the whole screen, as large as fits, for a room: a result, a clip, a comparison, Why? or Live.
// The part itself moves to the front, so that it goes on living: R still records, and Live still follows the voice.
import { closest, find } from "../page/dom.js";

const MIN_TEXT_PX = 13; // text of a part; on a screen of 1920 pixels it is presented with 24
const READABLE = 24 / 1920; // of the width of the screen
const FACTORS = [1.6, 1.4, 1.2, 1, 0.85, 0.7]; // of what is readable from the last row: the largest with which all fits
const [PRESENT, LEAVE] = ["Present", "Leave"];

/**
 * Return how much larger a part may be on a screen, the largest first.
 * @param {number} width of the screen
 * @param {number[]} [factors] of what can be read from the last row
 */
export const zoomsFor = (width, factors = FACTORS) =>
  factors.map((factor) => Math.max(1, (factor * READABLE * width) / MIN_TEXT_PX));

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

/**
 * Name the button of a part after what it does now.
 * @param {HTMLElement} part
 * @param {boolean} isStaged
 */
function nameButton(part, isStaged) {
  const button = /** @type {HTMLElement | null} */ (part.querySelector("[data-stage]"));
  if (!button) return;
  button.textContent = isStaged ? LEAVE : PRESENT;
  button.dataset.words ??= button.getAttribute("aria-label") ?? "";
  button.setAttribute("aria-label", isStaged ? LEAVE : button.dataset.words);
}

/** @param {HTMLElement} part */
function leave(part) {
  part.classList.remove("staged");
  part.removeAttribute("popover");
  nameButton(part, false);
}

/**
 * @param {HTMLElement} part
 * @param {HTMLElement} button
 */
function present(part, button) {
  const zooms = () => zoomsFor(innerWidth, "stageCalmly" in button.dataset ? [1] : FACTORS);
  const ended = new AbortController();
  const { signal } = ended;
  // A new result takes the place of the one that is presented.
  const replaced = new MutationObserver((changes) => {
    const isNew = (/** @type {MutationRecord} */ { addedNodes }) =>
      [...addedNodes].some((added) => added instanceof HTMLElement);
    if (!changes.some(isNew)) return;
    nameButton(part, true);
    enlarge(part, zooms());
  });
  part.classList.add("staged");
  part.popover = "auto"; // Escape closes it
  part.addEventListener(
    "toggle",
    (event) => {
      if (/** @type {ToggleEvent} */ (event).newState !== "closed") return;
      ended.abort();
      replaced.disconnect();
      leave(part);
    },
    { signal },
  );
  window.addEventListener("resize", () => enlarge(part, zooms()), { signal });
  part.showPopover();
  nameButton(part, true);
  enlarge(part, zooms());
  replaced.observe(part, { childList: true, subtree: true });
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
