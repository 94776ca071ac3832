// @ts-check
// Pointer and wheel on a pane: tools come first, and what they do not use zooms and pans.
import { MIN_RANGE_S, within } from "./coordinates.js";
import { clamp } from "./numbers.js";
import { viewBox } from "./strips.js";

const TAP_PX = 6;
const EDGE_PX = 6; // around an edge of the box on the overview
const WHEEL_ZOOM = 0.0025; // of the logarithm, per pixel
const LINE_PX = 18; // some mice report lines, some pages

/** @typedef {import("./pane.js").Pane} Pane */
/** @typedef {{ x: number, y: number }} Point */

/**
 * What happens until the pointer is lifted.
 * @typedef {object} Hold
 * @property {boolean} [grabs] the pointer is shown as a hand
 * @property {(event: PointerEvent, x: number, y: number) => void} move
 * @property {(event: PointerEvent, x: number, y: number) => void} up
 */

/** @param {Pane} pane */
export function listenToPointer(pane) {
  const { canvas, scope } = pane;
  /** @type {Map<number, Point>} */
  const fingers = new Map(); // pointers that are down, by id
  /** @type {Hold | null} */
  let held = null;
  /** @type {((points: Point[]) => void) | null} */
  let pinch = null;

  /** @param {MouseEvent} event */
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  scope.listen(canvas, "pointerdown", (event) => {
    if (!pane.sound || event.button === 2) return;
    const [x, y] = at(event);
    pane.viewer.makeCurrent(pane);
    fingers.set(event.pointerId, { x, y });
    canvas.setPointerCapture(event.pointerId);
    if (fingers.size === 2) {
      held = null;
      pinch = beginPinch(pane, [...fingers.values()]);
    } else if (fingers.size === 1) {
      held = takenBy(pane, event, x, y);
    }
    if (event.button === 1) event.preventDefault(); // no automatic scrolling
  });

  scope.listen(canvas, "pointermove", (event) => {
    if (!pane.sound) return;
    const [x, y] = at(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, { x, y });
    if (pinch && fingers.size === 2) pinch([...fingers.values()]);
    else held?.move(event, x, y);
    if (event.pointerType !== "touch") point(pane, x, y);
    canvas.style.cursor = held?.grabs ? "grabbing" : hoverCursor(pane, x, y);
  });

  /** @param {PointerEvent} event */
  const lift = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    const [x, y] = at(event);
    if (!pinch) held?.up(event, x, y);
    held = null;
    if (!fingers.size) pinch = null;
  };
  scope.listen(canvas, "pointerup", lift);
  scope.listen(canvas, "pointercancel", lift);
  // A lifted finger leaves as well, but the readout of what it tapped must stay.
  scope.listen(canvas, "pointerleave", ({ pointerType }) => {
    if (pointerType !== "touch" && !fingers.size) pointNowhere(pane);
  });
  scope.listen(canvas, "dblclick", (event) => {
    const [x, y] = at(event);
    if (pane.sound && areaAt(pane, x, y) === "overview") pane.setRange(0, pane.viewer.longest_s);
  });
  const turned = (/** @type {WheelEvent} */ event) => {
    const [x, y] = at(event);
    if (pane.sound) turn(pane, event, x, y);
  };
  scope.listen(canvas, "wheel", turned, { passive: false });
}

/**
 * @param {Pane} pane
 * @param {number} x
 * @param {number} y
 */
function areaAt(pane, x, y) {
  const { plot, areas } = pane;
  if (within(plot, x, y)) return "plot";
  if (within(areas.overview, x, y)) return "overview";
  if (within(areas.wave, x, y)) return "wave";
  return y > plot.y + plot.height ? "axis" : null;
}

// ---- which tool takes a press

/**
 * @param {Pane} pane
 * @param {PointerEvent} event
 * @param {number} x
 * @param {number} y
 * @returns {Hold | null}
 */
function takenBy(pane, event, x, y) {
  const area = areaAt(pane, x, y);
  if (area === "overview") return dragOverview(pane, x);
  if (area === "axis" || event.altKey || event.button === 1) return dragView(pane, x);
  // A press on the waveform counts as one at the same time in the middle of the picture.
  const place = (/** @type {number} */ givenY) =>
    area === "wave" ? pane.plot.y + pane.plot.height / 2 : givenY;
  for (const tool of [...pane.presses].reverse()) {
    if (!tool.down(event, x, place(y))) continue;
    return {
      move: (later, toX, toY) => tool.move(later, toX, place(toY)),
      up: (later, toX, toY) => tool.up(later, toX, place(toY)),
    };
  }
  if (area !== "plot" && area !== "wave") return null;
  return dragView(pane, x, () => tap(pane, x, y));
}

/**
 * @param {Pane} pane
 * @param {number} x
 * @param {() => void} [tapped]
 * @returns {Hold}
 */
function dragView(pane, x, tapped = () => {}) {
  let last = x;
  let moved = false;
  return {
    grabs: true,
    move(event, toX) {
      moved ||= Math.abs(toX - x) > TAP_PX;
      if (!moved) return;
      pane.pan(((last - toX) / pane.plot.width) * (pane.range.end_s - pane.range.start_s));
      last = toX;
    },
    up(event) {
      if (!moved && event.type === "pointerup") tapped();
    },
  };
}

