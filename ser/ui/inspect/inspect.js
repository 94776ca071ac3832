// @ts-check
// Opens a sound in the Inspect tab: from any button with data-inspect='{"kind": …, "key": …, "name": …}', or by the
// address ?tab=inspect&clip=1001_DFA_ANG_XX, which is kept up to date with the open clip of the data set.
import { closest } from "../page/dom.js";
import { openTab } from "../page/shortcuts.js";

/** @typedef {{ kind: string, key: string, name: string, blind?: boolean }} SoundRequest */
/** @typedef {{ place?: "top" | "bottom", play?: boolean }} OpenOptions */

const LOOK_MS = 50;
const address = () => new URL(location.href);

/**
 * Wait for the viewer: a tab is drawn only when it is first opened.
 * @returns {Promise<NonNullable<Window["inspect"]>>}
 */
function viewer() {
  return new Promise((resolve) => {
    const look = () => (window.inspect?.open ? resolve(window.inspect) : setTimeout(look, LOOK_MS));
    look();
  });
}

/**
 * @param {SoundRequest} request
 * @param {OpenOptions} [options]
 */
export async function openInInspect(request, options = {}) {
  openTab("inspect");
  return (await viewer()).open(request, { place: "top", play: false, ...options });
}

document.addEventListener("click", ({ target }) => {
  const request = closest(target, "[data-inspect]")?.dataset.inspect;
  if (request) openInInspect(JSON.parse(request));
});

/** @param {{ pane: { sound?: SoundRequest | null } }} event a sound was opened in the pane */
function follow({ pane }) {
  const url = address();
  if (url.searchParams.get("tab") !== "inspect" || pane !== window.inspect?.panes[0]) return;
  const { sound } = pane;
  if (sound?.kind === "clip" && !sound.blind) url.searchParams.set("clip", sound.key);
  else url.searchParams.delete("clip");
  history.replaceState(history.state, "", url);
}

let following = false;
async function begin() {
  if (following) return;
  following = true;
  const inspect = await viewer();
  inspect.on("open", follow);
  const clip = address().searchParams.get("tab") === "inspect" && address().searchParams.get("clip");
  if (clip && !inspect.current?.sound)
    inspect.open({ kind: "clip", key: clip, name: clip }, { place: "top", play: false });
}

document.addEventListener("click", ({ target }) => {
  if (closest(target, '[role="tab"][data-tab-id="inspect"]')) begin();
});
