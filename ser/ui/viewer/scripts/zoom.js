// @ts-check
// Zooming: the buttons of a pane that change the visible part, and following the playhead.
import { find } from "../../page/dom.js";
import { smallButton } from "./elements.js";
import { clamp } from "./numbers.js";

export const ZOOM_STEP = 2;

/** @typedef {import("./pane.js").Pane} Pane */

/**
 * Add the buttons, which the pane's events keep up to date.
 * @param {Pane} pane
 */
export function addZoomButtons(pane) {
  const { scope, viewer } = pane;
  const button = (
    /** @type {string} */ text,
    /** @type {string} */ title,
    /** @type {() => void} */ action,
  ) => smallButton(scope, text, title, action);
  const whole = button("Whole clip", "Show the whole clip (0)", () => pane.setRange(0, viewer.longest_s));
  const region = button("Zoom to region", "Zoom to the region (z)", () => zoomToRegion(pane));
  find(pane.bar, '[data-group="view"]', HTMLElement).append(
    button("−", "Zoom out (-)", () => zoomBy(pane, 1 / ZOOM_STEP)),
    button("+", "Zoom in (+)", () => zoomBy(pane, ZOOM_STEP)),
    whole,
    region,
    selectButton(pane),
  );
  const draw = () => {
    pane.bar.hidden = !pane.sound;
    whole.disabled = pane.range.start_s <= 0 && pane.range.end_s >= viewer.longest_s - 1e-6;
    region.hidden = !pane.region;
  };
  draw();
  scope.on(viewer.events, "open", draw);
  scope.on(viewer.events, "view", ({ pane: moved }) => moved === pane && draw());
  scope.on(viewer.events, "region", ({ pane: changed }) => {
    if (changed !== pane) return;
    draw();
    pane.redraw();
  });
}

/**
 * Return the switch by which a finger selects a region.
 * @param {Pane} pane
 */
function selectButton(pane) {
  const title = "Select a region with a finger instead of moving the picture";
  const button = smallButton(pane.scope, "Select", title, () => {
    pane.selecting = !pane.selecting;
    pane.canvas.classList.toggle("selecting", pane.selecting);
    button.setAttribute("aria-pressed", String(pane.selecting));
  });
  button.classList.add("for-fingers");
  button.setAttribute("aria-pressed", "false");
  pane.selectButton = button;
  return button;
}

/**
 * Zoom around the playhead if it is visible, else around the middle.
 * @param {Pane} pane
 * @param {number} factor
 */
export function zoomBy(pane, factor) {
  const { start_s, end_s } = pane.range;
  const share = (pane.time_s - start_s) / (end_s - start_s);
  pane.zoom(factor, share > 0 && share < 1 ? share : 0.5);
}

/** @param {Pane} pane */
export function zoomToRegion(pane) {
  if (!pane.region) return;
  const { start_s, end_s } = pane.region;
  const margin_s = 0.08 * (end_s - start_s);
  pane.setRange(start_s - margin_s, end_s + margin_s);
}

/**
 * Keep the playhead visible, a screen at a time.
 * @param {{ pane: Pane, time_s: number }} detail
 */
export function followHead({ pane, time_s }) {
  const { start_s, end_s } = pane.range;
  if (pane.viewer.player.isPlaying(pane) && (time_s >= end_s || time_s < start_s)) {
    const length = end_s - start_s;
    const start = clamp(time_s - 0.02 * length, 0, pane.viewer.longest_s - length);
    pane.setRange(start, start + length);
  }
  pane.redraw();
}
