// @ts-check
// The row below the picture that shows the region in numbers, which can be typed.
import { node } from "../../../../page/dom.js";
import { smallButton } from "../../elements.js";
import { mark, toggleSnap } from "./marking.js";

/** @typedef {"start_s" | "end_s" | "low_hz" | "high_hz"} Key */
/** @type {Record<Key, { name: string, unit: string, step: number, digits: number, label: string, placeholder: string }>} */
const FIELDS = {
  start_s: {
    ...{ name: "Start", unit: "s", step: 0.01, digits: 3, placeholder: "–" },
    label: "Start of the region, seconds",
  },
  end_s: {
    ...{ name: "End", unit: "s", step: 0.01, digits: 3, placeholder: "–" },
    label: "End of the region, seconds",
  },
  low_hz: {
    ...{ name: "From", unit: "Hz", step: 10, digits: 0, placeholder: "0" },
    label: "Lowest frequency of the region, Hz",
  },
  high_hz: {
    ...{ name: "to", unit: "Hz", step: 10, digits: 0, placeholder: "8000" },
    label: "Highest frequency of the region, Hz",
  },
};
const KEYS = /** @type {Key[]} */ (Object.keys(FIELDS));
const BAND_HINT = "Only this pitch range is played. The score is for the full sound between start and end.";

/**
 * @param {import("../../pane.js").Pane} pane
 * @param {import("../../scope.js").Scope} scope
 * @param {import("./region.js").RegionTool} region
 * @returns {import("../tool.js").Tool}
 */
export function createRegionRow(pane, scope, region) {
  const { events, player } = pane.viewer;
  const fingers = matchMedia("(pointer: coarse)").matches;
  const gesture = fingers ? "Press Select and draw over the picture with a finger" : "Drag over the picture";
  const usualHint = `${gesture} to choose a region; drag diagonally to pick a pitch range too.`;
  const fields = /** @type {Record<Key, HTMLInputElement>} */ (
    Object.fromEntries(KEYS.map((key) => [key, field(key)]))
  );
  const labels = KEYS.map((key) => {
    const { name, unit } = FIELDS[key];
    return node(
      "label",
      {},
      node("span", { textContent: name }),
      fields[key],
      node("span", { textContent: unit }),
    );
  });
  const length = node("span", { className: "length" });
  const score = smallButton(scope, "Score region", "Score the region on its own (x)", () =>
    pane.scoredWindow?.scoreRegion(),
  );
  const clear = smallButton(scope, "Clear", "Clear region (Escape)", () => region.set(null));
  const start = smallButton(scope, "Start here", "Start the region at the playhead ([)", () =>
    mark(pane, "start_s"),
  );
  const end = smallButton(scope, "End here", "End the region at the playhead (])", () => mark(pane, "end_s"));
  const snapTitle = "Ends of regions snap to silence up to 0.3 s away (Shift S)";
  const snap = smallButton(scope, "Snap", snapTitle, () => toggleSnap(pane.viewer));
  const hint = node("p", { className: "hint", textContent: usualHint });
  const row = node(
    "div",
    { className: "region-row", role: "group", ariaLabel: "Region" },
    ...[node("strong", { textContent: "Region" }), ...labels, length, start, end, snap, score, clear, hint],
  );

  /** @param {Key} key */
  function field(key) {
    const { label, step, placeholder } = FIELDS[key];
    const input = node("input", { type: "number", min: 0, step: "any", inputMode: "decimal" });
    Object.assign(input, { ariaLabel: label, placeholder });
    input.dataset.step = String(step);
    scope.listen(input, "change", typed);
    return input;
  }

  /** @param {Key} key */
  function write(key) {
    const value = pane.region?.[key] ?? null;
    fields[key].value = value === null ? "" : value.toFixed(FIELDS[key].digits);
  }

  function draw() {
    for (const key of KEYS) if (document.activeElement !== fields[key]) write(key);
    length.textContent = pane.region ? `${(pane.region.end_s - pane.region.start_s).toFixed(3)} s` : "";
    hint.hidden = Boolean(pane.region) && (pane.region?.low_hz ?? null) === null;
    hint.textContent = pane.region ? BAND_HINT : usualHint;
    score.hidden = clear.hidden = !pane.region;
    snap.setAttribute("aria-pressed", String(pane.viewer.snapping.on));
  }

  // The typed values become the region once both start and end are there.
  function typed() {
    const [start_s, end_s, low_hz, high_hz] = KEYS.map((key) =>
      fields[key].value.trim() === "" ? null : fields[key].valueAsNumber,
    );
    if (start_s === null || end_s === null || !Number.isFinite(start_s) || !Number.isFinite(end_s)) return;
    const band = low_hz !== null || high_hz !== null;
    region.set({
      start_s,
      end_s,
      low_hz: band ? (low_hz ?? 0) : null,
      high_hz: band ? (high_hz ?? 8000) : null,
    });
    KEYS.forEach(write);
    if (player.isPlaying(pane)) player.renew();
  }

  scope.on(events, "snap", draw);
  scope.on(events, "region", ({ pane: changed }) => changed === pane && draw());
  return { panels: [row], begin: draw };
}
