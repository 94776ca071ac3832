// @ts-check
// The guidelines beside the task. The server sends blocks of plain text; nothing of their file becomes HTML.
import { node } from "../../page/dom.js";
import { remembered } from "../../page/remembered.js";

/** @import { DeskElement } from "./elements.js" */
/** @import { Block, TextSpan } from "./types.d.ts" */

/** @param {TextSpan} span */
function drawSpan({ kind, text, address }) {
  if (kind === "text") return text;
  if (kind !== "link") return node(/** @type {"strong" | "em" | "code"} */ (kind), { textContent: text });
  return node("a", { href: address, target: "_blank", rel: "noopener noreferrer", textContent: text });
}

/**
 * Put items that follow each other into one list.
 * @param {Block[]} blocks
 */
export function grouped(blocks) {
  /** @type {{ kind: string, blocks: Block[] }[]} */
  const groups = [];
  for (const block of blocks) {
    const last = groups.at(-1);
    const isItem = block.kind === "item" || block.kind === "numbered";
    if (isItem && last?.kind === block.kind) last.blocks.push(block);
    else groups.push({ kind: block.kind, blocks: [block] });
  }
  return groups;
}

/** @param {{ kind: string, blocks: Block[] }} group */
function drawGroup({ kind, blocks }) {
  const [block] = blocks;
  const spans = block.spans.map(drawSpan);
  if (kind === "heading") return node(block.level === 1 ? "h4" : "h5", {}, ...spans);
  if (kind === "quote") return node("blockquote", {}, ...spans);
  if (kind === "code") return node("pre", {}, ...spans);
  if (kind === "paragraph") return node("p", {}, ...spans);
  const items = blocks.map((item) => node("li", {}, ...item.spans.map(drawSpan)));
  return node(kind === "item" ? "ul" : "ol", {}, ...items);
}

/**
 * Show the guidelines, if there are any. They are open until the annotator closes them.
 * @param {DeskElement} element
 * @param {Block[]} blocks
 */
export function showGuidelines(element, blocks) {
  const fold = element.slot("guidelines");
  fold.hidden = !blocks.length;
  element.slot("guidelines-text").replaceChildren(...grouped(blocks).map(drawGroup));
  fold.open = remembered.get("guidelines") !== "closed";
  fold.addEventListener("toggle", () => remembered.set("guidelines", fold.open ? null : "closed"));
}
