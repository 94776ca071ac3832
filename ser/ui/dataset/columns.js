// @ts-check
// The columns of the Data set tab's table: what their cells show, and what they sort by.
import { node } from "../page/dom.js";
import { percent } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").Words} Words */
/**
 * @typedef {object} Column
 * @property {string} key
 * @property {string} name its title; "" for the button that plays
 * @property {(row: Row) => (Node | string)[]} cell what its cell shows
 * @property {(row: Row) => string | number | undefined} value what it sorts by
 */

const LEVELS = ["LO", "MD", "HI", "XX"]; // in the order of their strength

/**
 * @param {import("./rows.js").ClipColumns} clips
 * @returns {Column[]}
 */
export function columnsFor({ words, sound, votes, intensity, ratings }) {
  /** @type {Record<string, boolean>} */
  const known = {
    play: sound,
    crowd: Boolean(votes),
    intensity: Boolean(intensity),
    rating: Boolean(ratings),
  };
  return allColumns(words).filter(({ key }) => known[key] ?? true);
}

/**
 * @param {Words} words
 * @returns {Column[]}
 */
function allColumns(words) {
  const { emotions, sentences, levels } = words;
  const partNames = words.parts.map(([part]) => part);
  /** @type {(label: string, mark?: string) => (Node | string)[]} */
  const emotionCell = (label, mark = "") => [dotOf(label), emotions[label] + mark];
  return [
    {
      key: "play",
      name: "",
      cell: () => [node("span", { className: "row-play", title: "Play (Space)" })],
      value: () => "",
    },
    {
      key: "clip",
      name: "Clip",
      cell: (row) => [row.clip, ...twinMark(row), ...heardNote(row)],
      value: (row) => row.clip,
    },
    {
      key: "emotion",
      name: "Acted",
      cell: (row) => emotionCell(row.emotion),
      value: (row) => emotions[row.emotion],
    },
    {
      key: "says",
      name: "Network",
      cell: (row) => emotionCell(row.says, row.right === "right" ? " ✓" : ""),
      value: (row) => emotions[row.says],
    },
    { key: "score", name: "Score", cell: (row) => [percent(row.score)], value: (row) => row.score },
    {
      key: "part",
      name: "Part",
      cell: (row) => [row.partName, ...heardNote(row)],
      value: (row) => partNames.indexOf(row.part),
    },
    {
      key: "crowd",
      name: "Crowd",
      cell: (row) =>
        row.votes ? row.heard.flatMap((label, i) => [...(i ? [" "] : []), ...emotionCell(label)]) : ["–"],
      value: (row) => row.heard.map((label) => emotions[label]).join(),
    },
    {
      key: "intensity",
      name: "Intensity",
      cell: (row) => [String(row.intensity ?? "–")],
      value: (row) => row.intensity,
    },
    {
      key: "rating",
      name: "Rated",
      cell: (row) => [String(row.rating ?? "–")],
      value: (row) => row.rating,
    },
    { key: "actor", name: "Actor", cell: (row) => [row.actor], value: (row) => row.actor },
    {
      key: "sentence",
      name: "Sentence",
      cell: (row) => [sentences[row.sentence]],
      value: (row) => sentences[row.sentence],
    },
    {
      key: "level",
      name: "Level",
      cell: (row) => [levels[row.level]],
      value: (row) => LEVELS.indexOf(row.level),
    },
  ];
}

/** @param {string} label */
function dotOf(label) {
  const dot = node("span", { className: "dot" });
  dot.style.setProperty("--colour", `var(--emotion-${label})`);
  return dot;
}

/** @param {Row} row */
const twinMark = ({ twin }) =>
  twin ? [node("abbr", { title: `identical to ${twin}`, textContent: "⚑" })] : [];

/**
 * Scores of voices that the network learned from are optimistic. A phone has no column for the part, so the clip's
 * column notes it.
 * @param {Row} row
 */
const heardNote = ({ part }) =>
  part === "train" ? [node("small", { textContent: "heard in training" })] : [];
