// @ts-check
// Brings what has just changed into view, as on a phone the answer stands below the button, and leaves the page alone once
// the person scrolls.

const ACTS = ["wheel", "touchmove", "pointerdown", "keydown"];
const EDGE_PX = 16; // what begins no further than this from the top cannot be moved into a better place

/** What the person did since the last recording: one who acts scrolls alone. */
const person = { acts: false };

if (typeof window !== "undefined")
  for (const act of ACTS)
    window.addEventListener(act, () => (person.acts = true), { capture: true, passive: true });

/** Follow again: the person has asked for something, and waits for it. */
export const follow = () => (person.acts = false);

/**
 * Return whether something must be scrolled to be read.
 * @param {{ top: number, bottom: number }} place in the window, in pixels
 * @param {number} height of the window
 */
export const isOutOfView = ({ top, bottom }, height) => top < 0 || (bottom > height && top > EDGE_PX);

/**
 * Scroll to an element unless it is in view, or the person has begun to scroll.
 * @param {Element} element whose top is scrolled to: not one that is replaced meanwhile
 * @param {Element} end the last element that should be in view
 */
export function bringIntoView(element, end = element) {
  if (person.acts) return;
  const { top } = element.getBoundingClientRect();
  const { bottom } = end.getBoundingClientRect();
  if (!isOutOfView({ top, bottom }, innerHeight)) return;
  const reducesMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "start", behavior: reducesMotion ? "auto" : "smooth" });
}
