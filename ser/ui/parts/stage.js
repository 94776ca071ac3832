// @ts-check
// Shows a part of the page on the whole screen, as large as fits, for a room: a result, a clip, a comparison, Why? or Live.
// The part itself moves to the front, so that it goes on living: R still records, and Live still follows the voice.
import { closest, find } from "../page/dom.js";

const MAX_ZOOM = 3;
const MARGIN_PX = 48; // of the screen, both sides together
const [PRESENT, LEAVE] = ["Present", "Leave"];

/**
 * Return how much larger a part may be to fit the screen; never smaller than it is.
 * @param {{ width: number, height: number }} part
 * @param {{ width: number, height: number }} screen
 */
export const zoomOf = (part, screen) =>
  Math.max(
    1,
    Math.min(MAX_ZOOM, (screen.width - MARGIN_PX) / part.width, (screen.height - MARGIN_PX) / part.height),
  );

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
  const zoom = zoomOf(part.getBoundingClientRect(), { width: innerWidth, height: innerHeight });
  part.style.setProperty("--stage-zoom", zoom.toFixed(2));
  part.classList.add("staged");
  part.popover = "auto"; // Escape closes it
  part.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "closed") leave(part);
  });
  part.showPopover();
  button.dataset.words = button.getAttribute("aria-label") ?? "";
  button.setAttribute("aria-label", LEAVE);
  button.textContent = LEAVE;
}

if (typeof document !== "undefined")
  document.addEventListener("click", ({ target }) => {
    const button = closest(target, "[data-stage]");
    if (!button) return;
    const part = find(document, button.dataset.stage ?? "");
    if (part.classList.contains("staged")) part.hidePopover();
    else present(part, button);
  });
