// A region: a part of the sound, and optionally a pitch range, to drag, resize, move, play and score.
// Its ends are on whole milliseconds, which are whole samples, so it is played and scored exactly as shown.
const regionTool = (() => {
  const MIN_S = 0.01;
  const CLICK = 4; // pixels: a press that moves less is a click
  const BAND = 28; // pixels up or down that make a drag select a pitch range as well
  const STEEP = 0.25; // ... if they are at least this share of the way sideways: hands do not draw straight lines
  const GRIP = { mouse: 6, pen: 10, touch: 18 }; // pixels around an edge that grab it
  const CHIP = { top: 32, height: 20 }; // the handle to move it by, below that of the scored window
  const EDGES = { left: "start_s", right: "end_s", top: "high_hz", bottom: "low_hz" };

  const ms = (seconds) => Math.round(seconds * 1000) / 1000;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  // ---- valid regions

  function tidy(pane, draft) {
    const end = pane.sound.duration_s;
    let [start_s, end_s] = [draft.start_s, draft.end_s].sort((a, b) => a - b).map((place) => clamp(ms(place), 0, end));
    if (end_s - start_s < MIN_S) [start_s, end_s] = start_s + MIN_S <= end ? [start_s, ms(start_s + MIN_S)] : [ms(end - MIN_S), end];
    if (draft.low_hz == null || draft.high_hz == null) return { start_s: Math.max(0, start_s), end_s, low_hz: null, high_hz: null };
    const [low, high] = [draft.low_hz, draft.high_hz].sort((a, b) => a - b).map((hz) => clamp(Math.round(hz), 0, 8000));
    return { start_s: Math.max(0, start_s), end_s, low_hz: Math.min(low, 7990), high_hz: Math.max(high, low + 10) };
  }

  function set(pane, draft) {
    const next = draft && tidy(pane, draft);
    const moved = !next || !pane.region || next.start_s !== pane.region.start_s || next.end_s !== pane.region.end_s;
    pane.region = next;
    if (next && moved && !soundPlayer.isPlaying(pane)) pane.time_s = next.start_s;
    pane.redraw();
    window.inspect.emit("region", { pane, moved });
  }

  // ---- its place on the picture

  function box(pane) {
    const { region, plot } = pane;
    const top = region.high_hz === null ? plot.y : Math.max(plot.y, pane.hzToY(region.high_hz));
    const bottom = region.low_hz === null ? plot.y + plot.height : Math.min(plot.y + plot.height, pane.hzToY(region.low_hz));
    return { left: pane.timeToX(region.start_s), right: pane.timeToX(region.end_s), top, bottom };
  }

  function chip(pane) {
    const { left, right, top } = box(pane);
    const { plot } = pane;
    const width = Math.min(chipWidth(pane), plot.width);
    const from = clamp((left + right - width) / 2, plot.x, plot.x + plot.width - width);
    return { x: from, y: Math.max(plot.y + CHIP.top, top + 4), width, height: CHIP.height };
  }

  const words = ({ start_s, end_s }) => `${start_s.toFixed(3)}–${end_s.toFixed(3)} s`;
  const chipWidth = (pane) => words(pane.region).length * 6.6 + 30;
  const within = (area, x, y, spare = 0) => x >= area.x - spare && x <= area.x + area.width + spare && y >= area.y - spare && y <= area.y + area.height + spare;

  // The part of the region under the pointer: "move" for its handle, or edges, for example ["left", "top"].
  function hold(pane, x, y, reach) {
    if (!pane.region) return null;
    const { left, right, top, bottom } = box(pane);
    const edges = [];
    if (y >= top - reach && y <= bottom + reach) {
      if (Math.abs(x - left) <= reach && Math.abs(x - left) <= Math.abs(x - right)) edges.push("left");
      else if (Math.abs(x - right) <= reach) edges.push("right");
    }
    if (pane.region.low_hz !== null && x >= left - reach && x <= right + reach) {
      if (Math.abs(y - top) <= reach) edges.push("top");
      else if (Math.abs(y - bottom) <= reach) edges.push("bottom");
    }
    if (edges.length) return edges;
    return within(chip(pane), x, y) ? "move" : null;
  }

  function cursorOf(held) {
    if (!held) return null;
    if (held === "move") return "grab";
    if (held.length === 1) return ["left", "right"].includes(held[0]) ? "ew-resize" : "ns-resize";
    return ["left,top", "right,bottom"].includes(held.join()) ? "nwse-resize" : "nesw-resize";
  }

  // ---- dragging

  let drag = null;
  const reachOf = (event) => GRIP[event?.pointerType] || GRIP.mouse;
  const inPlot = ({ plot }, x, y) => within(plot, x, y);
  const place = (pane, x, y) => ({ time_s: pane.xToTime(x), hz: pane.yToHz(y) });

  function makeTool(pane) {
    return {
      name: "region",
      cursor: (x, y) => cursorOf(hold(pane, x, y, GRIP.mouse)) || (inPlot(pane, x, y) ? "crosshair" : null),
      down(event, x, y) {
        const held = hold(pane, x, y, reachOf(event));
        if (!held && !(inPlot(pane, x, y) && mayDraw(pane, event))) return false;
        drag = { pane, held: held || "new", x, y, before: pane.region && { ...pane.region }, moved: false, box: event.shiftKey };
        return true;
      },
      move(event, x, y) {
        if (!drag || drag.pane !== pane) return;
        drag.moved ||= Math.hypot(x - drag.x, y - drag.y) >= CLICK;
        if (drag.moved) follow(x, y);
      },
      up(event, x, y) {
        const done = drag;
        drag = null;
        if (!done || done.pane !== pane) return;
        if (!done.moved) click(pane, x, y);
        else if (soundPlayer.isPlaying(pane)) soundPlayer.renew();
      },
    };
  }

  const mayDraw = (pane, event) => event.button === 0 && !event.altKey && !event.ctrlKey && !event.metaKey && (event.pointerType !== "touch" || pane.selecting);

  function follow(x, y) {
    const { pane, held, before } = drag;
    const [from, to] = [place(pane, drag.x, drag.y), place(pane, x, y)];
    if (held === "new") {
      const [across, up] = [Math.abs(x - drag.x), Math.abs(y - drag.y)];
      const band = drag.box || (up > BAND && up > STEEP * across);
      set(pane, { start_s: from.time_s, end_s: to.time_s, low_hz: band ? from.hz : null, high_hz: band ? to.hz : null });
    } else if (held === "move") {
      shift(pane, before, to.time_s - from.time_s);
    } else {
      const changed = { ...before };
      for (const edge of held) changed[EDGES[edge]] = edge === "left" || edge === "right" ? to.time_s : to.hz;
      set(pane, changed);
    }
  }

  // Move a region. At the ends of the sound it stops and keeps its length.
  function shift(pane, region, by_s) {
    const by = clamp(ms(by_s), -region.start_s, pane.sound.duration_s - region.end_s);
    set(pane, { ...region, start_s: region.start_s + by, end_s: region.end_s + by });
  }

  // A click moves the playhead. Outside the region it also clears the region, as in Praat and Audacity.
  function click(pane, x, y) {
    if (!inPlot(pane, x, y)) return;
    const time_s = pane.xToTime(x);
    if (pane.region && (time_s < pane.region.start_s || time_s > pane.region.end_s)) set(pane, null);
    soundPlayer.seek(pane, time_s);
    pane.redraw();
  }

  // ---- drawing

  function draw(ctx, pane) {
    if (!pane.region) return;
    const { plot } = pane;
    const { left, right, top, bottom } = box(pane);
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.x, plot.y, plot.width, plot.height);
    ctx.clip();
    ctx.fillStyle = "rgb(255 255 255 / 14%)";
    ctx.fillRect(left, top, right - left, bottom - top);
    for (const [colour, width] of [["rgb(0 0 0 / 70%)", 4], ["#ffffff", 2]]) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.beginPath();
      for (const x of [left, right]) ctx.moveTo(x, top), ctx.lineTo(x, bottom);
      if (pane.region.low_hz !== null) for (const y of [top, bottom]) ctx.moveTo(left, y), ctx.lineTo(right, y);
      ctx.stroke();
    }
    for (const x of [left, right]) knob(ctx, x, (Math.max(top, plot.y) + Math.min(bottom, plot.y + plot.height)) / 2);
    if (pane.region.low_hz !== null) for (const y of [top, bottom]) knob(ctx, (left + right) / 2, y);
    if (right > plot.x && left < plot.x + plot.width) drawChip(ctx, chip(pane), `⠿ ${words(pane.region)}`, "#ffffff", "#191b22");
    ctx.restore();
  }

  function knob(ctx, x, y) {
    ctx.beginPath();
    ctx.arc(x, y, 5, 0, 2 * Math.PI);
    ctx.fillStyle = "#ffffff";
    ctx.fill();
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = "rgb(0 0 0 / 70%)";
    ctx.stroke();
  }

  // Also used for the scored window.
  function drawChip(ctx, { x, y, width, height }, text, ground, ink) {
    ctx.beginPath();
    ctx.roundRect(x, y, width, height, 5);
    ctx.fillStyle = ground;
    ctx.fill();
    ctx.lineWidth = 1;
    ctx.strokeStyle = "rgb(0 0 0 / 55%)";
    ctx.stroke();
    ctx.fillStyle = ink;
    ctx.font = "600 12px system-ui, sans-serif";
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(text, x + width / 2, y + height / 2 + 0.5, width - 8);
  }

  const holds = (pane, event, x, y) => Boolean(hold(pane, x, y, reachOf(event)));

  return { set, shift, holds, tidy, makeTool, draw, drawChip, within, ms };
})();
