// Tiles of the pictures, fetched when they come in sight: of a long sound only what is looked at, in the detail that
// the screen can show. Until a tile is here the same place of a coarser one stands in for it.
const MAX_REQUESTS = 3; // requests on their way
const MAX_TILES = 96; // kept, 256 KB each of the finest kind and four times that as pixels
const MAX_WINDOWS = 24;
const COLUMN_PX = 0.75; // screen pixels that a column of a level is wide, at least

class Tiles {
  constructor(token, about, changed) {
    Object.assign(this, { token, about, changed, found: new Map(), wanted: [], asked: new Set(), windows: new Map(), problem: "" });
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

  // Frames are centred on their time: column 0 begins half a frame before the sound.
  columnAt(kind, level, time_s) {
    return (time_s / this.about.kinds[kind].frame_s + 0.5) / 2 ** level;
  }

  timeOf(kind, level, column) {
    return (column * 2 ** level - 0.5) * this.about.kinds[kind].frame_s;
  }

  tile(kind, level, index) {
    const key = `${kind}/${level}/${index}`;
    const tile = this.found.get(key);
    if (tile) {
      this.found.delete(key);
      this.found.set(key, tile); // the one used last is at the end
    }
    return tile;
  }

  // Tells which tiles are in sight; those not here yet are asked for, the coarsest of all first.
  want(kind, level, first, last) {
    const top = this.about.kinds[kind].levels - 1;
    const keys = level === top ? [] : [[kind, top, 0]];
    for (let index = first; index <= last; index++) keys.push([kind, level, index]);
    this.wanted = keys.filter((key) => !this.found.has(key.join("/")));
    this.fetch();
  }

  fetch() {
    for (const [kind, level, tile] of this.wanted) {
      const key = `${kind}/${level}/${tile}`;
      if (this.asked.size >= MAX_REQUESTS) return;
      if (this.asked.has(key) || this.found.has(key)) continue;
      this.asked.add(key);
      this.read(key, { token: this.token, kind, level, tile });
    }
  }

  async read(key, asked) {
    const answer = await window.answerTo(server.read_picture(asked));
    this.asked.delete(key);
    this.problem = answer.problem || "";
    if (answer.problem) this.wanted = []; // the next drawing asks again
    else this.keep(key, { ...answer, bytes: bytesOf(answer.bytes) });
    this.fetch();
    this.changed();
  }

  keep(key, tile) {
    this.found.set(key, tile);
    for (const old of this.found.keys()) {
      if (this.found.size <= MAX_TILES) break;
      const [kind, level] = old.split("/");
      if (Number(level) < this.about.kinds[kind].levels - 1) this.found.delete(old);
    }
  }

  // What the network sees of a window; null until it is here. While it is dragged only its last place is asked for.
  window(start_s) {
    const found = this.windows.get(start_s);
    if (found) return found;
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
    return this.asked.size > 0;
  }
}
