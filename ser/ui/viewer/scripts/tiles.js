// @ts-check
// Tiles of the pictures, fetched when they come into view. Of a long sound only the visible part is fetched, in the detail
// that the screen can show. Until a tile arrives, the same part of a coarser tile is drawn instead.
import { answerTo } from "../../page/server.js";
import { bytesOf, clamp } from "./numbers.js";

const MAX_REQUESTS = 3; // requests at the same time
const MAX_TILES = 96; // kept; a tile of the finest kind has 256 KB, and four times that as pixels
const MAX_WINDOWS = 24;
const COLUMN_PX = 0.75; // minimum width of a column, in screen pixels

/** @typedef {import("./colours.js").Cells} Cells */
/** @typedef {import("./coordinates.js").Range} Range */
/** @typedef {Cells & { start_s: number, end_s: number, frame_s: number }} WindowCells */
/** @typedef {[kind: string, level: number, tile: number]} TileName */

/**
 * What the server says about a kind of picture of a sound.
 * @typedef {object} KindAbout
 * @property {number} frame_s
 * @property {number} frames
 * @property {number} levels of detail; each has half the columns of the one before
 * @property {number} tile_frames columns of a tile
 * @property {number} bands
 * @property {number[]} hz centres of the bands, from the lowest
 * @property {"mel" | "linear"} scale
 */

/** @typedef {{ bytes: string, pairs: number, step: number, peak: number }} WaveLevel */
/** @typedef {{ kinds: Record<string, KindAbout>, waveform: WaveLevel[] }} About */

/** @type {About} */
export const NOTHING = { kinds: {}, waveform: [] };

/**
 * Return the level of detail whose columns are about a pixel wide.
 * @param {KindAbout} about
 * @param {number} secondsPerPixel
 */
export function levelFor({ frame_s, levels }, secondsPerPixel) {
  return clamp(Math.ceil(Math.log2((COLUMN_PX * secondsPerPixel) / frame_s)), 0, levels - 1);
}

/**
 * Return the number of columns of a level.
 * @param {KindAbout} about
 * @param {number} level
 */
export const columnsOf = ({ frames }, level) => Math.ceil(frames / 2 ** level);

/**
 * Return the column of a time. Frames are centred on their time: column 0 starts half a frame before the sound.
 * @param {KindAbout} about
 * @param {number} level
 * @param {number} time_s
 */
export const columnAt = ({ frame_s }, level, time_s) => (time_s / frame_s + 0.5) / 2 ** level;

/**
 * Return the time at which a column starts.
 * @param {KindAbout} about
 * @param {number} level
 * @param {number} column
 */
export const timeOf = ({ frame_s }, level, column) => (column * 2 ** level - 0.5) * frame_s;

/**
 * Return the level for a visible part, and its first and last tile.
 * @param {KindAbout} about
 * @param {Range} range
 * @param {number} pixels width of the picture on the screen
 */
export function tilesInView(about, { start_s, end_s }, pixels) {
  const level = levelFor(about, (end_s - start_s) / pixels);
  const last = columnsOf(about, level) - 1;
  const tileAt = (/** @type {number} */ time_s) =>
    Math.floor(clamp(columnAt(about, level, time_s), 0, last) / about.tile_frames);
  return { level, first: tileAt(start_s), last: tileAt(end_s) };
}

/**
 * Return where a tile's columns are in a coarser tile that covers them.
 * @param {KindAbout} about
 * @param {number} level
 * @param {number} index of the tile
 * @param {number} coarser level of the coarser tile
 */
export function partOfCoarser(about, level, index, coarser) {
  const shift = coarser - level;
  const from = index * about.tile_frames;
  const to = Math.min((index + 1) * about.tile_frames, columnsOf(about, level));
  const offset = ((index >> shift) << shift) * about.tile_frames; // its first column, in this level's columns
  return {
    ...{ index: index >> shift, from, to },
    ...{ sourceFrom: (from - offset) / 2 ** shift, sourceTo: (to - offset) / 2 ** shift },
  };
}

