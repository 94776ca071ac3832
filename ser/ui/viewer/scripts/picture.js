// @ts-check
// The picture itself: the tiles, the scored window over them, and the value under the pointer.
import { MIN_DB, dbOf, pictureOf } from "./colours.js";
import { clamp } from "./numbers.js";
import { columnAt, columnsOf, partOfCoarser, tilesInView, timeOf } from "./tiles.js";

const DIM = 0.62; // opacity over the parts that the network does not score
const FINE_PX = 1; // rows lower than this many screen pixels are blended, others are drawn as sharp cells

/** @typedef {import("./pane.js").Pane} Pane */
/** @typedef {CanvasRenderingContext2D} Context */

/**
 * Return the kind of tiles that are drawn for a kind of picture.
 * @param {string} kind
 */
const tilesOf = (kind) => (kind === "model" ? "full" : kind);

/**
 * @param {Pane} pane
 * @param {string} kind
 */
const visibleTiles = (pane, kind) =>
  tilesInView(pane.about.kinds[kind], pane.range, pane.plot.width * pane.ratio);

/**
 * @param {Context} ctx
 * @param {Pane} pane
 */
export function drawPicture(ctx, pane) {
  const { plot } = pane;
  const kind = tilesOf(pane.kind);
  const { level, first, last } = visibleTiles(pane, kind);
  pane.tiles.want(kind, level, first, last);
  ctx.save();
  clipTo(ctx, plot.x, plot);
  ctx.fillStyle = pane.viewer.choices.palette.ground;
  ctx.fillRect(plot.x, plot.y, plot.width, plot.height);
  const { bands } = pane.about.kinds[kind];
  ctx.imageSmoothingEnabled = (plot.height * pane.ratio) / bands < FINE_PX;
  ctx.imageSmoothingQuality = "medium";
  for (let index = first; index <= last; index++) drawTile(ctx, pane, kind, level, index);
  if (pane.kind === "model") drawScored(ctx, pane);
  coverAfterEnd(ctx, pane);
  ctx.restore();
}

/**
 * @param {Context} ctx
 * @param {number} x
 * @param {{ y: number, width: number, height: number }} area
 */
function clipTo(ctx, x, { y, width, height }) {
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
}

/**
 * Round to whole screen pixels, for tiles that touch without a seam.
 * @param {Pane} pane
 * @param {number} x
 */
const snapped = (pane, x) => Math.round(x * pane.ratio) / pane.ratio;

/**
 * Draw a tile, or the same part of the finest coarser tile that has arrived.
 * @param {Context} ctx
 * @param {Pane} pane
 * @param {string} kind
 * @param {number} level
 * @param {number} index
 */
function drawTile(ctx, pane, kind, level, index) {
  const { plot } = pane;
  const about = pane.about.kinds[kind];
  for (let coarser = level; coarser < about.levels; coarser++) {
    const part = partOfCoarser(about, level, index, coarser);
    const tile = pane.tiles.tile(kind, coarser, part.index);
    if (!tile) continue;
    const width = Math.min(part.sourceTo, tile.frames) - part.sourceFrom;
    const [left, right] = [part.from, part.to].map((column) =>
      snapped(pane, pane.timeToX(timeOf(about, level, column))),
    );
    const picture = pictureOf(tile, pane.viewer.choices.palette);
    ctx.drawImage(picture, part.sourceFrom, 0, width, tile.bands, left, plot.y, right - left, plot.height);
    return;
  }
}

/**
 * Draw the network's input, cell by cell; the rest of the clip is dimmed.
 * @param {Context} ctx
 * @param {Pane} pane
 */
