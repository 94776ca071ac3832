// @ts-check
// The three seconds that the network scores, outlined and draggable, and the requests for scores of the window, of the
// whole clip and of the region. While the window is dragged, only its latest place is scored.
import { answerTo } from "../../../page/server.js";
import { within } from "../coordinates.js";
import { clamp, ms } from "../numbers.js";
import { clipToPlot, drawChip } from "./chip.js";
import { tellingWindow, top } from "./score_columns.js";
import { labelsOf } from "./emotions.js";

const WINDOW_S = 3;
export const STEP_S = 0.5; // between the windows that are averaged for the clip's score
const MAX_AT_ONCE_S = 30; // a longer clip is scored as a whole only on request
/** @type {Record<string, number>} */
const EDGE = { mouse: 5, pen: 8, touch: 14 };
const COLOUR = "#c7d2fe";

/** @typedef {import("../pane.js").Pane} Pane */
/** @typedef {import("../coordinates.js").Range} Range */

/**
 * @typedef {object} ScoreAnswer
 * @property {string} [problem] then there is nothing else
 * @property {number[]} scores
 * @property {string[]} percents
 * @property {{ name: string, score: number, percent: string, colour: string }[]} own of an adaptation's own emotions
 * @property {string} sentence
 * @property {import("./score_columns.js").ScoredPart[]} windows
 */
/** @typedef {Range & { waiting: boolean, answer?: ScoreAnswer }} Column */

/**
 * @typedef {object} WindowParts
 * @property {boolean} isLong whether the sound is longer than the window
 * @property {number} lastStart where the last window begins, in seconds
 * @property {(start_s: number) => void} moveTo
 * @property {() => void} scoreClip
 * @property {() => void} scoreRegion
 */
/** @typedef {import("./tool.js").Tool & WindowParts} ScoredWindow */

/**
 * @param {Pane} pane
 * @param {import("../scope.js").Scope} scope
 * @param {import("./region/region.js").RegionTool} region
 * @returns {ScoredWindow}
 */
export function createScoredWindow(pane, scope, region) {
  const { events, server } = pane.viewer;
  let requests = new Requests();
  let windowChosen = false;
  /** @type {{ time_s: number, start_s: number } | null} */
  let from = null;

  const lastStart = () => Math.max(0, pane.duration_s - WINDOW_S);
  const changed = () => events.emit("columns", { pane });

  /**
   * While one request is answered, only the latest of those that follow is kept.
   * @param {string} column
   * @param {Range} part
   */
  async function ask(column, part) {
    const mine = requests;
    const token = pane.token;
    pane.columns[column] = { ...pane.columns[column], ...part, waiting: true };
    changed();
    if (mine.add(column, part)) return;
    for (let now = mine.next(column); now; now = mine.next(column)) {
      /** @type {ScoreAnswer} */
      const answer = await answerTo(server.score({ token, ...now }));
      if (mine !== requests || scope.ended) return;
      show(column, now, answer, mine.isWaiting(column));
    }
  }

  /**
   * @param {string} column
   * @param {Range} part
   * @param {ScoreAnswer} answer
   * @param {boolean} waiting whether a later request of the column waits
   */
  function show(column, part, answer, waiting) {
    pane.columns[column] = { ...(waiting ? pane.columns[column] : part), answer, waiting };
    // Move to the window that says most, unless another was chosen meanwhile.
    if (column === "clip" && !answer.problem && !windowChosen) moveTo(tellingWindow(answer).start_s, false);
    changed();
    pane.redraw();
    if (!waiting && !answer.problem) events.emit("scored", { pane, answer, of: column, ...part });
  }

  /**
   * @param {number} start_s
   * @param {boolean} [chosen] by a person
   */
  function moveTo(start_s, chosen = true) {
    const start = ms(clamp(start_s, 0, lastStart()));
    windowChosen ||= chosen;
    if (pane.window && start === pane.window.start_s && pane.columns.window) return;
    pane.window = { start_s: start, end_s: ms(Math.min(start + WINDOW_S, pane.duration_s)) };
    pane.redraw();
    events.emit("window", { pane });
    ask("window", { ...pane.window });
  }

  const scoreClip = () => void ask("clip", { start_s: 0, end_s: pane.duration_s });

  function scoreRegion() {
    if (pane.region) ask("region", { start_s: pane.region.start_s, end_s: pane.region.end_s });
  }

  // Start with a new sound in the pane.
  function begin() {
    requests = new Requests();
    windowChosen = false;
    Object.assign(pane, { columns: {}, window: null });
    moveTo(0, false);
    if (isLong(pane) && pane.duration_s <= MAX_AT_ONCE_S) scoreClip();
  }

  scope.on(events, "region", ({ pane: of }) => {
    if (of !== pane || pane.region || !pane.columns.region) return;
    delete pane.columns.region;
    changed();
  });

  /** @type {import("../pane.js").Press} */
  const press = {
    name: "window",
    cursor: (x, y) => (!region.holds(null, x, y) && holds(pane, x, y, EDGE.mouse) ? "grab" : null),
    down(event, x, y) {
      const reach = EDGE[event.pointerType] ?? EDGE.mouse;
      if (!pane.window || event.button !== 0 || region.holds(event, x, y) || !holds(pane, x, y, reach))
        return false;
      from = { time_s: pane.xToTime(x), start_s: pane.window.start_s };
      return true;
    },
    move(event, x) {
      if (from) moveTo(from.start_s + pane.xToTime(x) - from.time_s);
    },
    up() {
      from = null;
    },
  };
  return {
    ...{ press, begin, moveTo, scoreClip, scoreRegion, layer: { name: "window", z: 30, draw } },
    get isLong() {
      return isLong(pane);
    },
    get lastStart() {
      return lastStart();
    },
  };
}

