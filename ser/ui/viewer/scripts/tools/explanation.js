// @ts-check
// The Why? tool: the evidence for an emotion in the scored window. The server hides one part at a time and measures how
// far the score falls. Here the parts with the strongest evidence are outlined, the rest is dimmed, and a curve below
// shows the evidence over time.
import { node } from "../../../page/dom.js";
import { answerTo } from "../../../page/server.js";
import { context2d, smallButton } from "../elements.js";
import { clamp } from "../numbers.js";
import { emotionsOf } from "./emotions.js";
import { BANDS, FRAMES, heatOf } from "./evidence.js";
import { top } from "./score_columns.js";

const FRAME_S = 256 / 16000;
const DIM = 0.72; // of cells without any evidence
const CURVE_PX = 44;
const LATER_MS = 250; // a window that is being dragged is not explained yet
const HIDDEN = "The evidence is hidden until you label the clip, to avoid bias.";
const WAITING = "Hiding one part at a time and scoring the rest…";

/** @typedef {import("../pane.js").Pane} Pane */
/** @typedef {import("../viewer.js").Viewer} Viewer */
/** @typedef {CanvasRenderingContext2D} Context */

/**
 * The evidence that a pane shows, or waits for.
 * @typedef {object} Evidence
 * @property {string} key names the request
 * @property {string} emotion
 * @property {number} start_s of the window
 * @property {boolean} waiting
 * @property {string} [problem]
 * @property {string} [words]
 * @property {number[]} [curve] evidence of each frame, from 0 to 1
 * @property {import("./evidence.js").Heat} [heat]
 * @property {string} [colour]
 * @property {{ key: string, picture: HTMLCanvasElement }} [shade]
 */
/** @typedef {Evidence & Required<Pick<Evidence, "heat" | "curve" | "colour">>} Shown */

/** @param {Viewer} viewer */
export function toggleExplanation({ why, events }) {
  why.shown = !why.shown;
  events.emit("why", { shown: why.shown });
}

/**
 * @param {Pane} pane
 * @param {import("../scope.js").Scope} scope
 * @returns {import("./tool.js").Tool}
 */
export function createExplanation(pane, scope) {
  const { viewer } = pane;
  const { events, hiding, server, why: choice } = viewer;
  const emotions = emotionsOf(viewer);
  let cancelLater = () => {};
  let isAwaited = false; // somebody has pressed Why?, and has not seen the answer yet

  const button = smallButton(scope, "Why?", "Show the evidence for a score (w)", () =>
    toggleExplanation(viewer),
  );
  const options = emotions.map(([value, textContent]) => node("option", { value, textContent }));
  const select = node("select", { ariaLabel: "Evidence for" }, ...options);
  const words = node("p", { role: "status" });
  const label = node("label", {}, "Evidence for ", select);
  const present = node("button", { type: "button", className: "small-button", textContent: "Present" });
  Object.assign(present.dataset, { stage: ".pane", stageCalmly: "" }); // the picture fills what the words leave
  present.ariaLabel = "Present the evidence";
  const panel = node(
    "section",
    { className: "why", hidden: true, ariaLabel: "Why this score" },
    ...[label, words, present],
  );

  function emotion() {
    const scores = pane.columns.window?.answer?.scores;
    return choice.emotion ?? (scores ? emotions[top(scores)][0] : null);
  }

  async function ask() {
    const asked = emotion();
    if (!choice.shown || !asked || !pane.window || !hiding.mayShow(pane)) return say();
    const request = { token: pane.token, start_s: pane.window.start_s, emotion: asked };
    const key = JSON.stringify(request);
    if (pane.why?.key === key && !pane.why.problem) return say();
    /** @type {Evidence} */
    const why = { key, emotion: asked, start_s: request.start_s, waiting: true };
    pane.why = why;
    say();
    pane.redraw();
    const answer = await answerTo(server.why(request));
    if (pane.why !== why || scope.ended) return;
    Object.assign(why, answer, { waiting: false });
    if (!answer.problem) Object.assign(why, { heat: heatOf(answer.map), colour: colourOf(pane, asked) });
    say();
    pane.redraw();
    bringIntoView();
    isAwaited = false;
  }

  // On a small screen the answer stands below the fold.
  function bringIntoView() {
    if (isAwaited) panel.scrollIntoView({ block: "nearest" });
  }

  function askLater() {
    if (!choice.shown) return;
    cancelLater();
    cancelLater = scope.after(LATER_MS, ask);
  }

  function say() {
    const { why } = pane;
    const shown = hiding.mayShow(pane);
    button.setAttribute("aria-pressed", String(choice.shown));
    panel.hidden = !choice.shown;
    label.hidden = !shown; // it would name the emotion with the highest score
    select.value = (shown && emotion()) || "";
    panel.setAttribute("aria-busy", String(Boolean(why?.waiting)));
    if (!shown) words.textContent = HIDDEN;
    else words.textContent = !why || why.waiting ? WAITING : why.problem || why.words || "";
  }

  function begin() {
    pane.why = null;
    choice.emotion = null;
    say();
  }

  scope.listen(select, "change", () => {
    choice.emotion = select.value;
    events.emit("why", { shown: choice.shown });
  });
  scope.on(events, "why", () => {
    isAwaited = choice.shown && viewer.current === pane;
    ask();
    say();
    pane.redraw();
    bringIntoView();
  });
  scope.on(events, "window", ({ pane: moved }) => moved === pane && askLater());
  scope.on(events, "scored", ({ pane: of, of: column }) => of === pane && column === "window" && askLater());
  scope.on(events, "scores", () => void ask());
  return { group: "why", buttons: [button], panels: [panel], layer: { name: "why", z: 10, draw }, begin };
}

