// @ts-check
// Starts the viewer: its keys, and window.inspect, through which the desk, the Inspect tab and the tests use it.
import * as shortcuts from "../../page/shortcuts.js";
import { COLOUR_MAPS } from "./colours.js";
import { Emitter } from "./events.js";
import { Opening } from "./open.js";
import { FLOOR, PICTURES, nextOf } from "./picture_choices.js";
import { Scope } from "./scope.js";
import { choose, listenToToolbar } from "./toolbar.js";
import { addToolKeys } from "./tools/keys.js";
import { setLabels } from "./tools/label_track.js";
import { goOnFrom } from "./tools/region/phrases.js";
import { Viewer } from "./viewer.js";
import { ZOOM_STEP, followHead, zoomBy, zoomToRegion } from "./zoom.js";

/** @typedef {import("./pane.js").Pane} Pane */

// One viewer a page. Those who listen through window.inspect stay when it is started again.
/** @type {Emitter<import("./events.js").ViewerEvents>} */
const events = new Emitter();
let running = new Scope();

/** @param {Widget} widget */
export function start(widget) {
  running.end();
  running = new Scope();
  const viewer = new Viewer(widget, running, events);
  const opening = new Opening(viewer);
  viewer.opening = opening;
  viewer.choices.recall();
  opening.addPane("top");
  listenToToolbar(viewer);
  opening.listen();
  addViewerKeys(viewer, opening);
  addToolKeys(viewer);
  running.on(events, "time", followHead);
  running.listen(window, "takes-gone", (event) =>
    opening.forget(/** @type {CustomEvent<string[]>} */ (event).detail),
  );
  running.listen(window, "theme-changed", () => {
    for (const pane of viewer.panes) {
      pane.readInk();
      pane.draw(); // at once: the page may be about to be printed
    }
  });
  // All at once: other scripts wait for `open`, and may then use everything.
  window.inspect = {
    get panes() {
      return viewer.panes;
    },
    get current() {
      return viewer.current;
    },
    on: events.on.bind(events),
    emit: events.emit.bind(events),
    player: viewer.player,
    goOnFrom,
    setLabels,
    hideScores(/** @type {boolean} */ hide) {
      if (viewer.hiding.hidden === Boolean(hide)) return;
      viewer.hiding.hidden = Boolean(hide);
      events.emit("scores", { hidden: viewer.hiding.hidden });
    },
    close: opening.closePane.bind(opening),
    open: opening.openSound.bind(opening),
  };
}

/**
 * @param {Viewer} viewer
 * @param {Opening} opening
 */
function addViewerKeys(viewer, opening) {
  const { choices } = viewer;
  const add = (/** @type {string} */ key, /** @type {string} */ words, /** @type {() => void} */ action) =>
    shortcuts.add("inspect", key, words, action);
  const onPane = (/** @type {(pane: Pane) => void} */ action) => () => {
    if (viewer.current?.sound) action(viewer.current);
  };
  const moveFloor = (/** @type {number} */ by_db) => choose(viewer, { floor_db: choices.floor_db + by_db });
  add(
    "+",
    "zoom in",
    onPane((pane) => zoomBy(pane, ZOOM_STEP)),
  );
  add(
    "=",
    "zoom in, without Shift",
    onPane((pane) => zoomBy(pane, ZOOM_STEP)),
  );
  add(
    "-",
    "zoom out",
    onPane((pane) => zoomBy(pane, 1 / ZOOM_STEP)),
  );
  add(
    "0",
    "show the whole clip",
    onPane((pane) => pane.setRange(0, viewer.longest_s)),
  );
  add("z", "zoom to the region", onPane(zoomToRegion));
  add("c", "next colour map", () =>
    choose(viewer, { colours: nextOf(Object.keys(COLOUR_MAPS), choices.colours) }),
  );
  add("m", "next picture: as scored, whole clip, fine", () =>
    choose(viewer, { kind: nextOf(Object.keys(PICTURES), choices.kind) }),
  );
  add("{", "lower the floor: faint parts appear", () => moveFloor(-FLOOR.step));
  add("}", "raise the floor: faint parts disappear", () => moveFloor(FLOOR.step));
  add("b", "show or close a second clip", () => opening.toggleSecond());
}
