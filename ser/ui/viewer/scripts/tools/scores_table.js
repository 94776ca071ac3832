// @ts-check
// The table of the network's scores below a pane: of the scored window, of the whole clip and of the region, with
// a sentence each; and whether they may be shown yet.
import { node } from "../../../page/dom.js";
import { smallButton } from "../elements.js";
import { emotionsOf } from "./emotions.js";
import { top } from "./score_columns.js";
import { STEP_S } from "./scored_window.js";

const SHORT_S = 0.5; // a shorter region is mostly added silence
const LONG_S = 240; // a longer clip takes more than a few seconds to score
const COLUMNS = { window: "Window", clip: "Whole clip", region: "Region" };
const SHORT = " A part this short is mostly added silence: do not rely on it.";
const HIDDEN = "The network's scores are hidden until you label, to avoid bias. ";
const LEGEND =
  "The coloured line at the top of the picture shows what each 3 s window sounds most like, at its middle.";

/** @typedef {import("./scored_window.js").Column} Column */
/** @typedef {import("./scored_window.js").ScoreAnswer} Answer */
/** @typedef {keyof typeof COLUMNS} ColumnName */

/**
 * @param {import("../pane.js").Pane} pane
 * @param {import("../scope.js").Scope} scope
 * @param {import("./scored_window.js").ScoredWindow} scored
 * @returns {import("./tool.js").Tool}
 */
export function createScoresTable(pane, scope, scored) {
  const { events, hiding } = pane.viewer;
  const emotions = emotionsOf(pane.viewer);
  let typing = false; // an answer that arrives must not replace what is being typed

  const table = node("table", { className: "scores-table" });
  const start = node("input", { type: "number", min: 0, step: 0.1, inputMode: "decimal" });
  start.ariaLabel = "Start of the scored window, seconds";
  const move = (/** @type {number} */ by_s) => scored.moveTo((pane.window?.start_s ?? 0) + by_s);
  const back = smallButton(scope, "‹", "Move the window half a second back", () => move(-STEP_S));
  const on = smallButton(scope, "›", "Move the window half a second on", () => move(STEP_S));
  const moving = node("span", { className: "moving" }, "Window from ", start, " s", back, on);
  const allTitle = "Score every window of the clip and average them";
  const all = smallButton(scope, "Score the whole clip", allTitle, scored.scoreClip);
  const reveal = smallButton(scope, "Show them", "Show the network's scores of this clip", () => {
    hiding.revealed.add(pane.token);
    events.emit("scores", { hidden: hiding.hidden });
  });
  const hint = node("p", { className: "hint", hidden: true }, HIDDEN, reveal);
  const title = node("h3", { textContent: "What the network says" });
  const heading = node("div", { className: "scores-head" }, title, moving, all);
  const legend = node("p", { className: "hint", hidden: true, textContent: LEGEND });
  const section = node("section", { className: "scores", ariaLabel: "Scores" }, heading, hint, table, legend);

  function draw() {
    const { columns } = pane;
    const shown = hiding.mayShow(pane);
    table.hidden = !shown;
    hint.hidden = shown;
    if (!typing) start.value = pane.window ? pane.window.start_s.toFixed(2) : "";
    legend.hidden = !shown || !((columns.clip?.answer?.windows?.length ?? 0) > 1);
    moving.hidden = !scored.isLong;
    all.hidden = !scored.isLong || Boolean(columns.clip);
    const names = /** @type {ColumnName[]} */ (Object.keys(COLUMNS)).filter((name) => columns[name]);
    const corner = node(
      "th",
      { scope: "col" },
      node("span", { className: "hidden-words", textContent: "Emotion" }),
    );
    const head = node("tr", {}, corner, ...names.map((name) => header(name, columns[name], scored.isLong)));
    const own = names.map((name) => columns[name].answer?.own ?? []).find(({ length }) => length) ?? [];
    const ownRows = own.map(({ name }, i) =>
      row(
        name,
        names.map((column) => cell(columns[column], i, ownScore)),
      ),
    );
    const rows = emotions.map(([label, name], i) =>
      row(
        name,
        names.map((column) => cell(columns[column], i, (answer) => score(answer, i, label))),
      ),
    );
    rows[0].classList.toggle("after-own", ownRows.length > 0);
    const sentences = node(
      "tr",
      { className: "in-words" },
      node("th", { scope: "row", textContent: "In words" }),
      ...names.map((name) => node("td", { textContent: inWords(columns[name]) })),
    );
    table.replaceChildren(node("thead", {}, head), node("tbody", {}, ...ownRows, ...rows, sentences));
    table.setAttribute("aria-busy", String(names.some((name) => columns[name].waiting)));
  }

  function begin() {
    all.textContent = `Score the whole clip${pane.duration_s > LONG_S ? " (takes a minute)" : ""}`;
    start.max = scored.lastStart.toFixed(2);
    typing = false;
  }

  scope.listen(start, "input", () => (typing = true));
  scope.listen(start, "blur", () => (typing = false));
  scope.listen(start, "change", () => {
    typing = false;
    if (Number.isFinite(start.valueAsNumber)) scored.moveTo(start.valueAsNumber);
    draw();
  });
  scope.on(events, "columns", ({ pane: of }) => of === pane && draw());
  scope.on(events, "scores", () => {
    draw();
    pane.redraw();
  });
  return { panels: [section], begin };
}

