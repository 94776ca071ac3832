// Tiles of the pictures, fetched when they come into view. Of a long sound only the visible part is fetched, in the detail
// that the screen can show. Until a tile arrives, the same part of a coarser tile is drawn instead.
const MAX_REQUESTS = 3; // requests at the same time
const MAX_TILES = 96; // kept; a tile of the finest kind has 256 KB, and four times that as pixels
const MAX_WINDOWS = 24;
const COLUMN_PX = 0.75; // minimum width of a column, in screen pixels

class Tiles {
  constructor(token, about, changed) {
    Object.assign(this, { token, about, changed, kept: new Map(), wanted: [], pending: new Set(), windows: new Map(), problem: "" });
  }

  // The level of detail whose columns are about a pixel wide.
  levelFor(kind, secondsPerPixel) {
    const { frame_s, levels } = this.about.kinds[kind];
    const level = Math.ceil(Math.log2((COLUMN_PX * secondsPerPixel) / frame_s));
    return clampTo(level, 0, levels - 1);
  }

  columns(kind, level) {
    return Math.ceil(this.about.kinds[kind].frames / 2 ** level);
  }

  // Frames are centred on their time: column 0 starts half a frame before the sound.
  columnAt(kind, level, time_s) {
    return (time_s / this.about.kinds[kind].frame_s + 0.5) / 2 ** level;
  }

  timeOf(kind, level, column) {
    return (column * 2 ** level - 0.5) * this.about.kinds[kind].frame_s;
  }

  tile(kind, level, index) {
    const key = `${kind}/${level}/${index}`;
    const tile = this.kept.get(key);
    if (tile) {
      this.kept.delete(key);
      this.kept.set(key, tile); // the last used tile is at the end
    }
    return tile;
  }

  // Set which tiles are in view, and fetch those that are missing, the coarsest of all first.
  want(kind, level, first, last) {
    const top = this.about.kinds[kind].levels - 1;
    const keys = level === top ? [] : [[kind, top, 0]];
    for (let index = first; index <= last; index++) keys.push([kind, level, index]);
    this.wanted = keys.filter((key) => !this.kept.has(key.join("/")));
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

  async read(key, request) {
    const answer = await window.answerTo(server.read_picture(request));
    this.pending.delete(key);
    this.problem = answer.problem || "";
    if (answer.problem) this.wanted = []; // the next drawing tries again
    else this.keep(key, { ...answer, bytes: bytesOf(answer.bytes) });
    this.fetch();
    this.changed();
  }

  keep(key, tile) {
    this.kept.set(key, tile);
    for (const old of this.kept.keys()) {
      if (this.kept.size <= MAX_TILES) break;
      const [kind, level] = old.split("/");
      if (Number(level) < this.about.kinds[kind].levels - 1) this.kept.delete(old);
    }
  }

  // The network's input of a window, or null until it arrives. While the window is dragged, only its latest place is read.
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
      const answer = await window.answerTo(server.read_window({ token: this.token, start_s }));
      this.problem = answer.problem || "";
      if (answer.problem) break;
      this.windows.set(start_s, { ...answer, bytes: bytesOf(answer.bytes) });
      if (this.windows.size > MAX_WINDOWS) this.windows.delete(this.windows.keys().next().value);
    }
    this.wantedWindow = null;
    this.readingWindow = false;
    this.changed();
  }

  get busy() {
    return this.pending.size > 0;
  }
}