/** The requests of each column: one that is being answered, and the latest after it. */
export class Requests {
  /** @type {Map<string, Range | null>} The next request of each column that is being answered. */
  #waiting = new Map();

  /**
   * Add a request, and return whether one of its column is being answered already.
   * @param {string} column
   * @param {Range} part
   */
  add(column, part) {
    const busy = this.#waiting.has(column);
    this.#waiting.set(column, part);
    return busy;
  }

  /**
   * Return the request to send now; null ends the column's turn.
   * @param {string} column
   */
  next(column) {
    const part = this.#waiting.get(column) ?? null;
    if (part) this.#waiting.set(column, null);
    else this.#waiting.delete(column);
    return part;
  }

  /** @param {string} column */
  isWaiting(column) {
    return Boolean(this.#waiting.get(column));
  }
}

/** @param {Pane} pane */
const isLong = (pane) => pane.duration_s > WINDOW_S + 0.001;

// ---- on the picture

/**
 * @param {Pane} pane
 * @param {Range} part
 */
function chipOf(pane, part) {
  const { plot } = pane;
  const [left, right] = [pane.timeToX(part.start_s), pane.timeToX(part.end_s)];
  const y = plot.y + 8;
  if (!isLong(pane)) {
    const fits = right - left > 190 && left < plot.x + plot.width - 190;
    return { x: Math.max(left, plot.x) + 8, y, width: fits ? 150 : 0, height: 20 };
  }
  const width = Math.min(112, plot.width);
  const x = clamp((left + right - width) / 2, plot.x, plot.x + plot.width - width);
  return { x, y, width: right < plot.x || left > plot.x + plot.width ? 0 : width, height: 20 };
}

/**
 * Whether a press moves the window: at its handle or one of its ends.
 * @param {Pane} pane
 * @param {number} x
 * @param {number} y
 * @param {number} reach
 */
function holds(pane, x, y, reach) {
  const { plot, window: part } = pane;
  if (!part || !isLong(pane) || y < plot.y || y > plot.y + plot.height) return false;
  const area = chipOf(pane, part);
  if (area.width && within(area, x, y, reach / 2)) return true;
  return [part.start_s, part.end_s].some((edge) => Math.abs(pane.timeToX(edge) - x) <= reach);
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Pane} pane
 */
function draw(ctx, pane) {
  const { plot, window: part } = pane;
  if (!part) return;
  const [left, right] = [pane.timeToX(part.start_s), pane.timeToX(part.end_s)];
  ctx.save();
  clipToPlot(ctx, plot);
  /** @type {[string, number][]} */
  const strokes = [
    ["rgb(0 0 0 / 60%)", 5],
    [COLOUR, 2.5],
  ];
  for (const [colour, width] of strokes) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.strokeRect(left + 1.5, plot.y + 1.5, right - left - 3, plot.height - 3);
  }
  drawWindows(ctx, pane);
  const area = chipOf(pane, part);
  if (area.width)
    drawChip(ctx, area, isLong(pane) ? "⠿ scored 3 s" : "scored: the whole clip", COLOUR, "#1e1b4b");
  ctx.restore();
}

/**
 * Draw a cell around the middle of each scored window, in the colour of its highest score.
 * @param {CanvasRenderingContext2D} ctx
 * @param {Pane} pane
 */
function drawWindows(ctx, pane) {
  const windows = pane.viewer.hiding.mayShow(pane) ? pane.columns.clip?.answer?.windows : null;
  if (!windows || windows.length < 2) return;
  const colours = getComputedStyle(pane.element);
  const fills = labelsOf(pane.viewer).map((label) => colours.getPropertyValue(`--emotion-${label}`));
  for (const part of windows) {
    const middle = (part.start_s + part.end_s) / 2;
    const [left, right] = [pane.timeToX(middle - STEP_S / 2), pane.timeToX(middle + STEP_S / 2)];
    ctx.fillStyle = fills[top(part.scores)];
    ctx.fillRect(left, pane.plot.y, Math.max(1, right - left - 1), 5);
  }
}
