// The viewer's keys, and how it starts.

function addViewerKeys() {
  const add = (key, words, action) => window.shortcuts?.add("inspect", key, words, action);
  const onPane = (action) => () => window.inspect.current?.sound && action(window.inspect.current);
  add("+", "zoom in", onPane((pane) => zoomBy(pane, ZOOM_STEP)));
  add("=", "zoom in, without Shift", onPane((pane) => zoomBy(pane, ZOOM_STEP)));
  add("-", "zoom out", onPane((pane) => zoomBy(pane, 1 / ZOOM_STEP)));
  add("0", "show the whole clip", onPane((pane) => pane.setRange(0, longest_s())));
  add("z", "zoom to the region", onPane(zoomToRegion));
  add("c", "next colour map", () => chooseView({ colours: nextOf(Object.keys(COLOUR_MAPS), chosenView.colours) }));
  add("m", "next picture: as scored, whole clip, fine", () => chooseView({ kind: nextOf(Object.keys(PICTURES), chosenView.kind) }));
  add("[", "lower the floor: faint parts appear", () => chooseView({ floor_db: chosenView.floor_db - FLOOR.step }));
  add("]", "raise the floor: faint parts disappear", () => chooseView({ floor_db: chosenView.floor_db + FLOOR.step }));
  add("b", "show or close a second clip", toggleSecond);
}

function startViewer() {
  recallView();
  addPane("top");
  listenToChoices();
  listenToFiles();
  addViewerKeys();
  const { inspect } = window;
  inspect.on("time", followHead);
  inspect.on("view", ({ pane }) => drawViewGroup(pane));
  inspect.on("region", ({ pane }) => {
    drawViewGroup(pane);
    pane.redraw();
  });
  window.addEventListener("theme-changed", () => {
    for (const pane of inspect.panes) pane.readInk(), pane.redraw();
  });
  inspect.close = closePane;
  inspect.open = openSound; // last: other scripts wait for it, and may then use everything
}

startViewer();