/**
 * A tap moves the playhead there and shows the readout.
 * @param {Pane} pane
 * @param {number} x
 * @param {number} y
 */
function tap(pane, x, y) {
  pane.viewer.player.seek(pane, pane.xToTime(x));
  point(pane, x, y);
}

/**
 * On the overview, drag the box or resize it by an edge; a press outside the box moves it there first.
 * @param {Pane} pane
 * @param {number} x
 * @returns {Hold}
 */
function dragOverview(pane, x) {
  const { overview } = pane.areas;
  const [left, right] = viewBox(pane);
  const whole = pane.viewer.longest_s;
  const time = (/** @type {number} */ atX) => clamp(((atX - overview.x) / overview.width) * whole, 0, whole);
  const hold = (/** @type {(to_s: number) => void} */ move) => ({
    grabs: true,
    move: (/** @type {PointerEvent} */ event, /** @type {number} */ toX) => move(time(toX)),
    up() {},
  });
  const { start_s, end_s } = pane.range;
  const wide = right - left > 4 * EDGE_PX;
  if (wide && Math.abs(x - left) <= EDGE_PX)
    return hold((to_s) => pane.setRange(Math.min(to_s, end_s - MIN_RANGE_S), end_s));
  if (wide && Math.abs(x - right) <= EDGE_PX)
    return hold((to_s) => pane.setRange(start_s, Math.max(to_s, start_s + MIN_RANGE_S)));
  if (x < left || x > right) pane.pan(time(x) - (start_s + end_s) / 2);
  const from = { time_s: time(x), start_s: pane.range.start_s };
  return hold((to_s) => pane.pan(from.start_s + to_s - from.time_s - pane.range.start_s));
}

/**
 * Two fingers: the sound between them stays between them.
 * @param {Pane} pane
 * @param {Point[]} fingers
 */
function beginPinch(pane, [one, other]) {
  const apart = (/** @type {Point} */ a, /** @type {Point} */ b) =>
    Math.max(20, Math.hypot(a.x - b.x, a.y - b.y));
  const from = {
    apart: apart(one, other),
    time_s: pane.xToTime((one.x + other.x) / 2),
    length_s: pane.range.end_s - pane.range.start_s,
  };
  return (/** @type {Point[]} */ [a, b]) => {
    const length = clamp((from.length_s * from.apart) / apart(a, b), MIN_RANGE_S, pane.viewer.longest_s);
    const share = ((a.x + b.x) / 2 - pane.plot.x) / pane.plot.width;
    pane.setRange(from.time_s - share * length, from.time_s + (1 - share) * length);
  };
}

/**
 * The wheel zooms at the pointer, or pans with Shift or sideways. At an end of the range it scrolls the page.
 * @param {Pane} pane
 * @param {WheelEvent} event
 * @param {number} x
 * @param {number} y
 */
function turn(pane, event, x, y) {
  const unit = [1, LINE_PX, pane.plot.width][event.deltaMode];
  const across = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
  const sideways = event.shiftKey ? event.deltaX || event.deltaY : across;
  const before = pane.range;
  if (sideways) {
    pane.pan(((sideways * unit) / pane.plot.width) * (before.end_s - before.start_s));
  } else {
    const share = clamp((x - pane.plot.x) / pane.plot.width, 0, 1);
    pane.zoom(Math.exp(-clamp(event.deltaY * unit, -300, 300) * WHEEL_ZOOM), share);
  }
  const changed = before.start_s !== pane.range.start_s || before.end_s !== pane.range.end_s;
  if (event.ctrlKey || changed) event.preventDefault();
  if (pane.moved) point(pane, x, y);
}

// ---- the cursor

/**
 * Show the readout of a place, or of none outside the picture.
 * @param {Pane} pane
 * @param {number} x
 * @param {number} y
 */
function point(pane, x, y) {
  const area = areaAt(pane, x, y);
  if (area !== "plot" && area !== "wave") return pointNowhere(pane);
  for (const each of pane.viewer.panes) {
    if (!each.sound) continue;
    each.cursor = { time_s: pane.xToTime(x), hz: area === "plot" ? pane.yToHz(y) : null };
    each.redraw();
  }
}

/** @param {Pane} pane */
function pointNowhere(pane) {
  for (const each of pane.viewer.panes) {
    if (!each.sound || !each.cursor) continue;
    each.cursor = null;
    each.redraw();
  }
}

/**
 * @param {Pane} pane
 * @param {number} x
 * @param {number} y
 */
function hoverCursor(pane, x, y) {
  const area = areaAt(pane, x, y);
  if (area === "overview")
    return viewBox(pane).some((edge) => Math.abs(edge - x) <= EDGE_PX) ? "ew-resize" : "grab";
  if (area === "axis") return "grab";
  if (area === "wave") return "crosshair";
  for (const tool of [...pane.presses].reverse()) {
    const cursor = tool.cursor(x, y);
    if (cursor) return cursor;
  }
  return "";
}
