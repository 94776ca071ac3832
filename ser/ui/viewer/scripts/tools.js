// The tools of a pane: buttons, the row of the region and keys; and the events by which sound, region, scored window,
// overlays and explanation react to each other.
function toolButton(textContent, title, action) {
  const button = dom.node("button", { type: "button", className: "small-button", textContent, title });
  // A button that shows only a sign needs a name in words.
  if (!/[a-z]/i.test(textContent)) button.ariaLabel = title;
  button.addEventListener("click", action);
  return button;
}

const paneTools = (() => {
  const FIELDS = { start_s: ["Start", "s", 0.01, 3], end_s: ["End", "s", 0.01, 3], low_hz: ["From", "Hz", 10, 0], high_hz: ["to", "Hz", 10, 0] };
  const GESTURE = matchMedia("(pointer: coarse)").matches ? "Press Select and draw over the picture with a finger" : "Drag over the picture";
  const HINT = `${GESTURE} to choose a region; drag diagonally to pick a pitch range too.`;
  const BAND_HINT = "Only this pitch range is played. The score is for the full sound between start and end.";
  const current = () => window.inspect.current;
  const equipped = () => window.inspect.panes.filter((pane) => pane.parts);
  const whenOpen = (action) => () => current()?.token && action(current());

  // ---- play

  function buildPlay(pane) {
    const play = toolButton("▶ Play", "Play the region, or the clip from the playhead on; or pause (Space)", () => soundPlayer.toggle(pane));
    const loop = toolButton("⟲ Loop", "Play in a loop (l)", () => soundPlayer.setLoop(!soundPlayer.state.loop));
    const half = toolButton("½ speed", "Half speed at the same pitch (h)", halfSpeed);
    const clock = dom.node("span", { className: "clock" });
    Object.assign(pane.parts, { play, loop, half, clock });
    return [play, loop, half, clock];
  }

  const halfSpeed = () => soundPlayer.setSpeed(soundPlayer.state.speed === 1 ? 0.5 : 1);

  function drawPlay(pane) {
    const { play, loop, half } = pane.parts;
    const playing = soundPlayer.isPlaying(pane);
    play.textContent = playing ? "❚❚ Pause" : pane.region ? "▶ Play region" : "▶ Play";
    play.classList.toggle("playing", playing);
    loop.setAttribute("aria-pressed", String(soundPlayer.state.loop));
    half.setAttribute("aria-pressed", String(soundPlayer.state.speed !== 1));
  }

  const drawClock = (pane) => (pane.parts.clock.textContent = `${(pane.time_s || 0).toFixed(2)} / ${pane.sound.duration_s.toFixed(2)} s`);

  // ---- the region's row

  function buildRegion(pane) {
    const fields = {};
    const field = (key) => {
      const [name, unit, step] = FIELDS[key];
      const words = { start_s: "Start of the region, seconds", end_s: "End of the region, seconds", low_hz: "Lowest frequency of the region, Hz", high_hz: "Highest frequency of the region, Hz" }[key];
      fields[key] = dom.node("input", { type: "number", min: 0, step: "any", inputMode: "decimal", ariaLabel: words, placeholder: key === "low_hz" ? "0" : key === "high_hz" ? "8000" : "–" });
      fields[key].dataset.step = step;
      fields[key].addEventListener("change", () => typed(pane));
      return dom.node("label", {}, dom.node("span", { textContent: name }), fields[key], dom.node("span", { textContent: unit }));
    };
    const length = dom.node("span", { className: "length" });
    const score = toolButton("Score region", "Score the region on its own (x)", () => windowTool.scoreRegion(pane));
    const clear = toolButton("Clear", "Clear region (Escape)", () => regionTool.set(pane, null));
    const hint = dom.node("p", { className: "hint", textContent: HINT });
    const row = dom.node("div", { className: "region-row", role: "group", ariaLabel: "Region" }, dom.node("strong", { textContent: "Region" }), ...Object.keys(FIELDS).map(field), length, score, clear, hint);
    Object.assign(pane.parts, { fields, length, score, clear, hint });
    return row;
  }

  function drawRegion(pane) {
    const { fields, length, score, clear, hint } = pane.parts;
    const { region } = pane;
    for (const [key, [, , , digits]] of Object.entries(FIELDS)) {
      const value = region?.[key];
      if (document.activeElement !== fields[key] || fields[key].dataset.typed === "done") fields[key].value = value == null ? "" : value.toFixed(digits);
    }
    length.textContent = region ? `${(region.end_s - region.start_s).toFixed(3)} s` : "";
    hint.hidden = Boolean(region) && region.low_hz == null;
    hint.textContent = region ? BAND_HINT : HINT;
    score.hidden = clear.hidden = !region;
  }

  // The typed values become the region once both start and end are there.
  function typed(pane) {
    const { fields } = pane.parts;
    const value = (key) => (fields[key].value.trim() === "" ? null : fields[key].valueAsNumber);
    const draft = Object.fromEntries(Object.keys(FIELDS).map((key) => [key, value(key)]));
    if (![draft.start_s, draft.end_s].every(Number.isFinite)) return;
    if (draft.low_hz !== null || draft.high_hz !== null) {
      draft.low_hz ??= 0;
      draft.high_hz ??= 8000;
    }
    regionTool.set(pane, draft);
    const { region } = pane;
    for (const [key, [, , , digits]] of Object.entries(FIELDS)) fields[key].value = region[key] === null ? "" : region[key].toFixed(digits);
    soundPlayer.isPlaying(pane) && soundPlayer.renew();
  }

  // ---- a pane gets its tools once, and resets them with each sound

  function equip(pane) {
    if (pane.parts) return;
    pane.parts = {};
    const group = (name, ...nodes) => toolPlace(pane, name).append(...nodes);
    group("play", ...buildPlay(pane));
    group("overlays", ...overlayTool.build(pane));
    const why = whyTool.build(pane);
    group("why", why.button);
    const problem = dom.node("p", { className: "warning", hidden: true, role: "alert" });
    pane.parts.problem = problem;
    pane.element.append(dom.node("div", { className: "pane-tools" }, problem, pane.parts.legend, buildRegion(pane), why.panel, scoresTable.build(pane)));
    pane.layers.push(
      { name: "why", z: 10, draw: whyTool.draw },
      { name: "overlays", z: 20, draw: overlayTool.draw },
      { name: "window", z: 30, draw: windowTool.draw },
      { name: "region", z: 40, draw: regionTool.draw },
    );
    pane.tools.push(regionTool.makeTool(pane), windowTool.makeTool(pane));
  }

  // A group of the toolbar, which is added if it does not exist.
  function toolPlace(pane, name) {
    const group = pane.bar.querySelector(`[data-group="${name}"]`);
    if (group) return group;
    const added = dom.node("span", { className: "group" });
    added.dataset.group = name;
    pane.bar.append(added);
    return added;
  }

  function begin(pane, play) {
    equip(pane);
    soundPlayer.stop(pane);
    Object.assign(pane, { region: null, time_s: 0 });
    pane.parts.problem.hidden = true;
    windowTool.begin(pane);
    whyTool.begin(pane);
    overlayTool.refresh(pane);
    overlayTool.drawLegend(pane);
    [drawPlay, drawClock, drawRegion].forEach((draw) => draw(pane));
    if (play) soundPlayer.play(pane, 0);
  }

  // ---- keys

  function step(pane, sign) {
    const seconds = Math.max(0.01, Math.round(pane.range.end_s - pane.range.start_s) / 100);
    if (pane.region) regionTool.shift(pane, pane.region, sign * seconds);
    else soundPlayer.seek(pane, (pane.time_s || 0) + sign * seconds);
    pane.redraw();
  }

  function addKeys() {
    const add = (key, words, action) => window.shortcuts?.add("inspect", key, words, action);
    add(" ", "play the clip or the region, or pause", whenOpen(soundPlayer.toggle));
    add("l", "play in a loop", () => soundPlayer.setLoop(!soundPlayer.state.loop));
    add("h", "half or full speed", halfSpeed);
    add("arrowleft", "move the region or the playhead back", whenOpen((pane) => step(pane, -1)));
    add("arrowright", "move the region or the playhead on", whenOpen((pane) => step(pane, 1)));
    add("x", "score the region", whenOpen(windowTool.scoreRegion));
    add("w", "show the evidence for a score", whyTool.toggle);
    for (const [which, { key, name }] of Object.entries(overlayTool.KINDS)) add(key, `${name.toLowerCase()}, on or off`, () => overlayTool.toggle(which));
    add("escape", "clear the region", whenOpen((pane) => regionTool.set(pane, null)));
  }

  // ---- events of the viewer

  function listen() {
    const { inspect } = window;
    inspect.hideScores = scoresTable.hideScores;
    inspect.player = soundPlayer;
    inspect.on("open", ({ pane, play }) => begin(pane, play));
    inspect.on("close", ({ pane }) => soundPlayer.isPlaying(pane) && soundPlayer.stop(pane));
    inspect.on("region", ({ pane, moved }) => {
      if (!pane?.parts) return;
      drawRegion(pane);
      drawPlay(pane);
      if (!pane.region && pane.columns.region) {
        delete pane.columns.region;
        scoresTable.draw(pane);
      }
    });
    inspect.on("time", ({ pane }) => {
      if (!pane.parts) return;
      drawClock(pane);
      overlayTool.drawLegend(pane);
    });
    inspect.on("view", ({ pane }) => {
      if (!pane.parts) return;
      overlayTool.refresh(pane);
      overlayTool.drawLegend(pane);
    });
    inspect.on("window", ({ pane }) => whyTool.shown && whyTool.askLater(pane));
    inspect.on("scored", ({ pane, of }) => of === "window" && whyTool.shown && whyTool.askLater(pane));
    inspect.on("scores", () => equipped().forEach(whyTool.ask));
    inspect.on("player", () => equipped().forEach(drawPlay));
    inspect.on("playing", ({ pane, problem }) => {
      equipped().forEach(drawPlay);
      if (!pane?.parts) return;
      pane.parts.problem.textContent = problem;
      pane.parts.problem.hidden = !problem;
    });
    addKeys();
  }

  listen();
  return { begin, equipped };
})();
