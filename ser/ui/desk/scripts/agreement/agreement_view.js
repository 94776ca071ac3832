// @ts-check
// Draws the figures, tables and clips of the Agreement section. Names are text, never HTML.
import { node } from "../../../page/dom.js";
import {
  UNDEFINED,
  WORDS,
  decimal,
  differNotes,
  percent,
  placeOnScale,
  undefinedWords,
} from "./agreement_words.js";
import { dot, isolated } from "../elements.js";

/** @import { Agreement, Compared, Differing, Estimate, PairRow, RegionRow } from "./agreement_types.d.ts" */
/** @import { SoundRequest } from "../types.d.ts" */

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

/**
 * Return how often two annotators gave which emotions: rows are the first one's.
 * @param {PairRow} pair
 * @param {Record<string, string>} names of emotions by code
 */
function drawConfusion({ annotators, emotions, confusion }, names) {
  const [one, other] = annotators;
  const most = Math.max(...confusion.flat());
  const heads = emotions.map((code) => node("th", { scope: "col" }, dot(code), names[code] || code));
  const body = confusion.map((counts, i) => {
    const cells = counts.map((count, j) => {
      const cell = node("td", {
        className: i === j ? "agree" : "",
        textContent: count ? String(count) : "·",
      });
      cell.style.setProperty("--share", `${Math.round((60 * count) / (most || 1))}%`);
      return cell;
    });
    const code = emotions[i];
    return node("tr", {}, node("th", { scope: "row" }, dot(code), names[code] || code), ...cells);
  });
  const title = `Labels of ${one} and ${other}`;
  const table = node(
    "table",
    { className: "confusion", ariaLabel: title },
    node("thead", {}, node("tr", {}, node("td"), ...heads)),
    node("tbody", {}, ...body),
  );
  const heading = node("h4", {}, "Rows: ", isolated(one), ", columns: ", isolated(other));
  return node("section", { className: "wide", tabIndex: 0, ariaLabel: title }, heading, table);
}

/** @param {RegionRow[]} rows */
function drawRegions(rows) {
  const heads = ["Annotators", "Clips", "Regions", "Same", "F1", "Agree", "Cohen's kappa"];
  const body = rows.map(({ annotators, clips, regions, same, f1, percent: share, kappa }) =>
    node(
      "tr",
      {},
      node("th", { scope: "row" }, isolated(annotators[0]), " and ", isolated(annotators[1])),
      ...[clips, regions.join(" and "), same].map((text) => node("td", { textContent: String(text) })),
      ...[drawValue(f1, decimal), drawValue(share, percent), drawValue(kappa, decimal)].map((cell) =>
        node("td", {}, cell),
      ),
    ),
  );
  const head = node("tr", {}, ...heads.map((textContent) => node("th", { textContent, scope: "col" })));
  const title = "Regions";
  const hint =
    "Two regions are the same if they overlap by half: the time that both cover is at least half of what either covers. " +
    "F1 is 1 if both marked the same regions; agreement and kappa are about the emotions of those.";
  const table = node("table", { ariaLabel: title }, node("thead", {}, head), node("tbody", {}, ...body));
  return node(
    "section",
    { className: "wide", tabIndex: 0, ariaLabel: title },
    node("h4", { textContent: title }),
    node("p", { className: "hint", textContent: hint }),
    table,
  );
}

/**
 * @param {Agreement} answer
 * @param {Record<string, string>} names of emotions by code
 */
export function drawTables({ pairs, network, crowd, final, region_pairs }, names) {
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
  const ofFinal =
    "Compared with the final labels of the clips that have one. Other and unclear are left out.";
  sections.push(...drawReference("Against the final labels", ofFinal, final));
  const wide = pairs.filter(({ clips }) => clips).map((pair) => drawConfusion(pair, names));
  if (region_pairs.length) wide.push(drawRegions(region_pairs));
  if (wide.length) sections.push(node("div", { className: "wides" }, ...wide));
  return sections;
}

// ---- the clips they differ on

/**
 * @param {Agreement} answer
 * @param {(clip: Differing) => HTMLElement} drawClip
 */
export function drawDiffer(answer, drawClip) {
  const title = "Clips they differ on";
  const judge = node("button", {
    type: "button",
    className: "small-button strong",
    textContent: "Give final labels",
    title: "Go through the clips they differ on, listen, and decide",
  });
  judge.addEventListener("click", () => window.dispatchEvent(new CustomEvent("adjudicate")));
  return [
    node("h4", { textContent: `${title}: ${answer.differing.toLocaleString("en")}` }),
    node("p", { className: "hint", textContent: differNotes(answer) }),
    ...(answer.differing ? [judge] : []),
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
export function drawClip({ name, emotions: given, final }, { emotions, request, open }) {
  const title = request
    ? node("button", { type: "button", className: "name", title: "Open in the viewer" }, isolated(name))
    : node("span", { className: "name", title: "This clip is not in any queue here" }, isolated(name));
  if (request) title.addEventListener("click", () => open(request));
  const labels = Object.entries(given).map(([who, code]) => {
    const by = Object.assign(isolated(who), { title: who });
    return node("span", { className: "label" }, by, dot(code), emotions[code] || code);
  });
  if (final) {
    const words = [dot(final.emotion), emotions[final.emotion] || final.emotion];
    const by = Object.assign(isolated(final.annotator), { title: final.annotator });
    labels.push(node("span", { className: "label final" }, "final: ", ...words, " by ", by));
  }
  return node("li", {}, title, node("span", { className: "labels" }, ...labels));
}