function drawScored(ctx, pane) {
  const { plot } = pane;
  if (!pane.window) return;
  const cells = pane.tiles.window(pane.window.start_s);
  const [left, right] = [pane.window.start_s, pane.window.end_s].map((time_s) => pane.timeToX(time_s));
  const { palette } = pane.viewer.choices;
  ctx.globalAlpha = DIM;
  ctx.fillStyle = palette.ground;
  ctx.fillRect(plot.x, plot.y, Math.max(0, left - plot.x), plot.height);
  ctx.fillRect(right, plot.y, Math.max(0, plot.x + plot.width - right), plot.height);
  ctx.globalAlpha = 1;
  if (!cells) return;
  ctx.save();
  clipTo(ctx, left, { ...plot, width: right - left });
  ctx.imageSmoothingEnabled =
    (plot.height * pane.ratio) / cells.bands < FINE_PX || right - left < cells.frames / pane.ratio / 2;
  const x = pane.timeToX(cells.start_s - cells.frame_s / 2);
  const end = pane.timeToX(cells.start_s + (cells.frames - 0.5) * cells.frame_s);
  ctx.drawImage(pictureOf(cells, palette), x, plot.y, end - x, plot.height);
  ctx.restore();
}

/**
 * Cover the part after the end of the shorter of two sounds.
 * @param {Context} ctx
 * @param {Pane} pane
 */
function coverAfterEnd(ctx, pane) {
  const { plot } = pane;
  const end = pane.timeToX(pane.duration_s);
  if (end >= plot.x + plot.width - 0.5) return;
  ctx.fillStyle = pane.ink.ground;
  ctx.fillRect(end, plot.y, plot.x + plot.width - end, plot.height);
}

// ---- under the pointer

/**
 * Return the value of the cell that is drawn at a time and a frequency, in dB, or null if there is none (yet).
 * @param {Pane} pane
 * @param {number} time_s
 * @param {number} hz
 */
export function valueAt(pane, time_s, hz) {
  if (time_s < 0 || time_s > pane.duration_s) return null;
  const row = clamp(Math.floor(pane.hzToRow(hz)), 0, pane.kindAbout.bands - 1);
  const { window: part } = pane;
  if (pane.kind === "model" && part && time_s >= part.start_s && time_s < part.end_s) {
    const cells = pane.tiles.windows.get(part.start_s);
    if (!cells) return null;
    const frame = clamp(Math.round((time_s - cells.start_s) / cells.frame_s), 0, cells.frames - 1);
    return dbOf(cells.bytes[row * cells.frames + frame]);
  }
  const kind = tilesOf(pane.kind);
  const about = pane.about.kinds[kind];
  const { level } = visibleTiles(pane, kind);
  const column = clamp(Math.floor(columnAt(about, level, time_s)), 0, columnsOf(about, level) - 1);
  const tile = pane.tiles.tile(kind, level, Math.floor(column / about.tile_frames));
  return tile ? dbOf(tile.bytes[row * tile.frames + (column % about.tile_frames)]) : null;
}

/** @param {number | null} db null is a value that has not arrived */
export function dbWords(db) {
  if (db === null) return "…";
  if (db <= MIN_DB) return `≤ −${-MIN_DB} dB`;
  return `${db > -0.05 ? "0.0" : `−${(-db).toFixed(1)}`} dB`;
}

/**
 * Mark the time under the pointer in both panes, the frequency only in the pane under the pointer.
 * @param {Context} ctx
 * @param {Pane} pane
 */
export function drawCursor(ctx, pane) {
  const { cursor, plot, areas } = pane;
  if (!cursor) return;
  const x = pane.timeToX(cursor.time_s);
  if (x < plot.x || x > plot.x + plot.width) return;
  const lines = [[x, areas.wave.y, x, plot.y + plot.height]];
  if (cursor.hz !== null) {
    const y = pane.hzToY(cursor.hz);
    lines.push([plot.x, y, plot.x + plot.width, y]);
  }
  drawLines(ctx, lines, "rgb(0 0 0 / 45%)", 3);
  drawLines(ctx, lines, "rgb(255 255 255 / 80%)", 1);
}

/**
 * @param {Context} ctx
 * @param {number[][]} lines from x, from y, to x, to y
 * @param {string} style
 * @param {number} width
 */
export function drawLines(ctx, lines, style, width) {
  ctx.strokeStyle = style;
  ctx.lineWidth = width;
  ctx.beginPath();
  for (const [fromX, fromY, toX, toY] of lines) {
    ctx.moveTo(fromX, fromY);
    ctx.lineTo(toX, toY);
  }
  ctx.stroke();
}
