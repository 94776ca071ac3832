// @ts-check
// The annotator's labels on a track below the waveform, each over its part of the sound. A click on one chooses it again.
import { within } from "../coordinates.js";
import { clamp } from "../numbers.js";

export const LANE_PX = 20;
const MAX_LANES = 4;
const STRIPE_PX = 4;

/** @typedef {import("../pane.js").Pane} Pane */

/**
 * A label as the desk gives it; two times null for the whole sound.
 * @typedef {{ id: string, start_s: number | null, end_s: number | null, code: string, words: string }} TrackLabel
 */

/**
 * Return the lane of each label: labels that overlap are in different ones, as far as there are lanes.
 * @param {Pick<TrackLabel, "start_s" | "end_s">[]} labels
 */
export function lanesOf(labels) {
  /** @type {number[]} */
  const ends = [];
  return labels.map(({ start_s, end_s }) => {
    const free = ends.findIndex((end) => end <= (start_s ?? 0));
    const lane = free >= 0 ? free : Math.min(ends.length, MAX_LANES - 1);
    ends[lane] = Math.max(ends[lane] ?? 0, end_s ?? Infinity);
    return lane;
  });
}

/**
 * Return labels in the order of the track: those of the whole sound first, then by start.
 * @param {TrackLabel[]} labels
 */
export const inOrder = (labels) =>
  [...labels].sort((one, other) => (one.start_s ?? -1) - (other.start_s ?? -1));

/**
 * Show labels on the track of a pane.
 * @param {Pane} pane
 * @param {TrackLabel[]} labels
 */
export function setLabels(pane, labels) {
  const ordered = inOrder(labels);
  if (JSON.stringify(ordered) === JSON.stringify(pane.labels)) return;
  pane.labels = ordered;
  const lanes = lanesOf(ordered);
  pane.labelsHeight = ordered.length ? LANE_PX * (Math.max(...lanes) + 1) : 0;
  pane.measure();
  pane.redraw();
}

/**
 * @param {Pane} pane
 * @param {import("../scope.js").Scope} _scope it sets up nothing that lasts
 * @returns {import("./tool.js").Tool}
 */
export function createLabelTrack(pane, _scope) {
  /** @type {import("../pane.js").Press} */
  const press = {
    name: "labels",
    cursor: (x, y) => (labelAt(pane, x, y) ? "pointer" : null),
    down: (_event, x, y) => within(pane.areas.labels, x, y),
    move() {},
    up(_event, x, y) {
      const label = labelAt(pane, x, y);
      if (label) pane.viewer.events.emit("label", { pane, id: label.id });
    },
  };
  return { press, layer: { name: "labels", z: 5, draw }, begin: () => setLabels(pane, []) };
}

/**
 * Return where a label is on the canvas.
 * @param {Pane} pane
 * @param {TrackLabel} label
 * @param {number} lane
 */
function boxOf(pane, { start_s, end_s }, lane) {
  const { labels } = pane.areas;
  const [left, right] = [start_s ?? 0, end_s ?? pane.duration_s].map((time_s) =>
    clamp(pane.timeToX(time_s), labels.x, labels.x + labels.width),
  );
  return { x: left, y: labels.y + LANE_PX * lane, width: right - left, height: LANE_PX - 2 };
}

/**
 * @param {Pane} pane
 * @param {number} x
 * @param {number} y
 */
function labelAt(pane, x, y) {
  const lanes = lanesOf(pane.labels);
  return pane.labels.findLast((label, i) => within(boxOf(pane, label, lanes[i]), x, y));
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Pane} pane
 */
function draw(ctx, pane) {
  const lanes = lanesOf(pane.labels);
  const style = getComputedStyle(pane.element);
  const colourOf = (/** @type {string} */ code) =>
    style.getPropertyValue(`--label-${code}`).trim() ||
    style.getPropertyValue(`--emotion-${code}`).trim() ||
    pane.ink.muted;
  ctx.font = "600 12px system-ui, sans-serif";
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  pane.labels.forEach((label, i) => {
    const { x, y, width, height } = boxOf(pane, label, lanes[i]);
    if (width <= 0) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, width, height);
    ctx.clip();
    ctx.fillStyle = pane.ink.strip;
    ctx.fillRect(x, y, width, height);
    ctx.fillStyle = colourOf(label.code);
    ctx.fillRect(x, y, STRIPE_PX, height);
    ctx.fillStyle = pane.ink.text;
    ctx.fillText(label.words, x + STRIPE_PX + 4, y + height / 2 + 0.5);
    ctx.restore();
  });
}
