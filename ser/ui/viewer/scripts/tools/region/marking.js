// @ts-check
// Marks a region at the playhead by keys, and moves its ends to where a silence borders on sound.
import { remembered } from "../../../../page/remembered.js";
import { answerTo } from "../../../../page/server.js";
import { MIN_S } from "./region_shape.js";

const REACH_S = 0.3; // a key comes up to that late, and a hand is that inexact

/** @typedef {import("../../pane.js").Pane} Pane */
/** @typedef {import("./region_shape.js").RegionDraft} RegionDraft */
/** @typedef {[start_s: number, end_s: number]} Silence */
/** @typedef {"start_s" | "end_s"} End */

/** @type {WeakMap<object, Promise<Silence[]>>} Silences of a sound that was asked for them. */
const known = new WeakMap();
/** @type {WeakSet<object>} Sounds of which `markNext` has marked a start. */
const begun = new WeakSet();

/**
 * Return a region whose start or end is at a time. The other end stays if it can, else it is that of the clip.
 * @param {RegionDraft | null} region
 * @param {End} end
 * @param {number} time_s
 * @param {number} duration_s
 * @returns {RegionDraft}
 */
export function withEnd(region, end, time_s, duration_s) {
  const { start_s, end_s } = region ?? { start_s: 0, end_s: duration_s };
  if (end === "start_s") return { start_s: time_s, end_s: end_s > time_s + MIN_S ? end_s : duration_s };
  return { start_s: start_s < time_s - MIN_S ? start_s : 0, end_s: time_s };
}

/**
 * Return the region whose ends are where the nearest silence ends or begins, as far as one is near: a region starts where a
 * silence ends.
 * @param {RegionDraft} region
 * @param {Silence[]} silences
 * @param {End[]} ends those that may move
 * @returns {RegionDraft}
 */
export function snapped(region, silences, ends) {
  const next = { ...region };
  for (const end of ends) {
    const edges = silences.map(([begins_s, stops_s]) => (end === "start_s" ? stops_s : begins_s));
    const far = (/** @type {number} */ edge) => Math.abs(edge - region[end]);
    const nearest = edges.sort((one, other) => far(one) - far(other))[0];
    if (nearest !== undefined && far(nearest) <= REACH_S) next[end] = nearest;
  }
  return next.end_s - next.start_s < MIN_S ? region : next;
}

/** Whether ends snap to silence, which this browser remembers. */
export class Snapping {
  on = remembered.get("snap") === "yes";

  toggle() {
    this.on = !this.on;
    remembered.set("snap", this.on ? "yes" : null);
  }
}

/** @param {import("../../viewer.js").Viewer} viewer */
export function toggleSnap(viewer) {
  viewer.snapping.toggle();
  viewer.events.emit("snap", { on: viewer.snapping.on });
  const { current: pane } = viewer;
  if (pane?.region) snapEnds(pane, ["start_s", "end_s"]);
}

/**
 * Move ends of the region to silence, if that is switched on.
 * @param {Pane} pane
 * @param {End[]} ends
 */
export async function snapEnds(pane, ends) {
  const { region, sound, viewer } = pane;
  if (!viewer.snapping.on || !sound || !region) return;
  if (!known.has(sound)) {
    const answer = answerTo(viewer.server.read_silences({ token: pane.token }));
    known.set(
      sound,
      answer.then(({ silences }) => silences ?? []),
    );
  }
  const silences = await known.get(sound);
  if (pane.region === region) pane.regionTool?.set({ ...region, ...snapped(region, silences ?? [], ends) });
}

/**
 * Set one end of the region to the playhead.
 * @param {Pane} pane
 * @param {End} end
 */
export async function mark(pane, end) {
  if (!pane.sound) return;
  const { events } = pane.viewer;
  const { low_hz = null, high_hz = null } = pane.region ?? {};
  const ends = withEnd(pane.region, end, pane.time_s, pane.duration_s);
  pane.regionTool?.set({ ...ends, low_hz, high_hz });
  events.emit("marked", { pane });
  await snapEnds(pane, [end]);
}

/**
 * Begin a region at the playhead, or end it if the last press began one.
 * @param {Pane} pane
 */
export function markNext(pane) {
  const { sound } = pane;
  if (!sound) return Promise.resolve();
  if (begun.delete(sound) && pane.region) return mark(pane, "end_s");
  begun.add(sound);
  pane.regionTool?.set(null);
  return mark(pane, "start_s");
}
