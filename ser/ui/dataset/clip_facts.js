// @ts-check
// What is known of the opened clip: how the network and the crowd heard it, who speaks, and which part it is in.
import { node } from "../page/dom.js";
import { percent } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").Words} Words */

/**
 * Return names and texts of the facts about a clip.
 * @param {Row} row
 * @param {Words} words
 * @returns {[string, string][]}
 */
export function factsOf(row, { emotions, levels }) {
  const acted = emotions[row.emotion];
  /** @type {[string, string][]} */
  const facts = [
    ["Acted", row.level === "XX" ? acted : `${acted}, level ${levels[row.level]}`],
    ["Speaker", [`actor ${row.actor}`, row.sex, row.age && `${row.age} years`].filter(Boolean).join(", ")],
    ["Part", row.partName],
  ];
  const strength = [
    ...(row.intensity === undefined ? [] : [`network ${row.intensity}`]),
    ...(row.rating === undefined ? [] : [`crowd ${row.rating}`]),
  ];
  if (strength.length) facts.push(["Intensity", `${strength.join(", ")} of 100`]);
  if (!row.crowd) return facts;
  const heard = row.heard.map((label) => emotions[label].toLowerCase()).join(" or ");
  const verdict = { agrees: "as acted", tied: "undecided", differs: `as ${heard}` }[row.crowd];
  return [...facts, ["Crowd", `${row.voteCount} people who heard only the voice: ${verdict}`]];
}

/**
 * Return head and body of the table of scores and votes.
 * @param {Row} row
 * @param {Words} words
 */
export function heardTable(row, words) {
  const { votes, voteCount } = row;
  const emotion = node("span", { className: "hidden-words", textContent: "Emotion" });
  const head = node(
    "tr",
    {},
    node("th", { scope: "col" }, emotion),
    node("th", { scope: "col", textContent: "Network" }),
  );
  if (votes) head.append(node("th", { scope: "col", textContent: `Crowd, ${voteCount} votes` }));
  const lines = Object.entries(words.emotions).map(([label, name], i) => {
    const acted = label === row.emotion;
    const title = node("th", { scope: "row", className: acted ? "acted" : "", textContent: name });
    if (acted) title.append(node("small", { textContent: "acted" }));
    const line = node("tr", {}, title, barCell(label, row.scores[i], label === row.says));
    if (votes) line.append(barCell(label, votes[i] / voteCount, row.heard.includes(label)));
    return line;
  });
  return [node("thead", {}, head), node("tbody", {}, ...lines)];
}

/**
 * @param {string} label
 * @param {number} share from 0 to 1
 * @param {boolean} largest whether no other emotion has more
 */
function barCell(label, share, largest) {
  const fill = node("span", { className: "fill" });
  fill.style.setProperty("--score", share.toFixed(4));
  fill.style.setProperty("--colour", `var(--emotion-${label})`);
  const track = node("span", { className: "track", ariaHidden: "true" }, fill);
  const number = node("span", { className: "percent", textContent: percent(share) });
  return node("td", { className: largest ? "top" : "" }, node("span", { className: "bar" }, track, number));
}
