// Pointer and wheel on a pane: tools come first, and what they do not use zooms and pans.
const TAP_PX = 6;
const EDGE_PX = 6; // around an edge of the box on the overview
const WHEEL_ZOOM = 0.0025; // of the logarithm, per pixel
const LINE_PX = 18; // some mice report lines, some pages

function listenToPointer(pane) {
  const { canvas } = pane;
  const fingers = new Map(); // pointers that are down, by id
  let held = null; // { move(event, x, y), up(event, x, y) } until the pointer is lifted
  let pinch = null;

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (!pane.sound || event.button === 2) return;
    const [x, y] = at(event);
    makeCurrent(pane);
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

  canvas.addEventListener("pointermove", (event) => {
    if (!pane.sound) return;
    const [x, y] = at(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, { x, y });
    if (pinch && fingers.size === 2) pinch([...fingers.values()]);
    else held?.move(event, x, y);
    if (event.pointerType !== "touch") point(pane, x, y);
    canvas.style.cursor = held?.grabs ? "grabbing" : hoverCursor(pane, x, y);
  });

  const lift = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    const [x, y] = at(event);
    if (!pinch) held?.up(event, x, y);
    held = null;
    if (!fingers.size) pinch = null;
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  // A lifted finger leaves as well, but the readout of what it tapped must stay.
  canvas.addEventListener("pointerleave", ({ pointerType }) => pointerType !== "touch" && !fingers.size && point(pane, null));
  canvas.addEventListener("dblclick", (event) => {
    if (pane.sound && areaAt(pane, ...at(event)) === "overview") pane.setRange(0, longest_s());
  });
  canvas.addEventListener("wheel", (event) => pane.sound && turn(pane, event, at(event)[0]), { passive: false });
}

const within = (area, x, y) => x >= area.x && x <= area.x + area.width && y >= area.y && y <= area.y + area.height;

function areaAt(pane, x, y) {
  const { plot, areas } = pane;
  if (within(plot, x, y)) return "plot";
  if (within(areas.overview, x, y)) return "overview";
  if (within(areas.wave, x, y)) return "wave";
  return y > plot.y + plot.height ? "axis" : null;
}

// ---- which tool takes a press

function takenBy(pane, event, x, y) {
  const area = areaAt(pane, x, y);
  if (area === "overview") return dragOverview(pane, x);
  if (area === "axis" || event.altKey || event.button === 1) return dragView(pane, x);
  // A press on the waveform counts as one at the same time in the middle of the picture.
  const place = (givenY) => (area === "wave" ? pane.plot.y + pane.plot.height / 2 : givenY);
  for (const tool of [...pane.tools].reverse()) {
    if (!tool.down(event, x, place(y))) continue;
    return { move: (later, toX, toY) => tool.move(later, toX, place(toY)), up: (later, toX, toY) => tool.up(later, toX, place(toY)) };
  }
  if (area !== "plot" && area !== "wave") return null;
  return dragView(pane, x, () => tap(pane, x, y));
}

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
    up: (event) => !moved && event.type === "pointerup" && tapped(),
  };
}

// A tap moves the playhead there and shows the readout.
function tap(pane, x, y) {
  window.inspect.player?.seek(pane, pane.xToTime(x));
  point(pane, x, y);
}

// On the overview, drag the box or resize it by an edge; a press outside the box moves it there first.
function dragOverview(pane, x) {
  const { overview } = pane.areas;
  const [left, right] = viewBox(pane);
  const whole = longest_s();
  const time = (atX) => clampTo(((atX - overview.x) / overview.width) * whole, 0, whole);
  const { start_s, end_s } = pane.range;
  if (Math.abs(x - left) <= EDGE_PX && right - left > 4 * EDGE_PX)
    return { grabs: true, move: (event, toX) => pane.setRange(Math.min(time(toX), end_s - MIN_RANGE_S), end_s), up() {} };
  if (Math.abs(x - right) <= EDGE_PX && right - left > 4 * EDGE_PX)
    return { grabs: true, move: (event, toX) => pane.setRange(start_s, Math.max(time(toX), start_s + MIN_RANGE_S)), up() {} };
  if (x < left || x > right) pane.pan(time(x) - (start_s + end_s) / 2);
  const from = { time_s: time(x), start_s: pane.range.start_s };
  return { grabs: true, move: (event, toX) => pane.pan(from.start_s + time(toX) - from.time_s - pane.range.start_s), up() {} };
}

// Two fingers: the sound between them stays between them.
function beginPinch(pane, [one, other]) {
  const apart = (a, b) => Math.max(20, Math.hypot(a.x - b.x, a.y - b.y));
  const from = { apart: apart(one, other), time_s: pane.xToTime((one.x + other.x) / 2), length_s: pane.range.end_s - pane.range.start_s };
  return ([a, b]) => {
    const length = clampTo((from.length_s * from.apart) / apart(a, b), MIN_RANGE_S, longest_s());
    const share = ((a.x + b.x) / 2 - pane.plot.x) / pane.plot.width;
    pane.setRange(from.time_s - share * length, from.time_s + (1 - share) * length);
  };
}

// ---- wheel: zooms at the pointer, or pans with Shift or sideways. At an end of the range it scrolls the page.
function turn(pane, event, x) {
  const unit = [1, LINE_PX, pane.plot.width][event.deltaMode];
  const sideways = event.shiftKey ? event.deltaX || event.deltaY : Math.abs(event.deltaX) > Math.abs(event.deltaY) && event.deltaX;
  const before = { ...pane.range };
  if (sideways) {
    pane.pan(((sideways * unit) / pane.plot.width) * (before.end_s - before.start_s));
  } else {
    const share = clampTo((x - pane.plot.x) / pane.plot.width, 0, 1);
    pane.zoom(Math.exp(-clampTo(event.deltaY * unit, -300, 300) * WHEEL_ZOOM), share);
  }
  if (event.ctrlKey || before.start_s !== pane.range.start_s || before.end_s !== pane.range.end_s) event.preventDefault();
  if (!pane.moved) return;
  const [, y] = [x, event.clientY - pane.canvas.getBoundingClientRect().top];
  point(pane, x, y);
}

// ---- the cursor

function point(pane, x, y) {
  const area = x === null ? null : areaAt(pane, x, y);
  const inside = area === "plot" || area === "wave";
  for (const each of window.inspect.panes) {
    if (!each.sound || (!inside && !each.cursor)) continue;
    each.cursor = inside ? { time_s: pane.xToTime(x), hz: area === "plot" ? pane.yToHz(y) : null } : null;
    each.redraw();
  }
}

function hoverCursor(pane, x, y) {
  const area = areaAt(pane, x, y);
  if (area === "overview") {
    const edges = viewBox(pane);
    return edges.some((edge) => Math.abs(edge - x) <= EDGE_PX) ? "ew-resize" : "grab";
  }
  if (area === "axis") return "grab";
  if (area === "wave") return "crosshair";
  for (const tool of [...pane.tools].reverse()) {
    const cursor = tool.cursor?.(x, y);
    if (cursor) return cursor;
  }
  return "";
}
