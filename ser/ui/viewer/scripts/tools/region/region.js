// @ts-check
// A region: a part of the sound, and optionally a pitch range, to drag, resize, move, play and score.
// Its ends are on whole milliseconds, which are whole samples, so it is played and scored exactly as shown.
import { within } from "../../coordinates.js";
import { clamp } from "../../numbers.js";
import { drawLines } from "../../picture.js";
import { snapEnds } from "./marking.js";
import { clipToPlot, drawChip } from "../chip.js";
import { edgesAt, shifted, tidy } from "./region_shape.js";

const CLICK = 4; // pixels: a press that moves less is a click
const BAND = 28; // pixels up or down that make a drag select a pitch range as well
const STEEP = 0.25; // ... if they are at least this share of the way sideways: hands do not draw straight lines
/** @type {Record<string, number>} */
const GRIP = { mouse: 6, pen: 10, touch: 18 }; // pixels around an edge that grab it
const CHIP = { top: 32, height: 20 }; // the handle to move it by, below that of the scored window
const EDGES = /** @type {const} */ ({ left: "start_s", right: "end_s", top: "high_hz", bottom: "low_hz" });

/** @typedef {import("../../pane.js").Pane} Pane */
/** @typedef {import("./region_shape.js").Region} Region */
/** @typedef {import("./region_shape.js").RegionDraft} RegionDraft */
/** @typedef {"new" | "move" | import("./region_shape.js").Edge[]} Held */

/**
 * @typedef {object} RegionParts
 * @property {(draft: RegionDraft | null) => void} set null clears it
 * @property {(region: Region, by_s: number) => void} shift
 * @property {(event: PointerEvent | null, x: number, y: number) => boolean} holds whether a press there moves or resizes it
 */
/** @typedef {import("../tool.js").Tool & RegionParts} RegionTool */

/**
 * @param {Pane} pane
 * @param {import("../../scope.js").Scope} _scope it sets up nothing that lasts
 * @returns {RegionTool}
 */
export function createRegion(pane, _scope) {
  const { player, events } = pane.viewer;
  /** @type {{ held: Held, x: number, y: number, before: Region | null, moved: boolean, box: boolean } | null} */
  let drag = null;

  /** @param {RegionDraft | null} draft */
  function set(draft) {
    const next = draft && tidy(draft, pane.duration_s);
    const old = pane.region;
    const moved = !next || !old || next.start_s !== old.start_s || next.end_s !== old.end_s;
    pane.region = next;
    if (next && moved && !player.isPlaying(pane)) pane.time_s = next.start_s;
    pane.redraw();
    events.emit("region", { pane, moved });
  }

  const shift = (/** @type {Region} */ region, /** @type {number} */ by_s) =>
    set(shifted(region, by_s, pane.duration_s));

  const holds = (
    /** @type {PointerEvent | null} */ event,
    /** @type {number} */ x,
    /** @type {number} */ y,
  ) => Boolean(heldAt(pane, x, y, reachOf(event)));

  /**
   * @param {number} x
   * @param {number} y
   */
  function follow(x, y) {
    if (!drag) return;
    const { held, before } = drag;
    const from = { time_s: pane.xToTime(drag.x), hz: pane.yToHz(drag.y) };
    const to = { time_s: pane.xToTime(x), hz: pane.yToHz(y) };
    if (held === "new") {
      const [across, up] = [Math.abs(x - drag.x), Math.abs(y - drag.y)];
      const band = drag.box || (up > BAND && up > STEEP * across);
      const [low_hz, high_hz] = band ? [from.hz, to.hz] : [null, null];
      set({ start_s: from.time_s, end_s: to.time_s, low_hz, high_hz });
    } else if (before && held === "move") {
      shift(before, to.time_s - from.time_s);
    } else if (before && held !== "move") {
      const changed = { ...before };
      for (const edge of held) changed[EDGES[edge]] = edge === "left" || edge === "right" ? to.time_s : to.hz;
      set(changed);
    }
  }

  /**
   * A click moves the playhead. Outside the region it also clears the region, as in Praat and Audacity.
   * @param {number} x
   * @param {number} y
   */
  function click(x, y) {
    if (!within(pane.plot, x, y)) return;
    const time_s = pane.xToTime(x);
    if (pane.region && (time_s < pane.region.start_s || time_s > pane.region.end_s)) set(null);
    player.seek(pane, time_s);
    pane.redraw();
  }

  /** @type {import("../../pane.js").Press} */
  const press = {
    name: "region",
    cursor: (x, y) =>
      cursorOf(heldAt(pane, x, y, GRIP.mouse)) ?? (within(pane.plot, x, y) ? "crosshair" : null),
    down(event, x, y) {
      const held = heldAt(pane, x, y, reachOf(event));
      if (!held && !(within(pane.plot, x, y) && mayDraw(pane, event))) return false;
      const before = pane.region && { ...pane.region };
      drag = { held: held ?? "new", x, y, before, moved: false, box: event.shiftKey };
      return true;
    },
    move(event, x, y) {
      if (!drag) return;
      drag.moved ||= Math.hypot(x - drag.x, y - drag.y) >= CLICK;
      if (drag.moved) follow(x, y);
    },
    up(event, x, y) {
      const done = drag;
      drag = null;
      if (!done) return;
      if (!done.moved) click(x, y);
      else {
        snapEnds(pane, endsOf(done.held));
        if (player.isPlaying(pane)) player.renew();
      }
    },
  };
  return { set, shift, holds, press, layer: { name: "region", z: 40, draw } };
}

