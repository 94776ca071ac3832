// The Why? tool: the evidence for an emotion in the scored window. The server hides one part at a time and measures how
// far the score falls. Here the parts with the strongest evidence are outlined, the rest is dimmed, and a curve below
// shows the evidence over time.
const whyTool = (() => {
  const { LABELS, NAMES, mayShow } = scoresTable;
  const FRAMES = 188; // of the window; FRAME_S apart
  const FRAME_S = 256 / 16000;
  const BANDS = 128;
  const OUTLINED = 0.1; // share of the cells; `python -m ser explain` hides the same share when it checks these maps
  const DIM = 0.72; // of cells without any evidence
  const CURVE_PX = 44;
  const LATER_MS = 250; // a window that is being dragged is not explained yet

  let shown = false;
  let chosen = null; // an emotion, or null for the one with the highest score

  const emotionOf = (pane) => {
    const scores = pane.columns?.window?.answer?.scores;
    return chosen || (scores && LABELS[scores.indexOf(Math.max(...scores))]) || null;
  };

  // ---- requests

  async function ask(pane) {
    const emotion = emotionOf(pane);
    if (!shown || !emotion || !pane.window || !mayShow(pane)) return say(pane);
    const request = { token: pane.token, start_s: pane.window.start_s, emotion };
    const key = JSON.stringify(request);
    if (pane.why?.key === key && !pane.why.problem) return say(pane);
    pane.why = { key, emotion, start_s: request.start_s, waiting: true };
    say(pane);
    pane.redraw();
    const answer = await window.answerTo(server.why(request));
    if (pane.why?.key !== key) return;
    pane.why = { ...pane.why, ...answer, waiting: false };
    if (!answer.problem) Object.assign(pane.why, { heat: unpack(answer), colour: colourOf(pane, emotion) });
    say(pane);
    pane.redraw();
  }

  const askLater = (pane) => {
    clearTimeout(pane.whyLater);
    pane.whyLater = setTimeout(() => ask(pane), LATER_MS);
  };

  const colourOf = (pane, emotion) => getComputedStyle(pane.element).getPropertyValue(`--emotion-${emotion}`).trim() || "#ffffff";

  // ---- the heat

  const outlineLimit = (cells) => Math.max(1, Uint8Array.from(cells).sort().at(-Math.floor(OUTLINED * cells.length)));

  // The cells, and the edges around those with the strongest evidence: [frame, band, frame, band], computed once.
  function unpack(why) {
    const cells = Uint8Array.from(atob(why.map), (letter) => letter.charCodeAt(0));
    const limit = outlineLimit(cells);
    const marked = (frame, band) => frame >= 0 && frame < FRAMES && band >= 0 && band < BANDS && cells[band * FRAMES + frame] >= limit;
    const outline = [];
    for (let band = 0; band < BANDS; band++) {
      for (let frame = 0; frame < FRAMES; frame++) {
        if (!marked(frame, band)) continue;
        if (!marked(frame, band + 1)) outline.push([frame, band + 1, frame + 1, band + 1]);
        if (!marked(frame, band - 1)) outline.push([frame, band, frame + 1, band]);
        if (!marked(frame - 1, band)) outline.push([frame, band, frame, band + 1]);
        if (!marked(frame + 1, band)) outline.push([frame + 1, band, frame + 1, band + 1]);
      }
    }
    return { cells, outline };
  }

  // A dark layer with one row for each row of pixels: the bands have the same heights as in the picture below it.
  function shade(pane, { cells }) {
    const height = Math.max(1, Math.round(pane.plot.height));
    const key = [height, ...[0, 0.5, 1].map((share) => pane.yToHz(pane.plot.y + share * height))].join();
    if (pane.why.shade?.key === key) return pane.why.shade.picture;
    const hz = pane.about.kinds.full.hz;
    const picture = dom.node("canvas", { width: FRAMES, height });
    const ctx = picture.getContext("2d");
    const pixels = ctx.createImageData(FRAMES, height);
    let band = BANDS - 1;
    for (let row = 0; row < height; row++) {
      const at = pane.yToHz(pane.plot.y + row + 0.5);
      while (band > 0 && hz[band] > at) band -= 1;
      const next = Math.min(band + 1, BANDS - 1);
      const share = next > band ? Math.min(1, Math.max(0, (at - hz[band]) / (hz[next] - hz[band]))) : 0;
      for (let frame = 0; frame < FRAMES; frame++) {
        const heat = ((1 - share) * cells[band * FRAMES + frame] + share * cells[next * FRAMES + frame]) / 255;
        pixels.data[4 * (row * FRAMES + frame) + 3] = Math.round(255 * DIM * (1 - heat) ** 1.5);
      }
    }
    ctx.putImageData(pixels, 0, 0);
    pane.why.shade = { key, picture };
    return picture;
  }

  // Edges of the bands in pixels, from the lowest upwards.
  function edges(pane) {
    const hz = pane.about.kinds.full.hz;
    const between = hz.slice(1).map((value, i) => (value + hz[i]) / 2);
    return [0, ...between, 8000].map((value) => pane.hzToY(value));
  }

  function draw(ctx, pane) {
    const { why, plot } = pane;
    if (!shown || !why?.heat || !mayShow(pane) || why.start_s !== pane.window.start_s) return;
    const xOf = (frame) => pane.timeToX(why.start_s + (frame - 0.5) * FRAME_S); // frames are centred on their time
    const [left, right] = [pane.timeToX(pane.window.start_s), pane.timeToX(pane.window.end_s)];
    if (right <= plot.x || left >= plot.x + plot.width) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(Math.max(left, plot.x), plot.y, Math.min(right, plot.x + plot.width) - Math.max(left, plot.x), plot.height);
    ctx.clip();
    ctx.drawImage(shade(pane, why.heat), xOf(0), plot.y, xOf(FRAMES) - xOf(0), plot.height);
    drawOutline(ctx, pane, why, xOf);
    drawCurve(ctx, pane, why);
    ctx.restore();
  }

  function drawOutline(ctx, pane, why, xOf) {
    const rows = edges(pane);
    ctx.beginPath();
    for (const [frame, band, toFrame, toBand] of why.heat.outline) {
      ctx.moveTo(xOf(frame), rows[band]);
      ctx.lineTo(xOf(toFrame), rows[toBand]);
    }
    for (const [style, width] of [["rgb(255 255 255 / 90%)", 3], [why.colour, 1.5]]) {
      ctx.strokeStyle = style;
      ctx.lineWidth = width;
      ctx.stroke();
    }
  }

  function drawCurve(ctx, pane, why) {
    const base = pane.plot.y + pane.plot.height;
    const place = (i) => [pane.timeToX(why.start_s + i * FRAME_S), base - 2 - (CURVE_PX - 6) * why.curve[i]];
    ctx.beginPath();
    ctx.moveTo(pane.timeToX(why.start_s), base);
    why.curve.forEach((_, i) => ctx.lineTo(...place(i)));
    ctx.lineTo(pane.timeToX(why.start_s + (FRAMES - 1) * FRAME_S), base);
    ctx.fillStyle = `color-mix(in srgb, ${why.colour} 60%, transparent)`;
    ctx.fill();
    ctx.beginPath();
    why.curve.forEach((_, i) => ctx.lineTo(...place(i)));
    for (const [style, width] of [["rgb(0 0 0 / 70%)", 4], ["#ffffff", 2]]) {
      ctx.strokeStyle = style;
      ctx.lineWidth = width;
      ctx.stroke();
    }
  }

  // ---- in words

  function say(pane) {
    const { panel, words, choice, select, button } = pane.parts.why;
    button.setAttribute("aria-pressed", String(shown));
    panel.hidden = !shown;
    choice.hidden = !mayShow(pane); // it would name the emotion with the highest score
    select.value = (mayShow(pane) && emotionOf(pane)) || "";
    const { why } = pane;
    panel.setAttribute("aria-busy", String(Boolean(why?.waiting)));
    words.textContent = !mayShow(pane)
      ? "The evidence is hidden until you label the clip, to avoid bias."
      : !why || why.waiting ? "Hiding one part at a time and scoring the rest…" : why.problem || why.words;
  }

  function toggle() {
    shown = !shown;
    for (const pane of paneTools.equipped()) ask(pane), say(pane), pane.redraw();
  }

  function build(pane) {
    const button = toolButton("Why?", "Show the evidence for a score (w)", toggle);
    const select = dom.node("select", { ariaLabel: "Evidence for" }, ...LABELS.map((label, i) => dom.node("option", { value: label, textContent: NAMES[i] })));
    select.addEventListener("change", () => {
      chosen = select.value;
      paneTools.equipped().forEach(ask);
    });
    const words = dom.node("p", { role: "status" });
    const choice = dom.node("label", {}, "Evidence for ", select);
    const panel = dom.node("section", { className: "why", hidden: true, ariaLabel: "Why this score" }, choice, words);
    pane.parts.why = { button, panel, choice, select, words };
    return { button, panel };
  }

  function begin(pane) {
    pane.why = null;
    chosen = null;
    say(pane);
  }

  return { build, begin, draw, toggle, ask, askLater, say, get shown() { return shown; } };
})();
