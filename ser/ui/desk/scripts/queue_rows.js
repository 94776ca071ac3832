// @ts-check
// How the queue is drawn: one of its rows, and the buttons that step through it.
import { node } from "../../page/dom.js";
import { dot, isolated } from "./elements.js";
import { hintsOf, rowHeight, scoreWords } from "./queue_list.js";

/** @import { DeskElement } from "./elements.js" */
/** @import { Row } from "./types.d.ts" */

/**
 * @typedef {object} Around
 * @property {number} index of the row
 * @property {number} opened index of the open clip's row, or -1
 * @property {number} place in the list
 * @property {number} count length of the list
 * @property {{ order: string, show: string }} view
 * @property {Record<string, string>} emotions names by code
 * @property {boolean} blind whether what others and the network say is hidden until the annotator has labelled the clip
 */

/**
 * @param {Row} row
 * @param {Around} around
 */
export function drawRow(row, { index, opened, place, count, view, emotions, blind }) {
  const line = node("div", {
    className: row.trouble ? "row broken" : "row",
    id: `queue-row-${index}`,
    role: "option",
    ariaSelected: String(index === opened),
    ariaPosInSet: place + 1,
    ariaSetSize: count,
  });
  line.style.top = `${rowHeight() * place}px`;
  line.dataset.index = String(index);
  const name = node("span", { className: "name", title: row.trouble || row.name }, isolated(row.name));
  const facts = node("span", { className: "facts" });
  const hints = hintsOf(row, { view, blind });
  if (row.trouble) facts.append("cannot be read");
  else if (row.mine) facts.append(dot(row.mine), emotions[row.mine] || row.mine);
  else if (row.marks.includes("skipped")) facts.append("skipped");
  if (row.marks.includes("flagged"))
    facts.append(node("span", { className: "flag", title: "Flagged by you", textContent: "⚑" }));
  if (hints.scores) facts.append(drawScores(row, view.order));
  if (hints.others) facts.append(drawOthers(row));
  if (row.final && (hints.others || view.show === "adjudicate")) facts.append(drawFinal(row.final, emotions));
  const mark = row.trouble ? "!" : row.mine ? "✓" : row.marks.includes("skipped") ? "–" : "";
  line.append(node("span", { className: "mark", textContent: mark }), name, facts);
  return line;
}

/**
 * @param {Row} row
 * @param {string} order
 */
function drawScores(row, order) {
  const [title, textContent] = scoreWords(row, order);
  return node("span", { className: "unsure", title, textContent });
}

/**
 * @param {string} code
 * @param {Record<string, string>} emotions
 */
function drawFinal(code, emotions) {
  const words = emotions[code] || code;
  return node("span", { className: "final", title: "The final label" }, "final: ", dot(code), words);
}

/** @param {Row} row */
function drawOthers({ others, differ, mine }) {
  if (!differ)
    return node("span", { className: "others", title: "Also labelled by others", textContent: `+${others}` });
  const textContent = `${others + (mine ? 1 : 0)} differ`;
  return node("span", { className: "others differ", title: "Annotators differ", textContent });
}

/**
 * Say that all clips of the queue are done, and what comes next.
 * @param {DeskElement} element
 * @param {string} words of `finishedWords`
 */
export function drawFinished(element, words) {
  element.slot("finished").hidden = !words;
  element.slot("finished-words").textContent = words;
}

/**
 * @param {DeskElement} element
 * @param {{ now: number, count: number, begun: boolean }} list the place of the open clip or -1, and the list's length
 */
export function drawSteps(element, { now, count, begun }) {
  element.act("previous").disabled = now <= 0;
  element.act("next").disabled = !count || (begun && now === count - 1);
  element.act("enter").disabled = element.act("next").disabled;
}