/**
 * A finger draws a region only after Select was pressed; otherwise it moves the picture.
 * @param {Pane} pane
 * @param {PointerEvent} event
 */
const mayDraw = (pane, event) =>
  event.button === 0 &&
  !event.altKey &&
  !event.ctrlKey &&
  !event.metaKey &&
  (event.pointerType !== "touch" || pane.selecting);

/** @param {PointerEvent | null} event */
const reachOf = (event) => GRIP[event?.pointerType ?? "mouse"] ?? GRIP.mouse;

// ---- its place on the picture

/**
 * @param {Pane} pane
 * @param {Region} region
 */
function boxOf(pane, { start_s, end_s, low_hz, high_hz }) {
  const { plot } = pane;
  const base = plot.y + plot.height;
  return {
    left: pane.timeToX(start_s),
    right: pane.timeToX(end_s),
    top: high_hz === null ? plot.y : Math.max(plot.y, pane.hzToY(high_hz)),
    bottom: low_hz === null ? base : Math.min(base, pane.hzToY(low_hz)),
  };
}

/** @param {Region} region */
const words = ({ start_s, end_s }) => `${start_s.toFixed(3)}–${end_s.toFixed(3)} s`;

/**
 * @param {Pane} pane
 * @param {Region} region
 */
function chipOf(pane, region) {
  const { left, right, top } = boxOf(pane, region);
  const { plot } = pane;
  const width = Math.min(words(region).length * 6.6 + 30, plot.width);
  const x = clamp((left + right - width) / 2, plot.x, plot.x + plot.width - width);
  return { x, y: Math.max(plot.y + CHIP.top, top + 4), width, height: CHIP.height };
}

/**
 * Return the part of the region under the pointer: its handle, or edges.
 * @param {Pane} pane
 * @param {number} x
 * @param {number} y
 * @param {number} reach
 * @returns {Held | null}
 */
function heldAt(pane, x, y, reach) {
  const { region } = pane;
  if (!region) return null;
  const edges = edgesAt(boxOf(pane, region), x, y, reach, region.low_hz !== null);
  if (edges.length) return edges;
  return within(chipOf(pane, region), x, y) ? "move" : null;
}

/**
 * Return the ends of the region that a drag has moved, which may snap; a region that is moved as a whole keeps its length.
 * @param {Held} held
 * @returns {("start_s" | "end_s")[]}
 */
function endsOf(held) {
  if (held === "move") return [];
  if (held === "new") return ["start_s", "end_s"];
  return held.map((edge) => EDGES[edge]).filter((end) => end === "start_s" || end === "end_s");
}

/** @param {Held | null} held */
function cursorOf(held) {
  if (!held || held === "new") return null;
  if (held === "move") return "grab";
  if (held.length === 1) return ["left", "right"].includes(held[0]) ? "ew-resize" : "ns-resize";
  return ["left,top", "right,bottom"].includes(held.join()) ? "nwse-resize" : "nesw-resize";
}

// ---- drawing

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Pane} pane
 */
function draw(ctx, pane) {
  const { plot, region } = pane;
  if (!region) return;
  const { left, right, top, bottom } = boxOf(pane, region);
  const band = region.low_hz !== null;
  ctx.save();
  clipToPlot(ctx, plot);
  ctx.fillStyle = "rgb(255 255 255 / 14%)";
  ctx.fillRect(left, top, right - left, bottom - top);
  const lines = [left, right].map((x) => [x, top, x, bottom]);
  if (band) lines.push(...[top, bottom].map((y) => [left, y, right, y]));
  drawLines(ctx, lines, "rgb(0 0 0 / 70%)", 4);
  drawLines(ctx, lines, "#ffffff", 2);
  const middle = (Math.max(top, plot.y) + Math.min(bottom, plot.y + plot.height)) / 2;
  for (const x of [left, right]) drawKnob(ctx, x, middle);
  if (band) for (const y of [top, bottom]) drawKnob(ctx, (left + right) / 2, y);
  if (right > plot.x && left < plot.x + plot.width)
    drawChip(ctx, chipOf(pane, region), `⠿ ${words(region)}`, "#ffffff", "#191b22");
  ctx.restore();
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {number} x
 * @param {number} y
 */
function drawKnob(ctx, x, y) {
  ctx.beginPath();
  ctx.arc(x, y, 5, 0, 2 * Math.PI);
  ctx.fillStyle = "#ffffff";
  ctx.fill();
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = "rgb(0 0 0 / 70%)";
  ctx.stroke();
}
