// @ts-check
// Elements of the viewer.
import { node } from "../../page/dom.js";

/** @param {HTMLCanvasElement} canvas */
export function context2d(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no 2d context");
  return context;
}

/**
 * Return a small button. One that shows only a sign is named by its title.
 * @param {import("./scope.js").Scope} scope
 * @param {string} textContent
 * @param {string} title
 * @param {() => void} action
 */
export function smallButton(scope, textContent, title, action) {
  const button = node("button", { type: "button", className: "small-button", textContent, title });
  if (!/[a-z]/i.test(textContent)) button.ariaLabel = title;
  scope.listen(button, "click", action);
  return button;
}
