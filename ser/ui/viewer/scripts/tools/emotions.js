// @ts-check
// The emotions that the network knows, as the page names them.
import { find } from "../../../page/dom.js";

/** @typedef {import("../viewer.js").Viewer} Viewer */

/**
 * Return codes and names of the emotions, in the order of the scores.
 * @param {Viewer} viewer
 * @returns {[label: string, name: string][]}
 */
export function emotionsOf({ element }) {
  return Object.entries(JSON.parse(find(element, ".viewer", HTMLElement).dataset.emotions ?? "{}"));
}

/** @param {Viewer} viewer */
export const labelsOf = (viewer) => emotionsOf(viewer).map(([label]) => label);
