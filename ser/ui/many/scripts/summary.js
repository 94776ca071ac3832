// @ts-check
// The summary picture of many files: how many of each emotion, in all, in each folder, of each speaker and by the hour.
import { node } from "../../page/dom.js";
import { byFolder, byHour, bySpeaker } from "./groups.js";
import { counted } from "./rows.js";

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Emotion} Emotion
 * @typedef {{ kind: string, name: string, colour: string, n: number }} Part
 */

const MAX_GROUPS = 12; // that are drawn
const GREY = "var(--muted)";

/**
 * Return how many files there are of each emotion, and how many that name none, in the order in which they are drawn.
 * @param {Row[]} rows
 * @param {Emotion[]} emotions
 * @returns {Part[]}
 */
export function partsOf(rows, emotions) {
  const counts = counted(rows, emotions);
  return [
    ...emotions.map(({ code, name, colour }) => ({ kind: code, name, colour, n: counts[code] ?? 0 })),
    { kind: "unsure", name: "Not sure", colour: GREY, n: counts.unsure ?? 0 },
    { kind: "no_voice", name: "No voice", colour: GREY, n: counts.no_voice ?? 0 },
    { kind: "failed", name: "Not scored", colour: GREY, n: counts.failed ?? 0 },
  ];
}

/**
 * Return what a group holds in words, such as "12 files: 7 happy, 5 not sure".
 * @param {Part[]} parts
 */
export function wordsOf(parts) {
  const n = parts.reduce((sum, part) => sum + part.n, 0);
  const named = parts.filter((part) => part.n).toSorted((one, other) => other.n - one.n);
  const list = named.map((part) => `${part.n.toLocaleString("en")} ${part.name.toLowerCase()}`).join(", ");
  return `${n.toLocaleString("en")} ${n === 1 ? "file" : "files"}${list ? `: ${list}` : ""}`;
}

/** @param {Part[]} parts */
function stacked(parts) {
  const bar = node("span", { className: "stack", ariaHidden: "true" });
  for (const { kind, colour, n } of parts.filter((part) => part.n)) {
    const part = node("i", { className: kind });
    part.style.flexGrow = String(n);
    part.style.setProperty("--colour", colour);
    bar.append(part);
  }
  return bar;
}

/**
 * @param {string} title
 * @param {Map<string, Row[]> | null} groups
 * @param {Emotion[]} emotions
 * @param {string} nameless what the group "" is called
 */
function groupsNode(title, groups, emotions, nameless) {
  if (!groups) return [];
  const named = [...groups].slice(0, MAX_GROUPS);
  const lines = named.map(([name, rows]) => {
    const parts = partsOf(rows, emotions);
    const words = wordsOf(parts);
    return node(
      "li",
      { title: `${name || nameless}, ${words}` },
      node("span", { className: "group", textContent: name || nameless }),
      stacked(parts),
      node("span", { className: "n", textContent: rows.length.toLocaleString("en") }),
      node("span", { className: "hidden-words", textContent: words }),
    );
  });
  const more = groups.size - named.length;
  const rest = more ? [node("p", { className: "hint", textContent: `And ${more} more.` })] : [];
  return [node("h4", { textContent: title }), node("ul", { className: "groups" }, ...lines), ...rest];
}

/**
 * @param {ReturnType<typeof byHour>} times
 * @param {Emotion[]} emotions
 */
function hoursNode(times, emotions) {
  if (!times) return [];
  const most = Math.max(...times.hours.map(({ length }) => length));
  const columns = times.hours.map((rows, hour) => {
    const parts = partsOf(rows, emotions);
    const column = node("li", { title: `${hour}:00, ${wordsOf(parts)}` }, stacked(parts));
    column.style.setProperty("--share", String(rows.length / most));
    if (hour % 6 === 0) column.append(node("span", { className: "hour", textContent: String(hour) }));
    column.append(node("span", { className: "hidden-words", textContent: `${hour}:00, ${wordsOf(parts)}` }));
    return column;
  });
  const from = times.from === "names" ? "the times in the names" : "the dates of the files";
  return [
    node("h4", { textContent: "Over the day" }),
    node("ul", { className: "hours" }, ...columns),
    node("p", { className: "hint", textContent: `Hours by ${from}.` }),
  ];
}

/**
 * Draw the summary.
 * @param {HTMLElement} figure
 * @param {Row[]} all
 * @param {Emotion[]} emotions
 */
export function drawSummary(figure, all, emotions) {
  const rows = all.filter(({ state }) => state === "scored" || state === "failed");
  const parts = partsOf(rows, emotions).filter(
    ({ n, kind }) => n || emotions.some(({ code }) => code === kind),
  );
  const most = Math.max(1, ...parts.map(({ n }) => n));
  const bars = parts.map(({ kind, name, colour, n }) => {
    const fill = node("i", { className: kind });
    fill.style.width = `${(100 * n) / most}%`;
    fill.style.setProperty("--colour", colour);
    return node(
      "li",
      {},
      node("span", { className: "group", textContent: name }),
      node("span", { className: "bar", ariaHidden: "true" }, fill),
      node("span", { className: "n", textContent: n.toLocaleString("en") }),
    );
  });
  figure.replaceChildren(
    node("h3", { className: "small", textContent: "Summary: how many of each" }),
    node("ul", { className: "counts" }, ...bars),
    ...groupsNode("By folder", byFolder(rows), emotions, "(no folder)"),
    ...groupsNode("By speaker, as the names begin", bySpeaker(rows), emotions, ""),
    ...hoursNode(byHour(rows), emotions),
    node("figcaption", {
      className: "hint",
      textContent: "Sure and leaning answers count as their emotion, all others as not sure.",
    }),
  );
}
