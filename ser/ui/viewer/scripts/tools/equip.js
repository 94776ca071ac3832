// @ts-check
// Gives a pane its tools.
import { node } from "../../../page/dom.js";
import { createExplanation } from "./explanation.js";
import { createLabelTrack } from "./label_track.js";
import { createOverlays } from "./overlays.js";
import { createPlayButtons } from "./play_buttons.js";
import { createRegion } from "./region/region.js";
import { createRegionRow } from "./region/region_row.js";
import { createScoredWindow } from "./scored_window.js";
import { createScoresTable } from "./scores_table.js";
import { toolGroup } from "./tool.js";

/**
 * Give a pane its tools, once.
 * @param {import("../pane.js").Pane} pane
 */
export function equip(pane) {
  if (pane.tools.length) return;
  const { scope } = pane;
  const region = createRegion(pane, scope);
  const scored = createScoredWindow(pane, scope, region);
  // In the order of their panels. The one that is asked last about a press comes first, and the scored window begins last:
  // the others draw its scores.
  const tools = [
    createPlayButtons(pane, scope),
    createOverlays(pane, scope),
    region,
    createRegionRow(pane, scope, region),
    createExplanation(pane, scope),
    createScoresTable(pane, scope, scored),
    createLabelTrack(pane, scope),
    scored,
  ];
  for (const tool of tools) {
    if (tool.group) toolGroup(pane, tool.group).append(...(tool.buttons ?? []));
    if (tool.layer) pane.layers.push(tool.layer);
    if (tool.press) pane.presses.push(tool.press);
  }
  const panels = tools.flatMap((tool) => tool.panels ?? []);
  pane.element.append(node("div", { className: "pane-tools" }, ...panels));
  pane.tools = tools;
  pane.regionTool = region;
  pane.scoredWindow = scored;
}
