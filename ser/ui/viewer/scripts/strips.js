// @ts-check
// The two strips above the picture: the whole clip with the visible part marked, and the waveform of that part.
import { SOUND_RATE, bytesOf, clamp } from "./numbers.js";

const MIN_PEAK = 0.02; // quieter sounds are not scaled to the full height

/** @typedef {import("./pane.js").Pane} Pane */
/** @typedef {import("./coordinates.js").Area} Area */
/** @typedef {import("./coordinates.js").Range} Range */
/** @typedef {CanvasRenderingContext2D} Context */
/** @typedef {{ pairs: number, step: number, peak: number, ends: Int8Array }} Wave */

/**
 * Unpack the levels of detail of a waveform: its `ends` are the lowest and the highest sample of each `step` samples.
 * @param {import("./tiles.js").About} about
 * @returns {Wave[]}
 */
export function wavePairs(about) {
  return about.waveform.map(({ bytes, ...level }) => ({
    ...level,
    ends: new Int8Array(bytesOf(bytes).buffer),
  }));
}

/**
 * Return the coarsest level that is fine enough for pixels of that length, or else the finest.
 * @param {Wave[]} waves the coarsest first
 * @param {number} pixel_s
 */
export function waveLevel(waves, pixel_s) {
  return waves.find(({ step }) => step <= pixel_s * SOUND_RATE) ?? waves[waves.length - 1];
}

/**
 * Return the lowest and the highest sample from a time on, 127 being 1.0, or null after the end.
 * @param {Wave} wave
 * @param {number} start_s
 * @param {number} end_s
 */
export function extremes({ ends, pairs, step }, start_s, end_s) {
  const from = Math.floor((start_s * SOUND_RATE) / step);
  const to = Math.max(from + 1, Math.ceil((end_s * SOUND_RATE) / step));
  if (from >= pairs) return null;
  let [low, high] = [127, -127];
  for (let pair = Math.max(0, from); pair < Math.min(to, pairs); pair++) {
    low = Math.min(low, ends[2 * pair]);
    high = Math.max(high, ends[2 * pair + 1]);
  }
  return { low, high };
}

/**
 * Draw one line for each pixel, from the lowest to the highest sample in it.
 * @param {Context} ctx
 * @param {Pane} pane
 * @param {Area} area
 * @param {Range} range
 */
function drawWave(ctx, pane, area, { start_s, end_s }) {
  const pixel_s = (end_s - start_s) / area.width;
  const level = waveLevel(pane.waves, pixel_s);
  const middle = area.y + area.height / 2;
  const scale = (area.height / 2 - 1) / 127 / Math.max(level.peak, MIN_PEAK);
  const pixels = Math.ceil(area.width);
  ctx.beginPath();
  for (let i = 0; i < pixels; i++) {
    const sound = extremes(level, start_s + i * pixel_s, start_s + (i + 1) * pixel_s);
    if (!sound) break;
    const [top, bottom] = [middle - sound.high * scale, middle - sound.low * scale];
    ctx.rect(area.x + i, top - 0.4, 1, Math.max(0.8, bottom - top + 0.8));
  }
  ctx.fill();
}

/**
 * @param {Context} ctx
 * @param {Pane} pane
 */
export function drawOverview(ctx, pane) {
  const { overview } = pane.areas;
  const end_s = pane.viewer.longest_s;
  ctx.fillStyle = pane.ink.strip;
  ctx.fillRect(overview.x, overview.y, overview.width, overview.height);
  ctx.fillStyle = pane.ink.faint;
  drawWave(ctx, pane, overview, { start_s: 0, end_s });
  const [left, right] = viewBox(pane);
  ctx.fillStyle = pane.ink.veil;
  ctx.fillRect(overview.x, overview.y, left - overview.x, overview.height);
  ctx.fillRect(right, overview.y, overview.x + overview.width - right, overview.height);
  ctx.strokeStyle = pane.ink.accent;
  ctx.lineWidth = 2;
  ctx.strokeRect(left + 1, overview.y + 1, Math.max(2, right - left - 2), overview.height - 2);
  ctx.lineWidth = 1;
  drawHead(ctx, overview, overview.x + ((pane.time_s || 0) / end_s) * overview.width, 1.5, pane.ink.text);
}

/**
 * Return the left and right edge of the visible part on the overview.
 * @param {Pane} pane
 */
export function viewBox(pane) {
  const { overview } = pane.areas;
  const place = (/** @type {number} */ time_s) =>
    overview.x + (time_s / pane.viewer.longest_s) * overview.width;
  return [place(pane.range.start_s), place(pane.range.end_s)];
}

/**
 * @param {Context} ctx
 * @param {Pane} pane
 */
export function drawWaveform(ctx, pane) {
  const { wave } = pane.areas;
  ctx.fillStyle = pane.ink.wave;
  drawWave(ctx, pane, wave, pane.range);
  if (!pane.region) return;
  const [left, right] = [pane.region.start_s, pane.region.end_s].map((time_s) =>
    clamp(pane.timeToX(time_s), wave.x, wave.x + wave.width),
  );
  ctx.fillStyle = pane.ink.region;
  ctx.fillRect(left, wave.y, right - left, wave.height);
}

/**
 * @param {Context} ctx
 * @param {Area} area
 * @param {number} x
 * @param {number} width
 * @param {string} colour
 */
function drawHead(ctx, area, x, width, colour) {
  if (x < area.x - 1 || x > area.x + area.width + 1) return;
  ctx.fillStyle = colour;
  ctx.fillRect(x - width / 2, area.y, width, area.height);
}

/**
 * Draw the playhead. On the picture it is white with dark edges, which shows on any colour.
 * @param {Context} ctx
 * @param {Pane} pane
 */
export function drawPlayhead(ctx, pane) {
  const x = pane.timeToX(pane.time_s || 0);
  const { plot } = pane;
  drawHead(ctx, pane.areas.wave, x, 2, pane.ink.text);
  drawHead(ctx, plot, x, 4, "rgb(0 0 0 / 60%)");
  drawHead(ctx, plot, x, 2, "#ffffff");
}
