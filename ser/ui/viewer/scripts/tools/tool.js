// @ts-check
// What a tool of a pane is. A module of a tool exports `createX(pane, scope, …)`, which returns one. All that it sets up
// ends with the scope, and so with the pane.
import { node } from "../../../page/dom.js";

/** @typedef {import("../pane.js").Pane} Pane */

/**
 * @typedef {object} Tool
 * @property {string} [group] the group of the pane's toolbar that its buttons are in
 * @property {HTMLElement[]} [buttons]
 * @property {HTMLElement[]} [panels] below the picture
 * @property {import("../pane.js").Layer} [layer] what it draws
 * @property {import("../pane.js").Press} [press] what it does with presses on the picture
 * @property {() => void} [begin] called when the pane shows a new sound
 */

/**
 * Return a group of the pane's toolbar, which is added if it does not exist.
 * @param {Pane} pane
 * @param {string} name
 */
export function toolGroup(pane, name) {
  const group = pane.bar.querySelector(`[data-group="${name}"]`);
  if (group) return group;
  const added = node("span", { className: "group" });
  added.dataset.group = name;
  pane.bar.append(added);
  return added;
}
