// @ts-check
// The keys of the tools.
import * as shortcuts from "../../../page/shortcuts.js";
import { KINDS, toggleOverlay } from "./overlays.js";
import { toggleExplanation } from "./explanation.js";
import { mark, markNext, toggleSnap } from "./region/marking.js";
import { goToPhrase } from "./region/phrases.js";

/** @typedef {import("../pane.js").Pane} Pane */

/** @param {import("../viewer.js").Viewer} viewer */
export function addToolKeys(viewer) {
  const { player } = viewer;
  const add = (/** @type {string} */ key, /** @type {string} */ words, /** @type {() => void} */ action) =>
    shortcuts.add("inspect", key, words, action);
  const whenOpen = (/** @type {(pane: Pane) => void} */ action) => () => {
    if (viewer.current?.token) action(viewer.current);
  };
  add(
    " ",
    "play the clip or the region, or pause",
    whenOpen((pane) => player.toggle(pane)),
  );
  add("l", "play in a loop", () => player.setLoop(!player.state.loop));
  add("h", "half or full speed", () => player.toggleSpeed());
  add("<", "play more slowly", () => player.stepSpeed(-1));
  add(">", "play faster", () => player.stepSpeed(1));
  add(
    "[",
    "start the region at the playhead",
    whenOpen((pane) => mark(pane, "start_s")),
  );
  add(
    "]",
    "end the region at the playhead",
    whenOpen((pane) => mark(pane, "end_s")),
  );
  add("t", "start a region at the playhead, then end it there", whenOpen(markNext));
  add("shift+s", "snap regions to silence, or not", () => toggleSnap(viewer));
  add(
    "arrowleft",
    "move the region or the playhead back",
    whenOpen((pane) => step(pane, -1)),
  );
  add(
    "arrowright",
    "move the region or the playhead on",
    whenOpen((pane) => step(pane, 1)),
  );
  add(
    "x",
    "score the region",
    whenOpen((pane) => pane.scoredWindow?.scoreRegion()),
  );
  add("w", "show the evidence for a score", () => toggleExplanation(viewer));
  add(
    ".",
    "choose and play the next phrase",
    whenOpen((pane) => goToPhrase(pane, 1)),
  );
  add(
    ",",
    "choose and play the previous phrase",
    whenOpen((pane) => goToPhrase(pane, -1)),
  );
  for (const [which, { key, name }] of Object.entries(KINDS))
    add(key, `${name.toLowerCase()}, on or off`, () => toggleOverlay(viewer, which));
  add(
    "escape",
    "clear the region",
    whenOpen((pane) => pane.regionTool?.set(null)),
  );
}

/**
 * Move the region, or else the playhead, by a hundredth of what is visible.
 * @param {Pane} pane
 * @param {number} sign
 */
function step(pane, sign) {
  const seconds = Math.max(0.01, Math.round(pane.range.end_s - pane.range.start_s) / 100);
  if (pane.region) pane.regionTool?.shift(pane.region, sign * seconds);
  else pane.viewer.player.seek(pane, (pane.time_s || 0) + sign * seconds);
  pane.redraw();
}
