// @ts-check
// The summary as a picture, to take along: its coloured boxes and its words, where the page shows them.
import { node } from "../../page/dom.js";

const SCALE = 3; // pixels of the picture for one of the page
const NOT_DRAWN = ".hidden-words, button";

/**
 * Return the stretches of a text without spaces, which no line breaks.
 * @param {string} text
 * @returns {{ word: string, start: number }[]}
 */
export const wordsIn = (text) =>
  [...text.matchAll(/\S+/gu)].map(({ 0: word, index }) => ({ word, start: index }));

/**
 * @param {Element} element
 * @param {Element} root
 */
function opacityOf(element, root) {
  let opacity = 1;
  for (let one = /** @type {Element | null} */ (element); one && one !== root; one = one.parentElement)
    opacity *= Number(getComputedStyle(one).opacity);
  return opacity;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Text} text
 */
function write(pen, text) {
  const parent = /** @type {Element} */ (text.parentElement);
  const { color, fontStyle, fontWeight, fontSize, fontFamily, overflowX } = getComputedStyle(parent);
  pen.save();
  pen.fillStyle = color;
  pen.font = `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`;
  if (overflowX === "hidden") {
    const box = parent.getBoundingClientRect(); // long names end there on the page, too
    pen.beginPath();
    pen.rect(box.x, box.y, box.width, box.height);
    pen.clip();
  }
  const range = document.createRange();
  for (const { word, start } of wordsIn(text.data)) {
    range.setStart(text, start);
    range.setEnd(text, start + word.length);
    const { x, y, height } = range.getBoundingClientRect();
    pen.fillText(word, x, y + height / 2);
  }
  pen.restore();
}

/**
 * Draw an element of plain boxes and words as it stands on the page.
 * @param {HTMLElement} root
 * @returns {HTMLCanvasElement}
 */
export function pictureOf(root) {
  const { x, y, width, height } = root.getBoundingClientRect();
  const canvas = node("canvas", { width: Math.ceil(width * SCALE), height: Math.ceil(height * SCALE) });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(SCALE, SCALE);
  pen.translate(-x, -y);
  pen.textBaseline = "middle";
  const parts = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let part = /** @type {Node | null} */ (root); part; part = parts.nextNode()) {
    const element = part instanceof Element ? part : part.parentElement;
    if (!element?.checkVisibility() || element.closest(NOT_DRAWN)) continue;
    pen.globalAlpha = opacityOf(element, root);
    if (part instanceof Text) write(pen, part);
    if (part !== element) continue;
    const box = element.getBoundingClientRect();
    pen.fillStyle = getComputedStyle(element).backgroundColor;
    if (box.width && box.height) pen.fillRect(box.x, box.y, box.width, box.height);
  }
  return canvas;
}
