// @ts-check
// A pane: one sound on one canvas, with a row for its name above and a toolbar below. Coordinates on the canvas are CSS
// pixels; `plot` is the area of the picture.
import { node } from "../../page/dom.js";
import { drawColourBar, drawHzAxis, drawTimeAxis } from "./axes.js";
import { fitted, hzToRow, panned, rowToHz, zoomed } from "./coordinates.js";
import { context2d } from "./elements.js";
import { drawPaneHead, drawPaneWords } from "./pane_words.js";
import { drawCursor, drawPicture } from "./picture.js";
import { listenToPointer } from "./pointer.js";
import { drawOverview, drawPlayhead, drawWaveform, wavePairs } from "./strips.js";
import { NOTHING, Tiles } from "./tiles.js";

const AREAS = { left: 44, right: 50, overview: 20, wave: 44, gap: 5, axis: 24, bar: 12 };
const BAR_GROUPS = ["view", "play", "region", "overlays", "why"];
const NO_AREA = { x: 0, y: 0, width: 0, height: 0 };

/** @typedef {import("./coordinates.js").Area} Area */
/** @typedef {import("./coordinates.js").Range} Range */
/** @typedef {import("./tiles.js").About} About */
/** @typedef {import("./tools/region/region_shape.js").Region} Region */
/** @typedef {import("./tools/scored_window.js").Column} Column */

/**
 * An open sound.
 * @typedef {object} Sound
 * @property {string} token
 * @property {string} name
 * @property {number} duration_s
 * @property {string} kind
 * @property {string} key
 * @property {boolean} [blind] whether the name is a number in place of the clip's own
 * @property {string[]} [warnings]
 */

/**
 * What is drawn over the picture; a higher `z` is above.
 * @typedef {{ name: string, z: number, draw: (ctx: CanvasRenderingContext2D, pane: Pane) => void }} Layer
 */

/**
 * What a tool does with presses on the picture.
 * @typedef {object} Press
 * @property {string} name
 * @property {(event: PointerEvent, x: number, y: number) => boolean} down whether the tool takes the press
 * @property {(event: PointerEvent, x: number, y: number) => void} move
 * @property {(event: PointerEvent, x: number, y: number) => void} up
 * @property {(x: number, y: number) => string | null} cursor
 */

export class Pane {
  /** @type {string | null} */
  token = null;
  /** @type {Sound | null} */
  sound = null;
  about = NOTHING;
  /** @type {Region | null} */
  region = null;
  /** @type {import("./tools/label_track.js").TrackLabel[]} */
  labels = [];
  labelsHeight = 0; // of their track, in pixels
  /** @type {Range | null} The scored window. */
  window = null;
  /** @type {Record<string, Column>} Scores of the window, the clip and the region. */
  columns = {};
  /** @type {import("./tools/explanation.js").Evidence | null} */
  why = null;
  /** @type {import("./tools/overlays.js").Curves | null} */
  overlays = null;
  /** @type {{ time_s: number, hz: number | null } | null} */
  cursor = null;
  time_s = 0;
  /** @type {HTMLButtonElement | null} */
  selectButton = null;
  selecting = false; // a finger selects a region instead of moving the picture
  /** @type {Layer[]} */
  layers = [
    { name: "playhead", z: 50, draw: drawPlayhead },
    { name: "cursor", z: 60, draw: drawCursor },
  ];
  /** @type {Press[]} */
  presses = [];
  /** @type {import("./tools/tool.js").Tool[]} */
  tools = [];
  /** @type {import("./tools/region/region.js").RegionTool | null} */
  regionTool = null;
  /** @type {import("./tools/scored_window.js").ScoredWindow | null} */
  scoredWindow = null;
  /** @type {Range} */
  range = { start_s: 0, end_s: 1 };
  moved = false; // since it was drawn
  ratio = 1; // screen pixels of a CSS pixel
  size = { width: 800, height: 400 };
  /** @type {Area} */
  plot = NO_AREA;
  areas = { overview: NO_AREA, wave: NO_AREA, labels: NO_AREA, plot: NO_AREA, bar: { x: 0, width: 0 } };
  /** @type {Record<string, string>} The page's colours, light or dark. */
  ink = {};
  /** @type {ReturnType<typeof wavePairs>} */
  waves = [];
  #waitsForFrame = false;

  /**
   * @param {import("./viewer.js").Viewer} viewer
   * @param {import("./viewer.js").Place} place
   */
  constructor(viewer, place) {
    this.viewer = viewer;
    this.place = place;
    this.scope = viewer.scope.child();
    this.tiles = new Tiles(viewer.server, "", NOTHING, () => {});
    this.head = node("header", { className: "pane-head" });
    this.readout = node("output", { className: "readout" });
    this.canvas = node("canvas", { role: "img", ariaLabel: "Spectrogram" });
    this.bar = node("div", { className: "pane-bar", role: "toolbar", ariaLabel: "View and play" });
    for (const name of BAR_GROUPS) {
      const group = node("span", { className: "group" });
      group.dataset.group = name;
      this.bar.append(group);
    }
    this.screen = node("div", { className: "pane-screen" }, this.canvas);
    this.element = node("article", { className: "pane" }, this.head, this.screen, this.bar);
    this.element.dataset.place = this.place;
    this.measure(800, 400);
    this.watchSize();
    listenToPointer(this);
  }

  // ---- the sound

  /**
   * @param {Sound} sound
   * @param {About} about
   */
  show(sound, about) {
    about.kinds.model = about.kinds.full;
    Object.assign(this, { sound, about, token: sound.token, cursor: null, time_s: 0 });
    Object.assign(this, { window: null, region: null });
    this.tiles = new Tiles(this.viewer.server, sound.token, about, () => this.redraw());
    this.waves = wavePairs(about);
    this.element.classList.add("open");
    drawPaneHead(this);
    this.measure();
  }

