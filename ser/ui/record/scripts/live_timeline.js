// @ts-check
// The timeline of a live session: a row for each emotion, a column for each reading.
import { clock } from "./clock.js";

const MINUTE_S = 60;
const FIRST_SPAN_S = 10; // of a session that runs; it grows to a minute
const MIN_SPAN_S = 5; // of a whole session
const USUAL_STEP_S = 0.9; // between readings; a long session keeps only every nth reading
const MAX_GAP_STEPS = 1.3;
const MIN_LABEL_PX = 62; // from one time on the axis to the next
const STEPS_S = [1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21600];
const DAY_S = 86400;
const AXIS_PX = 18;

/**
 * @typedef {[time_s: number, scores: number[] | null]} Column
 * @typedef {{ readings: Column[], shown_s: number, whole: boolean }} Shown the readings, the time at the right edge, and
 *   whether the timeline shows the whole session instead of its last minute
 * @typedef {{ from_s: number, span_s: number }} Span
 */

/**
 * Return the time at the left edge, and how long the timeline is.
 * @param {{ shown_s: number, whole: boolean }} shown
 * @returns {Span}
 */
export function spanOf({ shown_s, whole }) {
  if (whole) return { from_s: 0, span_s: Math.max(shown_s, MIN_SPAN_S) };
  return {
    from_s: Math.max(shown_s - MINUTE_S, 0),
    span_s: Math.min(Math.max(shown_s, FIRST_SPAN_S), MINUTE_S),
  };
}

/**
 * Return the pixel of a time.
 * @param {number} time_s
 * @param {Span} span
 * @param {number} width in pixels
 */
export const pixelOf = (time_s, { from_s, span_s }, width) => ((time_s - from_s) / span_s) * width;

/**
 * Return the seconds between the times on the axis, so that their labels have room.
 * @param {number} span_s
 * @param {number} width in pixels
 */
export const axisStep = (span_s, width) =>
  STEPS_S.find((step) => (step / span_s) * width >= MIN_LABEL_PX) ?? DAY_S;

/**
 * Return the usual seconds between readings.
 * @param {{ readings: Column[], whole: boolean }} shown
 */
export function usualStep({ readings, whole }) {
  if (!whole || readings.length < 3) return USUAL_STEP_S;
  return Math.max(USUAL_STEP_S, readings[1][0] - readings[0][0]);
}

/**
 * Return how many seconds a column is wide: it reaches back to the previous reading, but not across a gap.
 * @param {number} time_s
 * @param {number | null} before_s time of the previous reading
 * @param {number} usual_s
 */
export function columnWidth(time_s, before_s, usual_s) {
  if (before_s !== null && time_s - before_s < MAX_GAP_STEPS * usual_s) return time_s - before_s;
  return Math.min(0.4, usual_s);
}

/**
 * Leave out the readings that the last minute no longer shows.
 * @param {Column[]} readings
 * @param {number} time_s of the newest
 */
export const lastMinute = (readings, time_s) =>
  readings.filter(([past_s]) => past_s >= time_s - MINUTE_S - 2);

/**
 * Draw the timeline; the colours are those of `live`.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLElement} live
 * @param {string[]} labels
 * @param {Shown} shown
 * @returns {boolean} whether there was room to draw
 */
export function drawTimeline(canvas, live, labels, shown) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const pen = canvas.getContext("2d");
  if (!width || !pen) return false;
  const scale = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const style = getComputedStyle(live);
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const span = spanOf(shown);
  const place = { width, height: height - AXIS_PX, lane: (height - AXIS_PX) / labels.length, span };
  drawGrid(pen, style, place, labels.length, shown.shown_s);
  drawColumns(pen, style, place, labels, shown);
  return true;
}

/** @typedef {{ width: number, height: number, lane: number, span: Span }} Place without the axis below it, in pixels */

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {CSSStyleDeclaration} style
 * @param {Place} place
 * @param {number} lanes
 * @param {number} shown_s
 */
function drawGrid(pen, style, { width, height, lane, span }, lanes, shown_s) {
  pen.strokeStyle = style.getPropertyValue("--line");
  pen.fillStyle = style.getPropertyValue("--muted");
  pen.font = `12px ${style.fontFamily}`;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let i = 1; i <= lanes; i++) {
    pen.moveTo(0, Math.round(i * lane) - 0.5);
    pen.lineTo(width, Math.round(i * lane) - 0.5);
  }
  const step = axisStep(span.span_s, width);
  for (let t = Math.max(0, Math.ceil(span.from_s / step) * step); t <= shown_s; t += step) {
    const left = Math.min(Math.max(pixelOf(t, span, width), 1), width - 1);
    pen.moveTo(Math.round(left) - 0.5, 0);
    pen.lineTo(Math.round(left) - 0.5, height);
    const label = clock(t);
    const room = pen.measureText(label).width;
    pen.fillText(label, Math.min(Math.max(left - room / 2, 0), width - room), height + AXIS_PX - 3);
  }
  pen.stroke();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {CSSStyleDeclaration} style
 * @param {Place} place
 * @param {string[]} labels
 * @param {Shown} shown
 */
function drawColumns(pen, style, { width, height, lane, span }, labels, shown) {
  const colours = labels.map((_, i) => style.getPropertyValue(`--live-${i}`));
  const usual_s = usualStep(shown);
  let before_s = null;
  for (const [time_s, scores] of shown.readings) {
    const left = pixelOf(time_s - columnWidth(time_s, before_s, usual_s), span, width);
    const right = pixelOf(time_s, span, width);
    before_s = time_s;
    if (right < 0) continue;
    if (!scores) {
      pen.globalAlpha = 0.6;
      pen.fillStyle = style.getPropertyValue("--line");
      pen.fillRect(left, 0, right - left, height);
      continue;
    }
    const room = Math.max(right - left - (right - left > 4 ? 1 : 0), 0.75);
    const highest = Math.max(...scores);
    scores.forEach((score, i) => {
      const high = Math.max(score * (lane - 4), 1);
      pen.globalAlpha = score === highest ? 1 : 0.45;
      pen.fillStyle = colours[i];
      pen.fillRect(left, (i + 1) * lane - 1 - high, room, high);
    });
  }
  pen.globalAlpha = 1;
}
