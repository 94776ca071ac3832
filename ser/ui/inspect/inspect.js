// Opens a sound in the Inspect tab from anywhere: by a button with data-inspect='{"kind": …, "key": …, "name": …}',
// or by the address ?tab=inspect&clip=1001_DFA_ANG_XX, which follows the clip of the data set that is open there.
(() => {
  const LOOK_MS = 50;
  const address = () => new URL(location.href);

  // A tab is drawn when it is first opened.
  function viewer() {
    return new Promise((resolve) => {
      const look = () => (window.inspect?.open ? resolve(window.inspect) : setTimeout(look, LOOK_MS));
      look();
    });
  }

  async function open(request, options = {}) {
    window.shortcuts.openTab("inspect");
    return (await viewer()).open(request, { place: "top", play: false, ...options });
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-inspect]");
    if (button) open(JSON.parse(button.dataset.inspect));
  });

  function follow({ pane }) {
    const now = address();
    if (now.searchParams.get("tab") !== "inspect" || pane !== window.inspect.panes[0]) return;
    if (pane.sound?.kind === "clip") now.searchParams.set("clip", pane.sound.key);
    else now.searchParams.delete("clip");
    history.replaceState(history.state, "", now);
  }

  let followed = false;
  async function begin() {
    if (followed) return;
    followed = true;
    const inspect = await viewer();
    inspect.on("open", follow);
    const clip = address().searchParams.get("tab") === "inspect" && address().searchParams.get("clip");
    if (clip && !inspect.current?.sound) inspect.open({ kind: "clip", key: clip, name: clip }, { place: "top", play: false });
  }

  document.addEventListener("click", ({ target }) => target.closest?.('[role="tab"][data-tab-id="inspect"]') && begin());
  window.openInInspect = open;
})();