/**
 * @param {Pane} pane
 * @param {string} emotion
 */
const colourOf = (pane, emotion) =>
  getComputedStyle(pane.element).getPropertyValue(`--emotion-${emotion}`).trim() || "#ffffff";

// ---- drawing

/**
 * @param {Context} ctx
 * @param {Pane} pane
 */
function draw(ctx, pane) {
  const { why, plot, viewer, window: part } = pane;
  if (!viewer.why.shown || !why?.heat || !viewer.hiding.mayShow(pane) || why.start_s !== part?.start_s)
    return;
  const shown = /** @type {Shown} */ (why);
  const xOf = (/** @type {number} */ frame) => pane.timeToX(why.start_s + (frame - 0.5) * FRAME_S); // frames are centred on their time
  const left = Math.max(pane.timeToX(part.start_s), plot.x);
  const right = Math.min(pane.timeToX(part.end_s), plot.x + plot.width);
  if (right <= left) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, plot.y, right - left, plot.height);
  ctx.clip();
  ctx.drawImage(shade(pane, shown), xOf(0), plot.y, xOf(FRAMES) - xOf(0), plot.height);
  drawOutline(ctx, pane, shown, xOf);
  drawCurve(ctx, pane, shown);
  ctx.restore();
}

/**
 * Return a dark layer with one row for each row of pixels: the bands have the same heights as in the picture below it.
 * @param {Pane} pane
 * @param {Shown} why
 */
function shade(pane, why) {
  const { cells } = why.heat;
  const height = Math.max(1, Math.round(pane.plot.height));
  const key = [height, ...[0, 0.5, 1].map((share) => pane.yToHz(pane.plot.y + share * height))].join();
  if (why.shade?.key === key) return why.shade.picture;
  const { hz } = pane.about.kinds.full;
  const picture = node("canvas", { width: FRAMES, height });
  const ctx = context2d(picture);
  const pixels = ctx.createImageData(FRAMES, height);
  let band = BANDS - 1;
  for (let row = 0; row < height; row++) {
    const at = pane.yToHz(pane.plot.y + row + 0.5);
    while (band > 0 && hz[band] > at) band -= 1;
    const next = Math.min(band + 1, BANDS - 1);
    const share = next > band ? clamp((at - hz[band]) / (hz[next] - hz[band]), 0, 1) : 0;
    for (let frame = 0; frame < FRAMES; frame++) {
      const heat = ((1 - share) * cells[band * FRAMES + frame] + share * cells[next * FRAMES + frame]) / 255;
      pixels.data[4 * (row * FRAMES + frame) + 3] = Math.round(255 * DIM * (1 - heat) ** 1.5);
    }
  }
  ctx.putImageData(pixels, 0, 0);
  why.shade = { key, picture };
  return picture;
}

/**
 * Return the edges of the bands in pixels, from the lowest upwards.
 * @param {Pane} pane
 */
function bandEdges(pane) {
  const { hz } = pane.about.kinds.full;
  const between = hz.slice(1).map((value, i) => (value + hz[i]) / 2);
  return [0, ...between, 8000].map((value) => pane.hzToY(value));
}

/**
 * @param {Context} ctx
 * @param {Pane} pane
 * @param {Shown} why
 * @param {(frame: number) => number} xOf
 */
function drawOutline(ctx, pane, why, xOf) {
  const rows = bandEdges(pane);
  ctx.beginPath();
  for (const [frame, band, toFrame, toBand] of why.heat.outline) {
    ctx.moveTo(xOf(frame), rows[band]);
    ctx.lineTo(xOf(toFrame), rows[toBand]);
  }
  strokeTwice(ctx, ["rgb(255 255 255 / 90%)", 3], [why.colour, 1.5]);
}

/**
 * @param {Context} ctx
 * @param {Pane} pane
 * @param {Shown} why
 */
function drawCurve(ctx, pane, { start_s, curve, colour }) {
  const base = pane.plot.y + pane.plot.height;
  const line = () =>
    curve.forEach((value, i) =>
      ctx.lineTo(pane.timeToX(start_s + i * FRAME_S), base - 2 - (CURVE_PX - 6) * value),
    );
  ctx.beginPath();
  ctx.moveTo(pane.timeToX(start_s), base);
  line();
  ctx.lineTo(pane.timeToX(start_s + (FRAMES - 1) * FRAME_S), base);
  ctx.fillStyle = `color-mix(in srgb, ${colour} 60%, transparent)`;
  ctx.fill();
  ctx.beginPath();
  line();
  strokeTwice(ctx, ["rgb(0 0 0 / 70%)", 4], ["#ffffff", 2]);
}

/**
 * @param {Context} ctx
 * @param {...[style: string, width: number]} strokes
 */
function strokeTwice(ctx, ...strokes) {
  for (const [style, width] of strokes) {
    ctx.strokeStyle = style;
    ctx.lineWidth = width;
    ctx.stroke();
  }
}
