// @ts-check
// A press counts even if what is pressed is drawn again, by an answer of the server, before the pointer is released.
// Browsers then send no click, because the element that was pressed is gone.
import { closest } from "./dom.js";

const CONTROLS = "button, a[href], input, select, summary, label";

/**
 * Return what tells a control from the others on the page, and is the same after it has been drawn again.
 * @param {HTMLElement} control
 */
export function identity({ tagName, dataset, id, ariaLabel, textContent }) {
  return JSON.stringify([tagName, dataset.key ?? (id || ariaLabel || textContent)]);
}

/**
 * Return the control that a release clicks on, or null where the browser does it by itself.
 * @param {HTMLElement | null} pressed
 * @param {HTMLElement | null} released
 */
export function clickedAnew(pressed, released) {
  if (!pressed || !released || pressed.isConnected) return null;
  return identity(pressed) === identity(released) ? released : null;
}

export function keepPresses() {
  /** @type {HTMLElement | null} */
  let pressed = null;
  window.addEventListener("pointerdown", ({ target }) => (pressed = closest(target, CONTROLS)), true);
  window.addEventListener("pointercancel", () => (pressed = null), true);
  window.addEventListener(
    "pointerup",
    ({ target }) => {
      clickedAnew(pressed, closest(target, CONTROLS))?.click();
      pressed = null;
    },
    true,
  );
}
