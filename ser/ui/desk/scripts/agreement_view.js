// @ts-check
// Draws the figures, tables and clips of the Agreement section. Names are text, never HTML.
import { node } from "../../page/dom.js";
import {
  UNDEFINED,
  WORDS,
  decimal,
  differNotes,
  percent,
  placeOnScale,
  undefinedWords,
} from "./agreement_words.js";
import { dot, isolated } from "./elements.js";

/** @import { Agreement, Compared, Differing, Estimate } from "./agreement_types.d.ts" */
/** @import { SoundRequest } from "./types.d.ts" */

/** @typedef {(value: number) => string} Write */

// ---- the three figures

/** @param {Agreement} answer */
export function drawFigures(answer) {
  return [
    figure("Percent agreement", answer.percent, percent, WORDS.percent),
    figure(answer.kappa_name, answer.kappa, decimal, WORDS[answer.kappa_name]),
    figure("Krippendorff's alpha", answer.alpha, decimal, WORDS.alpha),
  ];
}

/**
 * @param {string} name
 * @param {Estimate | null} estimate
 * @param {Write} write
 * @param {string} words
 */
function figure(name, estimate, write, words) {
  const section = node("section", { className: "figure" }, node("h4", { textContent: name }));
  section.append(node("p", { className: "value", textContent: estimate ? write(estimate.value) : "–" }));
  if (estimate && estimate.low !== null && estimate.high !== null) {
    const { value, low, high, undefined_draws } = estimate;
    const interval = `95% interval: ${write(low)} to ${write(high)}${undefinedWords(undefined_draws)}`;
    section.append(node("p", { className: "interval", textContent: interval }));
    section.append(drawScale({ value, low, high }, write));
  }
  section.append(node("p", { className: "hint", textContent: estimate ? words : UNDEFINED }));
  return section;
}

/**
 * A line from 0 to 1 with the interval and the figure on it.
 * @param {{ value: number, low: number, high: number }} estimate
 * @param {Write} write
 */
function drawScale({ value, low, high }, write) {
  const band = node("span", { className: "band" });
  Object.assign(band.style, { left: placeOnScale(low), right: `calc(100% - ${placeOnScale(high)})` });
  const mark = node("span", { className: "mark" });
  mark.style.left = placeOnScale(value);
  const [start, end] = write === percent ? ["0%", "100%"] : ["0", "1"];
  return node(
    "div",
    { className: "scale", ariaHidden: "true" },
    node("span", { textContent: start }),
    node("div", { className: "line" }, band, mark),
    node("span", { textContent: end }),
  );
}

// ---- tables

/**
 * A number, or an estimate with its interval; null is a dash.
 * @param {Estimate | number | null} value
 * @param {Write} write
 */
function drawValue(value, write) {
  if (value === null) return "–";
  if (typeof value === "number") return write(value);
  const cell = node("span", { textContent: write(value.value) });
  if (value.low !== null && value.high !== null)
    cell.append(node("small", { textContent: `${write(value.low)} to ${write(value.high)}` }));
  return cell;
}

/**
 * @param {{ title: string, hint: string, first: string }} words first is the head of the first column
 * @param {[name: (Node | string)[], row: Compared][]} rows
 */
function drawTable({ title, hint, first }, rows) {
  const heads = [first, "Clips", "Agree", "Cohen's kappa"];
  const head = node("tr", {}, ...heads.map((textContent) => node("th", { textContent, scope: "col" })));
  const body = rows.map(([name, row]) => {
    const cells = [
      row.clips.toLocaleString("en"),
      drawValue(row.percent, percent),
      drawValue(row.kappa, decimal),
    ];
    return node(
      "tr",
      {},
      node("th", { scope: "row" }, ...name),
      ...cells.map((cell) => node("td", {}, cell)),
    );
  });
  const table = node("table", { ariaLabel: title }, node("thead", {}, head), node("tbody", {}, ...body));
  const heading = node("h4", { textContent: title });
  return node("section", {}, heading, node("p", { className: "hint", textContent: hint }), table);
}

/**
 * Compare each annotator with a reference. Returns nothing where there is nothing to compare.
 * @param {string} title
 * @param {string} hint
 * @param {(Compared & { annotator: string })[] | null | undefined} rows
 */
function drawReference(title, hint, rows) {
  if (!rows?.some(({ clips }) => clips)) return [];
  return [
    drawTable(
      { title, hint, first: "Annotator" },
      rows.map((row) => [[isolated(row.annotator)], row]),
    ),
  ];
}

/** @param {Agreement} answer */
export function drawTables({ pairs, network, crowd }) {
  const sections = [];
  if (pairs.length > 1) {
    const hint = "Two annotators at a time, on the clips that both labelled.";
    sections.push(
      drawTable(
        { title: "By pair", hint, first: "Annotators" },
        pairs.map((pair) => [[isolated(pair.annotators[0]), " and ", isolated(pair.annotators[1])], pair]),
      ),
    );
  }
  const ofNetwork =
    "Compared with the emotion that the network scored highest. Clips labelled other or unclear, and clips without scores, are left out.";
  const ofCrowd =
    "Compared with what most of CREMA-D's raters heard in the voice alone. Ties, other and unclear are left out.";
  sections.push(...drawReference("Against the network", ofNetwork, network));
  sections.push(...drawReference("Against the crowd", ofCrowd, crowd));
  return sections;
}

// ---- the clips they differ on

/**
 * @param {Agreement} answer
 * @param {(clip: Differing) => HTMLElement} drawClip
 */
export function drawDiffer(answer, drawClip) {
  const title = "Clips they differ on";
  return [
    node("h4", { textContent: `${title}: ${answer.differing.toLocaleString("en")}` }),
    node("p", { className: "hint", textContent: differNotes(answer) }),
    node("ul", { tabIndex: 0, ariaLabel: title }, ...answer.differ.map(drawClip)), // it scrolls
  ];
}

/**
 * @param {Differing} clip
 * @param {object} around
 * @param {Record<string, string>} around.emotions names by code
 * @param {SoundRequest | null} around.request opens the clip; null if it is not in any queue here
 * @param {(request: SoundRequest) => void} around.open
 */
export function drawClip({ name, emotions: given }, { emotions, request, open }) {
  const title = request
    ? node("button", { type: "button", className: "name", title: "Open in the viewer" }, isolated(name))
    : node("span", { className: "name", title: "This clip is not in any queue here" }, isolated(name));
  if (request) title.addEventListener("click", () => open(request));
  const labels = Object.entries(given).map(([who, code]) => {
    const by = Object.assign(isolated(who), { title: who });
    return node("span", { className: "label" }, by, dot(code), emotions[code] || code);
  });
  return node("li", {}, title, node("span", { className: "labels" }, ...labels));
}
