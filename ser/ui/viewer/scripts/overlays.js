// Pitch, intensity and voiced parts over the spectrogram. The server computes them when they are first switched on, in
// blocks of ten seconds, which are kept while the clip is open.
const overlayTool = (() => {
  const BLOCK_S = 10;
  const MAX_PITCH_S = 60; // longest visible part whose pitch is drawn: it takes a fifth of that to compute, and a longer one would be a blur
  const INTENSITY_SHARE = 0.3; // of the height of the picture, from the bottom: the intensity curve
  const VOICED_PX = 6;
  const KINDS = {
    pitch: { key: "p", name: "Pitch", colour: "#67e8f9", title: "Pitch of the voice over the picture" },
    intensity: { key: "i", name: "Intensity", colour: "#fde047", title: "Loudness over the picture, in dB" },
    voiced: { key: "v", name: "Voiced", colour: "#86efac", title: "Parts with a pitch, as bars at the bottom" },
  };
  const on = { pitch: false, intensity: false, voiced: false };

  // ---- curves from the server

  const cache = (pane) => (pane.overlays?.token === pane.token ? pane.overlays : (pane.overlays = { token: pane.token, blocks: {}, problem: "" }));

  function visibleBlocks(pane, which) {
    const end = pane.sound.duration_s;
    if (which === "intensity") return [[0, end]]; // takes a second for an hour of sound
    if (pane.range.end_s - pane.range.start_s > MAX_PITCH_S) return [];
    const first = Math.floor(pane.range.start_s / BLOCK_S);
    const last = Math.ceil(Math.min(pane.range.end_s, end) / BLOCK_S);
    return Array.from({ length: Math.max(0, last - first) }, (_, i) => [(first + i) * BLOCK_S, Math.min((first + i + 1) * BLOCK_S, end)]);
  }

  // The first pitch after the app starts takes a while; the server says why.
  async function hint(pane, which, curves) {
    if (which === "intensity" || curves.hint !== undefined) return;
    curves.hint = "";
    curves.hint = (await window.answerTo(server.overlay({ token: curves.token, which, start_s: 0, end_s: pane.sound.duration_s, hint: true }))).hint || "";
    if (curves === pane.overlays) drawLegend(pane);
  }

  async function fetchAll(pane, which) {
    const curves = cache(pane);
    hint(pane, which, curves);
    for (const [start_s, end_s] of visibleBlocks(pane, which)) {
      const key = `${which}/${start_s}`;
      if (curves.blocks[key] || end_s <= start_s) continue;
      curves.blocks[key] = { waiting: true };
      drawLegend(pane);
      const answer = await window.answerTo(server.overlay({ token: curves.token, which, start_s, end_s }));
      if (answer.problem) {
        curves.problem = answer.problem;
        delete curves.blocks[key];
        if (curves === pane.overlays) drawLegend(pane);
        return;
      }
      curves.blocks[key] = answer;
      if (curves !== pane.overlays) return; // another clip was opened
      drawLegend(pane);
      pane.redraw();
    }
  }

  const tracks = (pane, which) => Object.entries(cache(pane).blocks).filter(([key, block]) => key.startsWith(which) && !block.waiting).map(([, block]) => block);

  const refresh = (pane) => Object.keys(on).forEach((which) => on[which] && fetchAll(pane, which));

  function toggle(which) {
    on[which] = !on[which];
    for (const pane of paneTools.equipped()) {
      cache(pane).problem = "";
      pane.parts.switches[which].setAttribute("aria-pressed", String(on[which]));
      if (on[which]) fetchAll(pane, which);
      drawLegend(pane);
      pane.redraw();
    }
  }

  // ---- drawing

  // A line through the visible values, with a gap where a value is missing.
  function trace(ctx, pane, track, yOf) {
    const first = Math.max(0, Math.floor((pane.range.start_s - track.first_s) / track.step_s));
    const last = Math.min(track.values.length - 1, Math.ceil((pane.range.end_s - track.first_s) / track.step_s));
    let drawing = false;
    ctx.beginPath();
    for (let i = first; i <= last; i++) {
      const value = track.values[i];
      if (value === null) {
        drawing = false;
        continue;
      }
      const [x, y] = [pane.timeToX(track.first_s + i * track.step_s), yOf(value)];
      if (drawing) ctx.lineTo(x, y);
      else ctx.moveTo(x, y), ctx.lineTo(x + 0.1, y);
      drawing = true;
    }
  }

  function stroke(ctx, colour, width) {
    ctx.lineJoin = ctx.lineCap = "round";
    for (const [style, size] of [["rgb(0 0 0 / 75%)", width + 2.5], [colour, width]]) {
      ctx.strokeStyle = style;
      ctx.lineWidth = size;
      ctx.stroke();
    }
  }

  // The dB range of the curve: 60 dB up to the loudest value of the clip, rounded up to a whole ten.
  function scale(pane) {
    const values = tracks(pane, "intensity").flatMap((track) => track.values.filter((value) => value !== null));
    if (!values.length) return null;
    const highest = values.reduce((a, b) => Math.max(a, b));
    const high = 10 * Math.ceil(highest / 10);
    return { low: high - 60, high };
  }

  function drawIntensity(ctx, pane) {
    const ends = cache(pane).scale || (cache(pane).scale = scale(pane));
    if (!ends) return;
    const { plot } = pane;
    const [bottom, height] = [plot.y + plot.height - VOICED_PX - 4, plot.height * INTENSITY_SHARE];
    const yOf = (db) => bottom - (Math.max(0, db - ends.low) / (ends.high - ends.low)) * height;
    for (const track of tracks(pane, "intensity")) {
      trace(ctx, pane, track, yOf);
      stroke(ctx, KINDS.intensity.colour, 2);
    }
    ctx.font = "600 11px system-ui, sans-serif";
    ctx.textAlign = "right";
    for (const db of [ends.low, (ends.low + ends.high) / 2, ends.high]) {
      ctx.lineWidth = 3;
      ctx.strokeStyle = "rgb(0 0 0 / 75%)";
      ctx.fillStyle = KINDS.intensity.colour;
      ctx.textBaseline = "middle";
      ctx.strokeText(`${db} dB`, plot.x + plot.width - 4, yOf(db));
      ctx.fillText(`${db} dB`, plot.x + plot.width - 4, yOf(db));
    }
  }

  function drawVoiced(ctx, pane) {
    const { plot } = pane;
    const y = plot.y + plot.height - VOICED_PX - 1;
    for (const { spans } of tracks(pane, "voiced")) {
      for (const [start_s, end_s] of spans) {
        const [left, right] = [pane.timeToX(start_s), pane.timeToX(end_s)];
        if (right < plot.x || left > plot.x + plot.width) continue;
        ctx.fillStyle = "rgb(0 0 0 / 75%)";
        ctx.fillRect(left - 1, y - 1, right - left + 2, VOICED_PX + 2);
        ctx.fillStyle = KINDS.voiced.colour;
        ctx.fillRect(left, y, Math.max(1, right - left), VOICED_PX);
      }
    }
  }

  function draw(ctx, pane) {
    if (!Object.values(on).some(Boolean)) return;
    const { plot } = pane;
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.x, plot.y, plot.width, plot.height);
    ctx.clip();
    if (on.voiced) drawVoiced(ctx, pane);
    if (on.intensity) drawIntensity(ctx, pane);
    if (on.pitch) {
      for (const track of tracks(pane, "pitch")) {
        trace(ctx, pane, track, (hz) => pane.hzToY(hz));
        stroke(ctx, KINDS.pitch.colour, 2.5);
      }
    }
    ctx.restore();
  }

  // ---- the legend: names of the curves, and their values at the playhead

  function valueAt(pane, which, time_s) {
    for (const track of tracks(pane, which)) {
      const i = Math.round((time_s - track.first_s) / track.step_s);
      if (i >= 0 && i < track.values.length) return track.values[i];
    }
    return null;
  }

  function words(pane, which) {
    const time_s = pane.time_s || 0;
    const at = `at ${time_s.toFixed(2)} s`;
    if (which === "voiced") {
      const all = tracks(pane, which).flatMap(({ spans }) => spans);
      return all.length ? `bars at the bottom, ${all.reduce((sum, [from, to]) => sum + to - from, 0).toFixed(1)} s` : "none found";
    }
    const value = valueAt(pane, which, time_s);
    if (which === "pitch") return value === null ? `no pitch ${at}` : `${value.toFixed(0)} Hz ${at}`;
    return value === null ? "dB" : `${value.toFixed(0)} dB ${at}`;
  }

  function drawLegend(pane) {
    const place = pane.parts.legend;
    const curves = cache(pane);
    const chosen = Object.keys(on).filter((which) => on[which]);
    place.hidden = !chosen.length;
    const items = chosen.map((which) => {
      const sign = dom.node("span", { className: "sign" });
      sign.style.setProperty("--colour", KINDS[which].colour);
      const zoomedOut = which !== "intensity" && pane.range.end_s - pane.range.start_s > MAX_PITCH_S;
      const waiting = Object.entries(curves.blocks).some(([key, block]) => key.startsWith(which) && block.waiting);
      const text = waiting ? curves.hint || "computing…" : zoomedOut ? "zoom in to a minute or less to see it" : words(pane, which);
      return dom.node("li", { className: waiting ? "waiting" : "" }, sign, dom.node("strong", { textContent: KINDS[which].name }), ` ${text}`);
    });
    if (curves.problem) items.push(dom.node("li", { className: "problem", textContent: curves.problem }));
    place.replaceChildren(...items);
  }

  function build(pane) {
    pane.parts.legend = dom.node("ul", { className: "overlay-legend", hidden: true, ariaLabel: "Overlays" });
    pane.parts.switches = {};
    const buttons = Object.entries(KINDS).map(([which, { key, name, title }]) => {
      const button = toolButton(name, `${title} (${key})`, () => toggle(which));
      button.setAttribute("aria-pressed", String(on[which]));
      button.style.setProperty("--colour", KINDS[which].colour);
      return (pane.parts.switches[which] = button);
    });
    return buttons;
  }

  return { KINDS, on, toggle, refresh, draw, drawLegend, build, valueAt };
})();
