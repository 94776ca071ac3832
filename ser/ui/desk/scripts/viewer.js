// @ts-check
// The viewer beside the desk, which this page has once it is drawn.

/** @import { Viewer, Visit } from "./types.d.ts" */

const LOOK_MS = 100;

/** @returns {Viewer | undefined} */
export const viewer = () => (window.inspect?.open ? window.inspect : undefined);

/** The pane that the annotator labels. */
export const pane = () => viewer()?.panes?.[0];

/** Play the clip that the annotator labels. */
export function playTop() {
  const top = pane();
  if (top) viewer()?.player.play(top);
}

/** @returns {Promise<Viewer>} */
export async function untilViewer() {
  for (;;) {
    const ready = viewer();
    if (ready) return ready;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/**
 * Show the annotator's labels on the track below the waveform, if the viewer shows their clip.
 * @param {Visit | null} visit
 * @param {string} annotator
 * @param {(code: string) => string} nameOf an emotion
 */
export function showLabels(visit, annotator, nameOf) {
  const [top, inspect] = [pane(), viewer()];
  if (!top || !inspect?.setLabels || (visit && visit.token !== top.token)) return;
  const own = (visit?.labels ?? []).filter((label) => !label.final && label.annotator === annotator);
  inspect.setLabels(
    top,
    own.map(({ id, start_s, end_s, emotion }) => ({
      ...{ id, start_s, end_s, code: emotion },
      words: nameOf(emotion),
    })),
  );
}