  get duration_s() {
    return this.sound?.duration_s ?? 0;
  }

  get kind() {
    return this.viewer.choices.kind;
  }

  get kindAbout() {
    return this.about.kinds[this.kind];
  }

  // ---- coordinates

  /** @param {number} time_s */
  timeToX(time_s) {
    const { start_s, end_s } = this.range;
    return this.plot.x + ((time_s - start_s) / (end_s - start_s)) * this.plot.width;
  }

  /** @param {number} x */
  xToTime(x) {
    const { start_s, end_s } = this.range;
    return start_s + ((x - this.plot.x) / this.plot.width) * (end_s - start_s);
  }

  /** @param {number} hz */
  hzToRow(hz) {
    return hzToRow(this.kindAbout.hz, hz);
  }

  /** @param {number} hz */
  hzToY(hz) {
    return this.plot.y + this.plot.height * (1 - this.hzToRow(hz) / this.kindAbout.bands);
  }

  /** @param {number} y */
  yToHz(y) {
    const row = (1 - (y - this.plot.y) / this.plot.height) * this.kindAbout.bands;
    return rowToHz(this.kindAbout.hz, row);
  }

  // ---- the visible part, which is the same in all panes

  /**
   * @param {number} start_s
   * @param {number} end_s
   */
  setRange(start_s, end_s) {
    const range = fitted({ start_s, end_s }, this.viewer.longest_s);
    for (const pane of this.viewer.panes) {
      pane.range = { ...range };
      pane.moved = true;
      pane.redraw();
    }
  }

  /**
   * Zoom around the time at `share` of the visible part, which stays in place.
   * @param {number} factor
   * @param {number} [share]
   */
  zoom(factor, share = 0.5) {
    const { start_s, end_s } = zoomed(this.range, factor, share, this.viewer.longest_s);
    this.setRange(start_s, end_s);
  }

  /** @param {number} by_s */
  pan(by_s) {
    const { start_s, end_s } = panned(this.range, by_s, this.viewer.longest_s);
    this.setRange(start_s, end_s);
  }

  // ---- drawing

  watchSize() {
    const look = new ResizeObserver(([entry]) => {
      const exact = entry.devicePixelContentBoxSize?.[0];
      this.measure(entry.contentRect.width, entry.contentRect.height, exact);
      this.draw(); // at once: an empty canvas would flash
    });
    this.scope.add(() => look.disconnect());
    try {
      look.observe(this.canvas, { box: "device-pixel-content-box" });
    } catch {
      look.observe(this.canvas); // Safari
    }
  }

  /**
   * @param {number} [width] in CSS pixels
   * @param {number} [height]
   * @param {ResizeObserverSize | null} [exact] in screen pixels, if the browser says so
   */
  measure(width = this.size.width, height = this.size.height, exact = null) {
    this.size = { width, height };
    // Some emulated screens say it in CSS pixels.
    if (exact && Math.abs(exact.inlineSize / width / devicePixelRatio - 1) > 0.05) exact = null;
    this.ratio = exact ? exact.inlineSize / width : devicePixelRatio;
    const pixels = exact
      ? [exact.inlineSize, exact.blockSize]
      : [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    if (this.canvas.width !== pixels[0]) this.canvas.width = pixels[0];
    if (this.canvas.height !== pixels[1]) this.canvas.height = pixels[1];
    const { left, right, overview, wave, gap, axis, bar } = AREAS;
    const inner = Math.max(20, width - left - right);
    const top = overview + gap + wave + gap + this.labelsHeight;
    this.plot = { x: left, y: top, width: inner, height: Math.max(20, Math.floor(height - top - axis)) };
    this.areas = {
      overview: { x: left, y: 0, width: inner, height: overview },
      wave: { x: left, y: overview + gap, width: inner, height: wave },
      labels: { x: left, y: overview + gap + wave + 3, width: inner, height: this.labelsHeight },
      plot: this.plot,
      bar: { x: left + inner + 8, width: bar },
    };
    this.readInk();
  }

  readInk() {
    const style = getComputedStyle(this.element);
    const value = (/** @type {string} */ name) => style.getPropertyValue(name).trim() || "gray";
    const [text, muted, line] = [value("--body-text-color"), value("--muted"), value("--line")];
    const [accent, ground] = [value("--accent"), value("--panel")];
    const mixed = (/** @type {string} */ colour, /** @type {number} */ share) =>
      `color-mix(in srgb, ${colour} ${share}%, transparent)`;
    this.ink = {
      ...{ text, muted, line, accent, ground, wave: muted, faint: mixed(muted, 70) },
      ...{ strip: mixed(text, 5), veil: mixed(ground, 55), region: mixed(accent, 28) },
    };
  }

  redraw() {
    if (this.#waitsForFrame) return;
    this.#waitsForFrame = true;
    this.scope.frame(() => {
      this.#waitsForFrame = false;
      this.draw();
    });
  }

  draw() {
    if (!this.sound || !this.size.width || !this.element.isConnected) return;
    if (this.moved) {
      this.moved = false;
      this.viewer.events.emit("view", { pane: this });
    }
    const ctx = context2d(this.canvas);
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.size.width, this.size.height);
    ctx.lineWidth = 1;
    drawOverview(ctx, this);
    drawWaveform(ctx, this);
    drawPicture(ctx, this);
    drawTimeAxis(ctx, this);
    drawHzAxis(ctx, this);
    drawColourBar(ctx, this);
    for (const layer of [...this.layers].sort((one, other) => one.z - other.z)) {
      ctx.save();
      layer.draw(ctx, this);
      ctx.restore();
    }
    drawPaneWords(this);
  }
}
