// @ts-check
// The axes of a pane: seconds below, Hz at the left, the colour bar in dB at the right.
import { colourAt, placeOnMap } from "./colours.js";
import { clamp, clockWords } from "./numbers.js";

const TICK_PX = 5;
const CAPTION_PX = 12; // above the picture: Hz and dB
const TIME_STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5].concat([
  10, 15, 30, 60, 120, 300, 600, 1800, 3600,
]);
const TIME_PX = 74; // at least, between two numbers
const HZ_PX = 17;
const BAR_PX = 26;
// In order of preference.
const HZ_TICKS = {
  mel: [
    8000, 1000, 2000, 4000, 500, 250, 6000, 3000, 1500, 100, 5000, 750, 7000, 400, 300, 200, 600, 1250, 2500,
  ],
  linear: [
    8000, 4000, 2000, 6000, 1000, 3000, 5000, 7000, 500, 1500, 2500, 3500, 4500, 5500, 6500, 7500, 250,
  ],
};
const BAR_STEPS = [5, 10, 20, 40];

/** @typedef {import("./pane.js").Pane} Pane */
/** @typedef {CanvasRenderingContext2D} Context */

const FONT = '400 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
/** @param {number} value */
const crisp = (value) => Math.round(value - 0.5) + 0.5;

/**
 * Return the time between two numbers on the axis: the shortest one for which they do not overlap.
 * @param {number} secondsPerPixel
 */
export function timeStep(secondsPerPixel) {
  return TIME_STEPS.find((step) => step >= TIME_PX * secondsPerPixel) ?? TIME_STEPS[TIME_STEPS.length - 1];
}

/**
 * Return frequencies whose numbers do not overlap, the most useful ones first, and where they are written.
 * @param {"mel" | "linear"} scale
 * @param {(hz: number) => number} hzToY
 * @param {{ y: number, height: number }} plot
 */
export function hzTicks(scale, hzToY, plot) {
  /** @type {{ hz: number, y: number }[]} */
  const chosen = [];
  for (const hz of HZ_TICKS[scale]) {
    const y = clamp(hzToY(hz), plot.y + 6, plot.y + plot.height - 5);
    if (chosen.every((other) => Math.abs(other.y - y) >= HZ_PX)) chosen.push({ hz, y });
  }
  return chosen;
}

/**
 * Return the step between two numbers at the colour bar, in dB.
 * @param {number} floor_db
 * @param {number} height in pixels
 */
export function barStep(floor_db, height) {
  return BAR_STEPS.find((step) => (step / -floor_db) * height >= BAR_PX) ?? BAR_STEPS[BAR_STEPS.length - 1];
}

/**
 * @param {Context} ctx
 * @param {Pane} pane
 */
export function drawTimeAxis(ctx, pane) {
  const { plot, range } = pane;
  const step = timeStep((range.end_s - range.start_s) / plot.width);
  const base = plot.y + plot.height;
  ctx.font = FONT;
  ctx.textBaseline = "top";
  ctx.textAlign = "center";
  ctx.strokeStyle = ctx.fillStyle = pane.ink.muted;
  ctx.beginPath();
  const first = Math.ceil(range.start_s / step - 1e-9);
  for (let i = first; i * step <= range.end_s + 1e-9; i++) {
    const x = pane.timeToX(i * step);
    ctx.moveTo(crisp(x), base);
    ctx.lineTo(crisp(x), base + TICK_PX);
    const words = clockWords(i * step, step);
    const half = ctx.measureText(words).width / 2;
    if (x + half < plot.x + plot.width - 10) ctx.fillText(words, Math.max(x, half), base + TICK_PX + 3);
  }
  ctx.stroke();
  ctx.textAlign = "right";
  ctx.fillText("s", plot.x + plot.width, base + TICK_PX + 3);
}

/**
 * @param {Context} ctx
 * @param {Pane} pane
 */
export function drawHzAxis(ctx, pane) {
  const { plot } = pane;
  ctx.font = FONT;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.strokeStyle = ctx.fillStyle = pane.ink.muted;
  ctx.beginPath();
  for (const { hz, y } of hzTicks(pane.kindAbout.scale, (hz) => pane.hzToY(hz), plot)) {
    const tickY = crisp(clamp(pane.hzToY(hz), plot.y, plot.y + plot.height));
    ctx.moveTo(plot.x - TICK_PX, tickY);
    ctx.lineTo(plot.x, tickY);
    ctx.fillText(String(hz), plot.x - TICK_PX - 3, y);
  }
  ctx.stroke();
  ctx.fillText("Hz", plot.x - TICK_PX - 3, plot.y - CAPTION_PX);
}

/**
 * @param {Context} ctx
 * @param {Pane} pane
 */
export function drawColourBar(ctx, pane) {
  const { plot, bar } = pane.areas;
  const { choices } = pane.viewer;
  const { floor_db } = choices;
  const { height } = plot;
  for (let y = 0; y < height; y++) {
    ctx.fillStyle = colourAt(placeOnMap(floor_db * ((y + 0.5) / height), choices), choices.colours);
    ctx.fillRect(bar.x, plot.y + y, bar.width, 1.02);
  }
  ctx.strokeStyle = pane.ink.line;
  ctx.strokeRect(crisp(bar.x), crisp(plot.y), bar.width, height);
  const step = barStep(floor_db, height);
  ctx.font = FONT;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillStyle = pane.ink.muted;
  for (let db = 0; db >= floor_db; db -= step) {
    const y = plot.y + (db / floor_db) * height;
    const place = clamp(y, plot.y + 6, plot.y + height - 5);
    ctx.fillText(db === 0 ? "0" : `−${-db}`, bar.x + bar.width + 4, place);
  }
  ctx.fillText("dB", bar.x + bar.width + 4, plot.y - CAPTION_PX);
}
