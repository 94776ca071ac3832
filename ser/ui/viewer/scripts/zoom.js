// Zooming: the buttons of a pane that change the visible part, and following the playhead.
const ZOOM_STEP = 2;

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
  pane.zoomButton = button("Zoom to region", "Zoom to the region (z)", () => zoomToRegion(pane));
  pane.selectButton = button("Select", "Select a region with a finger instead of moving the picture", () => {
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

// Zoom around the playhead if it is visible, else around the middle.
function zoomBy(pane, factor) {
  const { start_s, end_s } = pane.range;
  const share = (pane.time_s - start_s) / (end_s - start_s);
  pane.zoom(factor, share > 0 && share < 1 ? share : 0.5);
}

function zoomToRegion(pane) {
  if (!pane.region) return;
  const { start_s, end_s } = pane.region;
  const margin_s = 0.08 * (end_s - start_s);
  pane.setRange(start_s - margin_s, end_s + margin_s);
}

// Keep the playhead visible, a screen at a time.
function followHead({ pane, time_s }) {
  const { start_s, end_s } = pane.range;
  if (window.inspect.player?.isPlaying(pane) && (time_s >= end_s || time_s < start_s)) {
    const length = end_s - start_s;
    const start = clampTo(time_s - 0.02 * length, 0, longest_s() - length);
    pane.setRange(start, start + length);
  }
  pane.redraw();
}