/**
 * @param {ColumnName} name
 * @param {Column} column
 * @param {boolean} isLong whether the sound is longer than the window
 */
function header(name, { start_s, end_s, waiting }, isLong) {
  const times = name === "clip" ? `${end_s.toFixed(1)} s` : `${start_s.toFixed(2)}–${end_s.toFixed(2)} s`;
  const title = name === "window" && !isLong ? "Whole clip" : COLUMNS[name];
  const className = waiting ? "waiting" : "";
  return node("th", { scope: "col", className }, title, node("small", { textContent: times }));
}

/**
 * @param {string} name of the emotion
 * @param {HTMLElement[]} cells
 */
const row = (name, cells) => node("tr", {}, node("th", { scope: "row", textContent: name }), ...cells);

/**
 * @param {Answer} answer
 * @param {number} i place of the emotion among the six
 * @param {string} label of the emotion
 */
const score = ({ scores, percents }, i, label) => ({
  score: scores[i],
  percent: percents[i],
  colour: `var(--emotion-${label})`,
  isTop: i === top(scores),
});

/**
 * @param {Answer} answer
 * @param {number} i place of the emotion among those of the adaptation
 */
const ownScore = ({ own }, i) => ({ ...own[i], isTop: i === top(own.map((one) => one.score)) });

/**
 * @param {Column} column
 * @param {number} i place of the emotion
 * @param {(answer: Answer, i: number) => { score: number, percent: string, colour: string, isTop: boolean }} read
 */
function cell({ answer }, i, read) {
  if (!answer?.scores) return node("td", { textContent: i === 0 && answer?.problem ? answer.problem : "–" });
  const shown = read(answer, i);
  const fill = node("span", { className: "fill" });
  fill.style.setProperty("--score", shown.score.toFixed(4));
  fill.style.setProperty("--colour", shown.colour);
  const track = node("span", { className: "track", ariaHidden: "true" }, fill);
  const number = node("span", { className: "percent", textContent: shown.percent });
  const bar = node("span", { className: "bar" }, track, number);
  return node("td", { className: shown.isTop ? "top" : "" }, bar);
}

/**
 * Return a column's sentence, with a warning about a part that is too short.
 * @param {Pick<Column, "start_s" | "end_s" | "answer">} column
 */
export function inWords({ start_s, end_s, answer }) {
  if (!answer?.sentence) return "";
  return answer.sentence + (end_s - start_s < SHORT_S ? SHORT : "");
}
