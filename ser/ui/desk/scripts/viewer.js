// @ts-check
// The viewer beside the desk, which this page has once it is drawn.

/** @import { Viewer } from "./types.d.ts" */

const LOOK_MS = 100;

/** @returns {Viewer | undefined} */
export const viewer = () => (window.inspect?.open ? window.inspect : undefined);

/** The pane that the annotator labels. */
export const pane = () => viewer()?.panes?.[0];

/** @returns {Promise<Viewer>} */
export async function untilViewer() {
  for (;;) {
    const ready = viewer();
    if (ready) return ready;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
