// A pane: one sound on one canvas, with a row for its name above and a toolbar below. Coordinates on the canvas are CSS
// pixels; `plot` is the area of the picture.
const MIN_RANGE_S = 0.02;
const AREAS = { left: 44, right: 50, overview: 20, wave: 44, gap: 5, axis: 24, bar: 12 };
const BAR_GROUPS = ["view", "play", "region", "overlays", "why"];

class Pane {
  constructor(place) {
    Object.assign(this, { place, token: null, sound: null, about: null, region: null, window: null, cursor: null, time_s: 0, selecting: false });
    Object.assign(this, { layers: [], tools: [], range: { start_s: 0, end_s: 1 }, ratio: 1, ink: {} });
    this.build();
    this.layers.push({ name: "playhead", z: 50, draw: drawPlayhead }, { name: "cursor", z: 60, draw: drawCursor });
    this.measure(800, 400);
    this.watchSize();
    listenToPointer(this);
  }

  build() {
    this.head = dom.node("header", { className: "pane-head" });
    this.canvas = dom.node("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.ariaLabel = "Spectrogram";
    this.bar = dom.node("div", { className: "pane-bar" });
    this.bar.setAttribute("role", "toolbar");
    this.bar.ariaLabel = "View and play";
    for (const name of BAR_GROUPS) {
      const group = dom.node("span", { className: "group" });
      group.dataset.group = name;
      this.bar.append(group);
    }
    this.screen = dom.node("div", { className: "pane-screen" }, this.canvas);
    this.element = dom.node("article", { className: "pane" }, this.head, this.screen, this.bar);
    this.element.dataset.place = this.place;
  }

  // ---- the sound

  show(sound, about) {
    about.kinds.model = about.kinds.full;
    Object.assign(this, { sound, about, token: sound.token, cursor: null, time_s: 0, window: null, region: null });
    this.tiles = new Tiles(sound.token, about, () => this.redraw());
    this.waves = wavePairs(about);
    this.element.classList.add("open");
    drawPaneHead(this);
    this.measure();
  }

  get kind() {
    return chosenView.kind;
  }

  get scale() {
    return this.about.kinds[this.kind].scale;
  }

  // ---- coordinates

  get rows() {
    return this.about.kinds[this.kind].bands;
  }

  timeToX(time_s) {
    return this.plot.x + ((time_s - this.range.start_s) / (this.range.end_s - this.range.start_s)) * this.plot.width;
  }

  xToTime(x) {
    return this.range.start_s + ((x - this.plot.x) / this.plot.width) * (this.range.end_s - this.range.start_s);
  }

  // Row 0 reaches from 0 to 1, with its centre at 0.5. Between two centres, frequency is linear.
  hzToRow(hz) {
    const centres = this.about.kinds[this.kind].hz;
    let [low, high] = [0, centres.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (centres[middle] <= hz) low = middle;
      else high = middle;
    }
    return low + 0.5 + (hz - centres[low]) / (centres[low + 1] - centres[low]);
  }

  hzToY(hz) {
    return this.plot.y + this.plot.height * (1 - this.hzToRow(hz) / this.rows);
  }

  yToHz(y) {
    const centres = this.about.kinds[this.kind].hz;
    const row = (1 - (y - this.plot.y) / this.plot.height) * this.rows - 0.5;
    const low = clampTo(Math.floor(row), 0, centres.length - 2);
    return clampTo(centres[low] + (row - low) * (centres[low + 1] - centres[low]), 0, SOUND_RATE / 2);
  }

  // ---- the visible part, which is the same in all panes

  setRange(start_s, end_s) {
    const whole = longest_s();
    const length = clampTo(end_s - start_s, Math.min(MIN_RANGE_S, whole), whole);
    // If the range had to be made longer or shorter, keep its middle.
    const start = clampTo((start_s + end_s - length) / 2, 0, whole - length);
    for (const pane of window.inspect.panes) {
      pane.range = { start_s: start, end_s: start + length };
      pane.moved = true;
      pane.redraw();
    }
  }

  // Zoom around the time at `share` of the visible part, which stays in place.
  zoom(factor, share = 0.5) {
    const { start_s, end_s } = this.range;
    const length = clampTo((end_s - start_s) / factor, MIN_RANGE_S, longest_s());
    const fixed = start_s + share * (end_s - start_s);
    this.setRange(fixed - share * length, fixed + (1 - share) * length);
  }

  pan(by_s) {
    const { start_s, end_s } = this.range;
    const by = clampTo(by_s, -start_s, Math.max(0, longest_s() - end_s));
    this.setRange(start_s + by, end_s + by);
  }

  // ---- drawing

  watchSize() {
    const look = new ResizeObserver(([entry]) => {
      const exact = entry.devicePixelContentBoxSize?.[0];
      this.measure(entry.contentRect.width, entry.contentRect.height, exact);
      this.draw(); // at once: an empty canvas would flash
    });
    try {
      look.observe(this.canvas, { box: "device-pixel-content-box" });
    } catch {
      look.observe(this.canvas); // Safari
    }
  }

  measure(width = this.size.width, height = this.size.height, exact = null) {
    this.size = { width, height };
    // Exact to the pixel if the browser says so, but some emulated screens say it in CSS pixels.
    if (exact && Math.abs(exact.inlineSize / width / devicePixelRatio - 1) > 0.05) exact = null;
    this.ratio = exact ? exact.inlineSize / width : devicePixelRatio;
    const pixels = exact ? [exact.inlineSize, exact.blockSize] : [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    if (this.canvas.width !== pixels[0]) this.canvas.width = pixels[0];
    if (this.canvas.height !== pixels[1]) this.canvas.height = pixels[1];
    const { left, right, overview, wave, gap, axis, bar } = AREAS;
    const inner = Math.max(20, width - left - right);
    const top = overview + gap + wave + gap;
    this.plot = { x: left, y: top, width: inner, height: Math.max(20, Math.floor(height - top - axis)) };
    this.areas = {
      overview: { x: left, y: 0, width: inner, height: overview },
      wave: { x: left, y: overview + gap, width: inner, height: wave },
      plot: this.plot,
      bar: { x: left + inner + 8, width: bar },
    };
    this.readInk();
  }

  // Read the page's colours, light or dark.
  readInk() {
    const style = getComputedStyle(this.element);
    const value = (name) => style.getPropertyValue(name).trim() || "gray";
    const [text, muted, line, accent, ground] = ["--body-text-color", "--muted", "--line", "--accent", "--panel"].map(value);
    const mixed = (colour, share) => `color-mix(in srgb, ${colour} ${share}%, transparent)`;
    this.ink = {
      ...{ text, muted, line, accent, ground, wave: muted, faint: mixed(muted, 70) },
      ...{ strip: mixed(text, 5), veil: mixed(ground, 55), region: mixed(accent, 28) },
    };
  }

  redraw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    if (!this.sound || !this.size.width || !this.element.isConnected) return;
    if (this.moved) {
      this.moved = false;
      window.inspect.emit("view", { pane: this });
    }
    const ctx = this.canvas.getContext("2d");
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
