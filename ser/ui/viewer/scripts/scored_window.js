// The three seconds that the network scores, outlined and draggable, and the requests for scores of the window, of the
// whole clip and of the region. While the window is dragged, only its latest place is scored.
const windowTool = (() => {
  const WINDOW_S = 3;
  const STEP_S = 0.5; // between the windows that are averaged for the clip's score
  const MAX_AT_ONCE_S = 30; // a longer clip is scored as a whole only on request
  const LONG_S = 240; // a longer clip takes more than a few seconds to score
  const EDGE = { mouse: 5, pen: 8, touch: 14 };
  const COLOUR = "#c7d2fe";
  const { ms, within, drawChip } = regionTool;

  const isLong = (pane) => pane.sound.duration_s > WINDOW_S + 0.001;
  const lengthOf = (pane) => Math.min(WINDOW_S, pane.sound.duration_s);
  const lastStart = (pane) => Math.max(0, pane.sound.duration_s - WINDOW_S);

  // ---- requests: while one is answered, only the latest of those that follow is kept

  async function ask(pane, column, part) {
    const request = (pane.requests[column] ||= {});
    request.next = part;
    pane.columns[column] = { ...pane.columns[column], ...part, waiting: true };
    scoresTable.draw(pane);
    if (request.busy) return;
    request.busy = true;
    const token = pane.token;
    while (request.next && pane.token === token) {
      const now = request.next;
      request.next = null;
      const answer = await window.answerTo(server.score({ token, ...now }));
      if (pane.token === token && !request.cancelled) show(pane, column, now, answer, Boolean(request.next));
    }
    request.busy = false;
  }

  function show(pane, column, part, answer, waiting) {
    pane.columns[column] = { ...(waiting ? pane.columns[column] : part), answer, waiting };
    if (column === "clip" && !answer.problem) pickWindow(pane, answer);
    scoresTable.draw(pane);
    pane.redraw();
    if (!waiting && !answer.problem) window.inspect.emit("scored", { pane, answer, of: column, ...part });
  }

  // Move to the window with the highest score of the clip's top emotion, unless another was chosen meanwhile.
  function pickWindow(pane, { scores, windows }) {
    const best = scoresTable.top(scores);
    const { start_s } = windows.reduce((one, other) => (other.scores[best] > one.scores[best] ? other : one));
    if (!pane.windowChosen) moveTo(pane, start_s, false);
  }

  const scoreWindow = (pane) => ask(pane, "window", { ...pane.window });
  const scoreClip = (pane) => ask(pane, "clip", { start_s: 0, end_s: pane.sound.duration_s });

  function scoreRegion(pane) {
    if (pane?.region) ask(pane, "region", { start_s: pane.region.start_s, end_s: pane.region.end_s });
  }

  function moveTo(pane, start_s, chosen = true) {
    const start = ms(Math.min(Math.max(0, start_s), lastStart(pane)));
    pane.windowChosen ||= chosen;
    if (pane.window && start === pane.window.start_s && pane.columns.window) return;
    pane.window = { start_s: start, end_s: ms(Math.min(start + WINDOW_S, pane.sound.duration_s)) };
    pane.redraw();
    window.inspect.emit("window", { pane });
    scoreWindow(pane);
  }

  // ---- on the picture

  function chip(pane) {
    const { plot, window: part } = pane;
    const [left, right] = [pane.timeToX(part.start_s), pane.timeToX(part.end_s)];
    if (!isLong(pane)) return { x: Math.max(left, plot.x) + 8, y: plot.y + 8, width: right - left > 190 && left < plot.x + plot.width - 190 ? 150 : 0, height: 20 };
    const width = Math.min(112, plot.width);
    const from = Math.min(Math.max((left + right - width) / 2, plot.x), plot.x + plot.width - width);
    return { x: from, y: plot.y + 8, width: right < plot.x || left > plot.x + plot.width ? 0 : width, height: 20 };
  }

  function holds(pane, x, y, reach) {
    if (!pane.window || !isLong(pane) || y < pane.plot.y || y > pane.plot.y + pane.plot.height) return false;
    const area = chip(pane);
    if (area.width && within(area, x, y, reach / 2)) return true;
    return [pane.window.start_s, pane.window.end_s].some((edge) => Math.abs(pane.timeToX(edge) - x) <= reach);
  }

  function makeTool(pane) {
    let from = null;
    return {
      name: "window",
      cursor: (x, y) => (!regionTool.holds(pane, null, x, y) && holds(pane, x, y, EDGE.mouse) ? "grab" : null),
      down(event, x, y) {
        if (event.button !== 0 || regionTool.holds(pane, event, x, y) || !holds(pane, x, y, EDGE[event.pointerType] || EDGE.mouse)) return false;
        from = { time_s: pane.xToTime(x), start_s: pane.window.start_s };
        return true;
      },
      move(event, x) {
        if (from) moveTo(pane, from.start_s + pane.xToTime(x) - from.time_s);
      },
      up() {
        from = null;
      },
    };
  }

  function draw(ctx, pane) {
    if (!pane.window) return;
    const { plot } = pane;
    const [left, right] = [pane.timeToX(pane.window.start_s), pane.timeToX(pane.window.end_s)];
    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.x, plot.y, plot.width, plot.height);
    ctx.clip();
    for (const [colour, width] of [["rgb(0 0 0 / 60%)", 5], [COLOUR, 2.5]]) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.strokeRect(left + 1.5, plot.y + 1.5, right - left - 3, plot.height - 3);
    }
    drawWindows(ctx, pane);
    const area = chip(pane);
    if (area.width) drawChip(ctx, area, isLong(pane) ? "⠿ scored 3 s" : "scored: the whole clip", COLOUR, "#1e1b4b");
    ctx.restore();
  }

  // A cell around the middle of each scored window, in the colour of its highest score.
  function drawWindows(ctx, pane) {
    const windows = scoresTable.mayShow(pane) && pane.columns.clip?.answer?.windows;
    if (!windows || windows.length < 2) return;
    const colours = getComputedStyle(pane.element);
    const fills = scoresTable.LABELS.map((label) => colours.getPropertyValue(`--emotion-${label}`));
    for (const part of windows) {
      const middle = (part.start_s + part.end_s) / 2;
      const [left, right] = [pane.timeToX(middle - STEP_S / 2), pane.timeToX(middle + STEP_S / 2)];
      ctx.fillStyle = fills[scoresTable.top(part.scores)];
      ctx.fillRect(left, pane.plot.y, Math.max(1, right - left - 1), 5);
    }
  }

  // Start with a new sound in the pane.
  function begin(pane) {
    for (const request of Object.values(pane.requests || {})) request.cancelled = true;
    Object.assign(pane, { requests: {}, columns: {}, windowChosen: false, window: null });
    const long = isLong(pane);
    if (pane.parts.scores) {
      pane.parts.scores.all.textContent = `Score the whole clip${pane.sound.duration_s > LONG_S ? " (takes a minute)" : ""}`;
      pane.parts.scores.start.max = lastStart(pane).toFixed(2);
      pane.parts.scores.typing = false;
    }
    moveTo(pane, 0, false);
    if (long && pane.sound.duration_s <= MAX_AT_ONCE_S) scoreClip(pane);
  }

  return { makeTool, draw, begin, moveTo, scoreRegion, scoreClip, isLong, STEP_S };
})();
