// @ts-check
// Puts the desk away, so that the picture has the whole width: for a room, or for somebody who only looks.
import { find } from "../page/dom.js";
import { remembered } from "../page/remembered.js";

/** @param {Widget} widget */
export function start({ element }) {
  const button = find(element, "button");
  const tab = /** @type {HTMLElement} */ (element.closest('[role="tabpanel"]'));

  /** @param {boolean} isHidden */
  function show(isHidden) {
    tab.classList.toggle("without-desk", isHidden);
    button.textContent = isHidden ? "Show the desk" : "Hide the desk";
  }

  function toggle() {
    const isHidden = !tab.classList.contains("without-desk");
    remembered.set("desk", isHidden ? "hidden" : null);
    show(isHidden);
  }

  button.addEventListener("click", toggle);
  show(remembered.get("desk") === "hidden");
}
