// @ts-check
// Opens a sound in the Inspect tab: from any button with data-inspect='{"kind": …, "key": …, "name": …}', or by the
// address ?tab=inspect&clip=1001_DFA_ANG_XX, which is kept up to date with the open clip of the data set.
import { openTab } from "../page/shortcuts.js";

const LOOK_MS = 50;
const address = () => new URL(location.href);

// A tab is drawn only when it is first opened.
function viewer() {
  return new Promise((resolve) => {
    const look = () => (window.inspect?.open ? resolve(window.inspect) : setTimeout(look, LOOK_MS));
    look();
  });
}

export async function openInInspect(request, options = {}) {
  openTab("inspect");
  return (await viewer()).open(request, { place: "top", play: false, ...options });
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-inspect]");
  if (button) openInInspect(JSON.parse(button.dataset.inspect));
});

function follow({ pane }) {
  const url = address();
  if (url.searchParams.get("tab") !== "inspect" || pane !== window.inspect.panes[0]) return;
  if (pane.sound?.kind === "clip") url.searchParams.set("clip", pane.sound.key);
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

document.addEventListener(
  "click",
  ({ target }) => target.closest?.('[role="tab"][data-tab-id="inspect"]') && begin(),
);
