// The picture itself: the tiles, the scored window over them, and the value under the pointer.
const DIM = 0.62; // opacity over the parts that the network does not score
const FINE_PX = 1; // rows lower than this many screen pixels are blended, others are drawn as sharp cells

// The kind of tiles that are drawn for a kind of picture.
const tilesOf = (kind) => (kind === "model" ? "full" : kind);

function visibleTiles(pane, kind) {
  const { start_s, end_s } = pane.range;
  const level = pane.tiles.levelFor(kind, (end_s - start_s) / (pane.plot.width * pane.ratio));
  const { tile_frames } = pane.about.kinds[kind];
  const last = pane.tiles.columns(kind, level) - 1;
  const tileAt = (time_s) => Math.floor(clampTo(pane.tiles.columnAt(kind, level, time_s), 0, last) / tile_frames);
  return { level, first: tileAt(start_s), last: tileAt(end_s) };
}

function drawPicture(ctx, pane) {
  const { plot } = pane;
  const kind = tilesOf(pane.kind);
  const { level, first, last } = visibleTiles(pane, kind);
  pane.tiles.want(kind, level, first, last);
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.x, plot.y, plot.width, plot.height);
  ctx.clip();
  ctx.fillStyle = currentPalette().ground;
  ctx.fillRect(plot.x, plot.y, plot.width, plot.height);
  const { bands } = pane.about.kinds[kind];
  ctx.imageSmoothingEnabled = (plot.height * pane.ratio) / bands < FINE_PX;
  ctx.imageSmoothingQuality = "medium";
  for (let index = first; index <= last; index++) drawTile(ctx, pane, kind, level, index);
  if (pane.kind === "model") drawScored(ctx, pane);
  coverAfterEnd(ctx, pane);
  ctx.restore();
}

// Round to whole screen pixels, for tiles that touch without a seam.
function snapped(pane, x) {
  return Math.round(x * pane.ratio) / pane.ratio;
}

function drawTile(ctx, pane, kind, level, index) {
  const { tiles, plot } = pane;
  const { tile_frames, levels } = pane.about.kinds[kind];
  const [from, to] = [index * tile_frames, Math.min((index + 1) * tile_frames, tiles.columns(kind, level))];
  for (let coarser = level; coarser < levels; coarser++) {
    const shift = coarser - level;
    const tile = tiles.tile(kind, coarser, index >> shift);
    if (!tile) continue;
    const offset = ((index >> shift) << shift) * tile_frames; // first column of the coarser tile, in this level's columns
    const source = [(from - offset) / 2 ** shift, Math.min((to - offset) / 2 ** shift, tile.frames)];
    const [left, right] = [from, to].map((column) => snapped(pane, pane.timeToX(tiles.timeOf(kind, level, column))));
    ctx.drawImage(pictureOf(tile), source[0], 0, source[1] - source[0], tile.bands, left, plot.y, right - left, plot.height);
    return;
  }
}

// The network's input, cell by cell; the rest of the clip is dimmed.
function drawScored(ctx, pane) {
  const { plot } = pane;
  if (!pane.window) return;
  const cells = pane.tiles.window(pane.window.start_s);
  const [left, right] = [pane.window.start_s, pane.window.end_s].map((time_s) => pane.timeToX(time_s));
  ctx.globalAlpha = DIM;
  ctx.fillStyle = currentPalette().ground;
  ctx.fillRect(plot.x, plot.y, Math.max(0, left - plot.x), plot.height);
  ctx.fillRect(right, plot.y, Math.max(0, plot.x + plot.width - right), plot.height);
  ctx.globalAlpha = 1;
  if (!cells) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, plot.y, right - left, plot.height);
  ctx.clip();
  ctx.imageSmoothingEnabled = (plot.height * pane.ratio) / cells.bands < FINE_PX || right - left < cells.frames / pane.ratio / 2;
  const x = pane.timeToX(cells.start_s - cells.frame_s / 2);
  ctx.drawImage(pictureOf(cells), x, plot.y, pane.timeToX(cells.start_s + (cells.frames - 0.5) * cells.frame_s) - x, plot.height);
  ctx.restore();
}

// Cover the part after the end of the shorter of two sounds.
function coverAfterEnd(ctx, pane) {
  const { plot } = pane;
  const end = pane.timeToX(pane.sound.duration_s);
  if (end >= plot.x + plot.width - 0.5) return;
  ctx.fillStyle = pane.ink.ground;
  ctx.fillRect(end, plot.y, plot.x + plot.width - end, plot.height);
}

// ---- under the pointer

// The value of the cell that is drawn at a time and a frequency, in dB, or null if there is none (yet).
function valueAt(pane, time_s, hz) {
  if (time_s < 0 || time_s > pane.sound.duration_s) return null;
  const { window: part } = pane;
  if (pane.kind === "model" && part && time_s >= part.start_s && time_s < part.end_s) {
    const cells = pane.tiles.windows.get(part.start_s);
    const frame = cells && clampTo(Math.round((time_s - cells.start_s) / cells.frame_s), 0, cells.frames - 1);
    return cells ? dbOf(cells.bytes[rowAt(pane, hz) * cells.frames + frame]) : null;
  }
  const kind = tilesOf(pane.kind);
  const { level } = visibleTiles(pane, kind);
  const column = clampTo(Math.floor(pane.tiles.columnAt(kind, level, time_s)), 0, pane.tiles.columns(kind, level) - 1);
  const { tile_frames } = pane.about.kinds[kind];
  const tile = pane.tiles.tile(kind, level, Math.floor(column / tile_frames));
  return tile ? dbOf(tile.bytes[rowAt(pane, hz) * tile.frames + (column % tile_frames)]) : null;
}

const rowAt = (pane, hz) => clampTo(Math.floor(pane.hzToRow(hz)), 0, pane.rows - 1);

const dbWords = (db) => (db === null ? "…" : db <= MIN_DB ? `≤ −${-MIN_DB} dB` : `${db > -0.05 ? "0.0" : `−${(-db).toFixed(1)}`} dB`);

// The time under the pointer is marked in both panes, the frequency only in the pane under the pointer.
function drawCursor(ctx, pane) {
  const { cursor } = pane;
  if (!cursor) return;
  const { plot, areas } = pane;
  const x = pane.timeToX(cursor.time_s);
  if (x < plot.x || x > plot.x + plot.width) return;
  const lines = [[x, areas.wave.y, x, plot.y + plot.height]];
  if (cursor.hz !== null) lines.push([plot.x, pane.hzToY(cursor.hz), plot.x + plot.width, pane.hzToY(cursor.hz)]);
  for (const [style, width] of [["rgb(0 0 0 / 45%)", 3], ["rgb(255 255 255 / 80%)", 1]]) {
    ctx.strokeStyle = style;
    ctx.lineWidth = width;
    ctx.beginPath();
    for (const [fromX, fromY, toX, toY] of lines) ctx.moveTo(fromX, fromY), ctx.lineTo(toX, toY);
    ctx.stroke();
  }
}
