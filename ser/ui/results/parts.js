// @ts-check
// What the scripts of the Results tab share.
import { find, node } from "../page/dom.js";

/**
 * Return the name of the chosen network.
 * @param {HTMLElement} element of the widget
 */
export const network = (element) => find(element, 'input[name="network"]:checked', HTMLInputElement).value;

/** @param {string} words */
export const warning = (words) => node("p", { className: "warning", role: "alert", textContent: words });