export class Tiles {
  /** @type {Map<string, Cells>} The last used tile is at the end. */
  kept = new Map();
  /** @type {TileName[]} */
  wanted = [];
  /** @type {Set<string>} */
  pending = new Set();
  /** @type {Map<number, WindowCells>} The network's input, by the start of the window. */
  windows = new Map();
  /** @type {number | null} */
  wantedWindow = null;
  readingWindow = false;
  problem = "";

  /**
   * @param {ServerFunctions} server
   * @param {string} token
   * @param {About} about
   * @param {() => void} changed
   */
  constructor(server, token, about, changed) {
    this.server = server;
    this.token = token;
    this.about = about;
    this.changed = changed;
  }

  /**
   * @param {string} kind
   * @param {number} secondsPerPixel
   */
  levelFor(kind, secondsPerPixel) {
    return levelFor(this.about.kinds[kind], secondsPerPixel);
  }

  /**
   * @param {string} kind
   * @param {number} level
   * @param {number} index
   */
  tile(kind, level, index) {
    const key = `${kind}/${level}/${index}`;
    const tile = this.kept.get(key);
    if (tile) {
      this.kept.delete(key);
      this.kept.set(key, tile);
    }
    return tile;
  }

  /**
   * Set which tiles are in view, and fetch those that are missing, the coarsest of all first.
   * @param {string} kind
   * @param {number} level
   * @param {number} first
   * @param {number} last
   */
  want(kind, level, first, last) {
    const top = this.about.kinds[kind].levels - 1;
    /** @type {TileName[]} */
    const names = level === top ? [] : [[kind, top, 0]];
    for (let index = first; index <= last; index++) names.push([kind, level, index]);
    this.wanted = names.filter((name) => !this.kept.has(name.join("/")));
    this.fetch();
  }

  fetch() {
    for (const [kind, level, tile] of this.wanted) {
      const key = `${kind}/${level}/${tile}`;
      if (this.pending.size >= MAX_REQUESTS) return;
      if (this.pending.has(key) || this.kept.has(key)) continue;
      this.pending.add(key);
      this.read(key, { token: this.token, kind, level, tile });
    }
  }

  /**
   * @param {string} key
   * @param {{ token: string, kind: string, level: number, tile: number }} request
   */
  async read(key, request) {
    const answer = await answerTo(this.server.read_picture(request));
    this.pending.delete(key);
    this.problem = answer.problem || "";
    if (answer.problem)
      this.wanted = []; // the next drawing tries again
    else this.keep(key, { ...answer, bytes: bytesOf(answer.bytes) });
    this.fetch();
    this.changed();
  }

  /**
   * @param {string} key
   * @param {Cells} tile
   */
  keep(key, tile) {
    this.kept.set(key, tile);
    for (const old of this.kept.keys()) {
      if (this.kept.size <= MAX_TILES) break;
      const [kind, level] = old.split("/");
      if (Number(level) < this.about.kinds[kind].levels - 1) this.kept.delete(old);
    }
  }

  /**
   * Return the network's input of a window, or null until it arrives. While the window is dragged, only its latest place is
   * read.
   * @param {number} start_s
   */
  window(start_s) {
    const cells = this.windows.get(start_s);
    if (cells) return cells;
    this.wantedWindow = start_s;
    if (!this.readingWindow) this.readWindow();
    return null;
  }

  async readWindow() {
    this.readingWindow = true;
    while (this.wantedWindow !== null && !this.windows.has(this.wantedWindow)) {
      const start_s = this.wantedWindow;
      const answer = await answerTo(this.server.read_window({ token: this.token, start_s }));
      this.problem = answer.problem || "";
      if (answer.problem) break;
      this.windows.set(start_s, { ...answer, bytes: bytesOf(answer.bytes) });
      const [oldest] = this.windows.keys();
      if (this.windows.size > MAX_WINDOWS) this.windows.delete(oldest);
    }
    this.wantedWindow = null;
    this.readingWindow = false;
    this.changed();
  }

  get busy() {
    return this.pending.size > 0 || this.readingWindow;
  }
}
