// @ts-check
// What was learned, as a picture that a person understands: answers in ten, emotions, and the curve over the labels.
import { node } from "../../page/dom.js";
import { dot } from "../scripts/elements.js";
import { curvePoints, curveRange, curveWords, measuredWords, movedWords, percent } from "./words.js";

/** @import { Described, Estimate, Figures, Point } from "./types.d.ts" */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Return the nodes that show what an adaptation changes.
 * @param {Described} described
 */
export function drawEffect(described) {
  const { answers, colours, curve, effect, emotions, made_from, rows, used } = described;
  /** @type {HTMLElement[]} */
  const nodes = [
    node("p", { className: described.helps === false ? "effect none" : "effect", textContent: effect }),
  ];
  const [before, after] = [rows[0], rows.find(({ stage }) => stage === used)];
  if (before && after) {
    nodes.push(drawTens(rows, used));
    nodes.push(node("p", { className: "hint", textContent: measuredWords(described) }));
    if (after !== before) nodes.push(drawEmotions(before, after, { emotions, colours }));
  }
  if (answers.before && answers.after)
    nodes.push(...drawAnswers({ before: answers.before, after: answers.after }, { emotions, colours }));
  if (curve.length > 1) nodes.push(drawCurve(curve));
  if (rows.length) nodes.push(drawFigures(rows));
  nodes.push(node("p", { className: "hint", textContent: `Made from ${made_from}.` }));
  return nodes;
}

/**
 * @param {Figures[]} rows
 * @param {string | null} used the stage that is kept
 */
function drawTens(rows, used) {
  const lines = rows.map(({ in_ten: right, stage, words }) => {
    const dots = Array.from({ length: 10 }, (_, i) => node("i", { className: i < right ? "right" : "" }));
    const picture = node("span", { className: "dots", ariaHidden: "true" }, ...dots);
    const name = node("span", { className: "stage", textContent: words });
    return node(
      "li",
      { className: stage === used ? "used" : "" },
      name,
      picture,
      node("span", { textContent: `${right} in 10` }),
    );
  });
  return node("ul", { className: "tens", ariaLabel: "Right answers" }, ...lines);
}

/**
 * @param {Figures} before
 * @param {Figures} after
 * @param {Pick<Described, "emotions" | "colours">} shown names and colours by code
 */
function drawEmotions(before, after, { emotions, colours }) {
  const lines = Object.entries(emotions).map(([code, name]) => {
    const [was, now] = [before.recall[code] ?? null, after.recall[code] ?? null];
    const words = was === null || now === null ? "no labels" : `${percent(was)} → ${percent(now)}`;
    const fill = node("span", { className: "fill" });
    const mark = node("span", { className: "was" });
    fill.style.setProperty("--share", String(now ?? 0));
    fill.style.setProperty("--colour", colours[code]);
    mark.style.setProperty("--share", String(was ?? 0));
    mark.hidden = was === null;
    const track = node("span", { className: "track", ariaHidden: "true" }, fill, mark);
    return node(
      "li",
      {},
      node("span", { className: "name" }, dot(code, colours[code]), name),
      track,
      node("span", { textContent: words }),
    );
  });
  return node(
    "div",
    { className: "recalls" },
    node("h5", { textContent: "How often each emotion is found" }),
    node("ul", { ariaLabel: "By emotion, before and now" }, ...lines),
  );
}

/**
 * How many recordings sounded like each emotion, and sound like it now.
 * @param {Required<Described["answers"]>} answers
 * @param {Pick<Described, "emotions" | "colours">} shown names and colours by code
 */
function drawAnswers({ before, after }, { emotions, colours }) {
  const all = Object.values(after).reduce((sum, count) => sum + count, 0) || 1;
  const lines = Object.entries(after).map(([code, count]) => {
    const fill = node("span", { className: "fill" });
    const mark = node("span", { className: "was" });
    fill.style.setProperty("--share", String(count / all));
    fill.style.setProperty("--colour", colours[code]);
    mark.style.setProperty("--share", String(before[code] / all));
    return node(
      "li",
      {},
      node("span", { className: "name" }, dot(code, colours[code]), emotions[code]),
      node("span", { className: "track", ariaHidden: "true" }, fill, mark),
      node("span", { textContent: `${before[code]} → ${count}` }),
    );
  });
  return [
    node("p", { className: "hint", textContent: movedWords({ before, after }) }),
    node(
      "div",
      { className: "recalls" },
      node("h5", { textContent: "How many recordings sound like each emotion" }),
      node("ul", { ariaLabel: "Answers by emotion, before and now" }, ...lines),
    ),
  ];
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Node} children
 */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {Point[]} curve */
function drawCurve(curve) {
  const range = curveRange(curve);
  const points = curvePoints(curve, range);
  const line = points.map(({ x, y }) => `${x},${y}`).join(" ");
  const words = curve.map(({ labels, uar }) => `${labels} labels: ${uar.toFixed(2)}`).join(", ");
  const drawing = svg(
    "svg",
    { viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img", "aria-label": `UAR with ${words}` },
    svg("polyline", { points: line, fill: "none", "vector-effect": "non-scaling-stroke" }),
  );
  const marks = points.map(({ x, y }, i) => {
    const mark = node("span", {
      className: "mark",
      title: `${curve[i].labels} labels: UAR ${curve[i].uar.toFixed(2)}`,
    });
    mark.style.cssText = `left: ${x}%; top: ${y}%`;
    return mark;
  });
  const scale = [range.high, range.low].map((uar) => node("span", { textContent: uar.toFixed(1) }));
  const ends = [curve[0], curve[curve.length - 1]].map(({ labels }) =>
    node("span", { textContent: `${labels} labels` }),
  );
  return node(
    "figure",
    { className: "curve" },
    node("h5", { textContent: "Is it worth labelling more?" }),
    node(
      "div",
      { className: "graph" },
      node("div", { className: "scale", ariaHidden: "true" }, ...scale),
      node("div", { className: "area" }, drawing, ...marks),
      node("div", { className: "ends", ariaHidden: "true" }, ...ends),
    ),
    node("figcaption", { textContent: curveWords(curve) }),
  );
}

/** @param {Figures[]} rows */
function drawFigures(rows) {
  /** @param {Estimate} estimate */
  const interval = ({ value, low, high }) => `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  const head = ["", "Accuracy", "UAR (95% interval)", "ECE"];
  const body = rows.map(({ accuracy, ece, uar, words }) =>
    node(
      "tr",
      {},
      node("th", { scope: "row", textContent: words }),
      ...[accuracy.value.toFixed(2), interval(uar), ece.toFixed(2)].map((textContent) =>
        node("td", { textContent }),
      ),
    ),
  );
  const cells = head.map((textContent) =>
    textContent ? node("th", { scope: "col", textContent }) : node("td"),
  );
  return node(
    "details",
    { className: "numbers" },
    node("summary", { textContent: "Figures" }),
    node("table", {}, node("thead", {}, node("tr", {}, ...cells)), node("tbody", {}, ...body)),
    node("p", {
      className: "hint",
      textContent:
        "UAR is the average over the emotions; ECE is how far the scores are from the truth, and lower is better.",
    }),
  );
}
