// The viewer's own buttons and keys, and how it starts.
const ZOOM_STEP = 2;

// ---- the toolbar above the panes

function drawChoices() {
  for (const button of element.querySelectorAll("[data-kind]")) button.setAttribute("aria-pressed", String(button.dataset.kind === chosenView.kind));
  viewerSlot("colours").value = chosenView.colours;
  viewerSlot("floor").value = chosenView.floor_db;
  viewerSlot("floor-words").textContent = `−${-chosenView.floor_db} dB`;
  viewerSlot("contrast").value = chosenView.contrast;
  viewerSlot("contrast-words").textContent = chosenView.contrast.toFixed(1);
  viewerSlot("usual").disabled = chosenView.floor_db === FLOOR.usual && chosenView.contrast === CONTRAST.usual;
  viewerSlot("second").setAttribute("aria-pressed", String(window.inspect.panes.length > 1));
  const open = window.inspect.panes.some((pane) => pane.sound);
  viewerSlot("view").hidden = !open;
  viewerSlot("second").hidden = viewerSlot("open").hidden = !open; // an empty pane has its own button
  viewerSlot("kind-words").textContent = `${PICTURES[chosenView.kind][0].toUpperCase()}${PICTURES[chosenView.kind].slice(1)}.`;
}

function listenToChoices() {
  for (const button of element.querySelectorAll("[data-kind]")) button.addEventListener("click", () => chooseView({ kind: button.dataset.kind }));
  viewerSlot("colours").addEventListener("change", () => chooseView({ colours: viewerSlot("colours").value }));
  viewerSlot("floor").addEventListener("input", () => chooseView({ floor_db: viewerSlot("floor").valueAsNumber }));
  viewerSlot("contrast").addEventListener("input", () => chooseView({ contrast: viewerSlot("contrast").valueAsNumber }));
  // The panel folds away when somebody goes on elsewhere.
  const look = viewerSlot("look");
  document.addEventListener("pointerdown", ({ target }) => look.contains(target) || (look.open = false));
  look.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !look.open) return;
    event.preventDefault();
    look.open = false;
    look.querySelector("summary").focus();
  });
  viewerSlot("usual").addEventListener("click", () => chooseView({ floor_db: FLOOR.usual, contrast: CONTRAST.usual }));
  viewerSlot("second").addEventListener("click", toggleSecond);
}

function nextOf(names, name) {
  return names[(names.indexOf(name) + 1) % names.length];
}

// ---- the buttons of a pane

function buildViewGroup(pane) {
  const group = pane.bar.querySelector('[data-group="view"]');
  const button = (textContent, title, action) => {
    const node = dom.node("button", { type: "button", className: "small-button", textContent, title });
    if (!/[a-z]/i.test(textContent)) node.ariaLabel = title;
    node.addEventListener("click", action);
    group.append(node);
    return node;
  };
  button("−", "Zoom out (-)", () => zoomBy(pane, 1 / ZOOM_STEP));
  button("+", "Zoom in (+)", () => zoomBy(pane, ZOOM_STEP));
  pane.wholeButton = button("Whole clip", "Show the whole clip (0)", () => pane.setRange(0, longest_s()));
  pane.zoomButton = button("Zoom to region", "Show the region alone (z)", () => zoomToRegion(pane));
  pane.selectButton = button("Select", "A finger draws a region, instead of moving the picture", () => {
    pane.selecting = !pane.selecting;
    pane.canvas.classList.toggle("selecting", pane.selecting);
    pane.selectButton.setAttribute("aria-pressed", String(pane.selecting));
  });
  pane.selectButton.classList.add("for-fingers");
  pane.selectButton.setAttribute("aria-pressed", "false");
  drawViewGroup(pane);
}

function drawViewGroup(pane) {
  pane.bar.hidden = !pane.sound;
  const whole = pane.range.start_s <= 0 && pane.range.end_s >= longest_s() - 1e-6;
  pane.wholeButton.disabled = whole;
  pane.zoomButton.hidden = !pane.region;
}

// Around the playhead, where it is in sight.
function zoomBy(pane, factor) {
  const { start_s, end_s } = pane.range;
  const share = (pane.time_s - start_s) / (end_s - start_s);
  pane.zoom(factor, share > 0 && share < 1 ? share : 0.5);
}

function zoomToRegion(pane) {
  if (!pane.region) return;
  const { start_s, end_s } = pane.region;
  const spare = 0.08 * (end_s - start_s);
  pane.setRange(start_s - spare, end_s + spare);
}

// A playing sound stays in sight, a screen at a time.
function followHead({ pane, time_s }) {
  const { start_s, end_s } = pane.range;
  if (window.inspect.player?.isPlaying(pane) && (time_s >= end_s || time_s < start_s)) {
    const length = end_s - start_s;
    const start = clampTo(time_s - 0.02 * length, 0, longest_s() - length);
    pane.setRange(start, start + length);
  }
  pane.redraw();
}

// ---- keys

function addViewerKeys() {
  const add = (key, words, action) => window.shortcuts?.add("inspect", key, words, action);
  const onPane = (action) => () => window.inspect.current?.sound && action(window.inspect.current);
  add("+", "zoom in", onPane((pane) => zoomBy(pane, ZOOM_STEP)));
  add("=", "zoom in, without Shift", onPane((pane) => zoomBy(pane, ZOOM_STEP)));
  add("-", "zoom out", onPane((pane) => zoomBy(pane, 1 / ZOOM_STEP)));
  add("0", "show the whole clip", onPane((pane) => pane.setRange(0, longest_s())));
  add("z", "zoom to the region", onPane(zoomToRegion));
  add("c", "next colour map", () => chooseView({ colours: nextOf(Object.keys(COLOUR_MAPS), chosenView.colours) }));
  add("m", "next picture: as scored, whole clip, fine", () => chooseView({ kind: nextOf(Object.keys(PICTURES), chosenView.kind) }));
  add("[", "lower the floor: faint parts come out", () => chooseView({ floor_db: chosenView.floor_db - FLOOR.step }));
  add("]", "raise the floor: faint parts go away", () => chooseView({ floor_db: chosenView.floor_db + FLOOR.step }));
  add("b", "a second clip beside the first, or one again", toggleSecond);
}

function startViewer() {
  recallView();
  addPane("top");
  listenToChoices();
  listenToFiles();
  addViewerKeys();
  const { inspect } = window;
  inspect.on("time", followHead);
  inspect.on("view", ({ pane }) => drawViewGroup(pane));
  inspect.on("region", ({ pane }) => {
    drawViewGroup(pane);
    pane.redraw();
  });
  window.addEventListener("theme-changed", () => {
    for (const pane of inspect.panes) pane.readInk(), pane.redraw();
  });
  inspect.close = closePane;
  inspect.open = openSound; // last: who finds it may use everything
}

startViewer();
