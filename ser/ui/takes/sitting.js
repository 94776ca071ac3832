// The side panel with the takes. The server draws the list again on every change; this script then restores what only
// the page knows: which take plays, which are chosen, whether the panel is open, and a name that is being typed.
const WIDE = window.matchMedia("(min-width: 1180px)");
const UNDO_MS = 10000;
const root = element.closest("#sitting") ?? element; // not replaced when the list is drawn
const all = (selector) => [...element.querySelectorAll(selector)];
const one = (selector) => element.querySelector(selector);
const rowOf = (node) => node.closest("[data-id]");
const remembered = window.remembered || { get: () => null, set: () => {} };

// On a wide screen, the panel is open next to the Record tab until it is closed. Other tabs need the space, and so do
// small screens: there it opens only on request.
const TABS = Object.values(window.shortcuts.TABS);
const tabOf = (node) => node?.closest?.('[role="tab"][data-tab-id]')?.dataset.tabId;
let tab = tabOf(document.querySelector('[role="tab"][aria-selected="true"]')) ?? "record";
const isOpen = () => ["beside", "over"].includes(root.dataset.takes);

function setOpen(open) {
  if (WIDE.matches) root.dataset.takes = open ? "beside" : "edge";
  else root.dataset.takes = open ? "over" : "corner";
  paintOpen();
}

const resetOpen = () => setOpen(WIDE.matches && tab === "record" && remembered.get("takes") !== "closed");

document.addEventListener("click", ({ target }) => {
  const chosen = tabOf(target);
  if (!TABS.includes(chosen) || chosen === tab) return;
  tab = chosen;
  resetOpen();
});

function paintOpen() {
  for (const button of all('[data-do="toggle"]')) button.setAttribute("aria-expanded", String(isOpen()));
}

function toggle() {
  setOpen(!isOpen());
  if (WIDE.matches && tab === "record") remembered.set("takes", isOpen() ? null : "closed");
  one(isOpen() ? ".close" : ".toggle").focus({ preventScroll: true });
}

// Playing, one take at a time.
const player = new Audio();
let playing = null;

function play(id) {
  const button = one(`li[data-id="${CSS.escape(id)}"] .play`);
  const stop = playing === id;
  player.pause();
  playing = stop || !button ? null : id;
  if (playing) {
    player.src = button.dataset.sound;
    tell("");
    player.play().catch((error) => error.name === "AbortError" || unplayable(id, button.dataset.sound));
  }
  paintPlaying();
}

function paintPlaying() {
  for (const button of all(".play")) button.setAttribute("aria-pressed", String(rowOf(button).dataset.id === playing));
}

async function unplayable(id, address) {
  if (playing === id) playing = null;
  paintPlaying();
  tell(await window.takes.whySilent(address));
}

player.addEventListener("ended", () => {
  playing = null;
  paintPlaying();
});
// A take stops other players on the page when it plays, and the other way round.
document.addEventListener("play", ({ target }) => target !== player && playing && play(playing), true);
player.addEventListener("play", () => document.querySelectorAll("audio").forEach((other) => other.pause()));

function tell(words) {
  const status = one(".told");
  status.textContent = words;
  status.hidden = !words;
}

// Comparing at most two takes: a third choice replaces the first. The comparison is on the Record tab.
const SIDE_BY_SIDE = 2;
let chosen = [];
let compared = [];

function choose(id, isChosen) {
  chosen = chosen.filter((other) => other !== id);
  if (isChosen) chosen = [...chosen, id].slice(-SIDE_BY_SIDE);
  paintChosen();
}

function paintChosen() {
  const ids = all("li[data-id]").map((row) => row.dataset.id);
  chosen = chosen.filter((id) => ids.includes(id));
  for (const box of all(".choose input")) box.checked = chosen.includes(rowOf(box).dataset.id);
  const words = ["Choose two to compare", "Choose one more", "Two chosen"];
  if (one(".chosen")) {
    one(".chosen").textContent = words[chosen.length];
    one('[data-do="compare"]').disabled = chosen.length < SIDE_BY_SIDE;
  }
}

function compare(ids, show) {
  compared = ids;
  window.takes.compared = { ids, show };
  window.dispatchEvent(new CustomEvent("takes-compared"));
  if (!show) return;
  window.shortcuts?.openTab("record");
  if (!WIDE.matches) setOpen(false);
}

// Shared with the comparison: why a take cannot be played.
window.takes = {
  compared: { ids: [], show: false },
  async whySilent(address) {
    const answer = await window.answerTo(fetch(address, { headers: { Range: "bytes=0-0" } }));
    if (answer.problem) return answer.problem;
    if (answer.ok) return "This browser cannot play this kind of file. Its scores are still valid.";
    return `The sound of this take was deleted: the app deletes recordings within ${props.hours} hours. Its scores are still valid.`;
  },
};

// Deleting one take. It can be restored for a moment, which is extended while the pointer or focus is on Undo.
let undoFor = null;
let undoTimer = 0;

function paintUndo() {
  const offer = one(".undo");
  const id = offer?.dataset.id ?? null;
  if (id === undoFor) return;
  undoFor = id;
  waitForUndo();
}

function waitForUndo() {
  clearTimeout(undoTimer);
  if (undoFor) undoTimer = setTimeout(() => trigger("take_forget", { id: undoFor }), UNDO_MS);
}

// A resting pointer under which Undo appears does not count, nor does the focus after a click.
const holdsUndo = ({ target, type }) => target.closest(".undo") && (type === "pointermove" || target.matches(":focus-visible"));
for (const type of ["pointermove", "focusin"])
  element.addEventListener(type, (event) => holdsUndo(event) && clearTimeout(undoTimer));
for (const type of ["pointerout", "focusout"])
  element.addEventListener(type, ({ target }) => target.closest(".undo") && waitForUndo());

// Where the recordings are kept, and for how long.
function privacy() {
  const host = location.hostname.replace(/^\[|\]$/g, "");
  const local = /^(localhost|127(\.\d+){3}|::1)$|\.localhost$/.test(host);
  return local
    ? "This list exists only on this page. Nothing leaves this computer and nothing is kept: a reload empties the list."
    : `This list exists only on this page. Recordings go to ${location.host} to be scored. They are deleted within ` +
        `${props.hours} hours, when the app stops, or as soon as you delete the take.`;
}

function paintTimes() {
  const today = new Date().toDateString();
  for (const time of all("time")) {
    const date = new Date(time.dateTime);
    const clock = { hour: "2-digit", minute: "2-digit" };
    const day = date.toDateString() === today ? {} : { day: "numeric", month: "short" };
    time.textContent = date.toLocaleString([], { ...day, ...clock });
    time.title = date.toLocaleString();
  }
}

// Drawing the list replaces every node, so the focus and a name that is being typed are restored.
let focused = null;
let typed = null;
element.addEventListener("focusin", ({ target }) => (focused = target.dataset.key ?? null));
element.addEventListener("focusout", ({ target }) => {
  if (target.isConnected) focused = typed = null;
});

function putBackFocus() {
  if (!focused || element.contains(document.activeElement)) return;
  const same = one(`[data-key="${CSS.escape(focused)}"]`);
  const next = focused.startsWith("delete-") ? one(".undo button") : focused === "undo" ? one("ol.takes") : one(".close");
  (same || next)?.focus({ preventScroll: true });
  if (same && typed) {
    same.value = typed.value;
    same.setSelectionRange(typed.at, typed.at);
  }
}

function rename(input) {
  typed = null;
  if (input.value.trim() && input.value !== input.defaultValue)
    trigger("take_rename", { id: rowOf(input).dataset.id, name: input.value });
  else input.value = input.defaultValue;
}

element.addEventListener("input", ({ target }) => {
  if (target.matches(".name")) typed = { value: target.value, at: target.selectionStart };
});
element.addEventListener("change", ({ target }) => {
  if (target.matches(".name")) rename(target);
  if (target.matches(".choose input")) choose(rowOf(target).dataset.id, target.checked);
});
element.addEventListener("keydown", (event) => {
  if (event.target.matches(".name") && ["Enter", "Escape"].includes(event.key)) {
    if (event.key === "Escape") event.target.value = event.target.defaultValue;
    event.target.blur();
    event.stopPropagation();
  } else if (event.key === "Escape" && !WIDE.matches && isOpen() && !one("dialog[open]")) toggle();
});

const DO = {
  toggle,
  play: (button) => play(rowOf(button).dataset.id),
  delete(button) {
    const { id } = rowOf(button).dataset;
    if (playing === id) play(id);
    trigger("take_delete", { id });
  },
  undo: () => trigger("take_undo"),
  compare: () => compare(chosen, true),
  csv: () => trigger("takes_export", { kind: "csv" }),
  json: () => trigger("takes_export", { kind: "json" }),
  ask: () => one("dialog.ask").showModal(),
};
element.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-do]");
  if (button) DO[button.dataset.do](button);
});
element.addEventListener("submit", (event) => {
  if (event.submitter.value !== "delete") return;
  if (playing) play(playing);
  trigger("takes_delete");
});

function paint() {
  one(".privacy").textContent = privacy();
  paintOpen();
  paintTimes();
  paintPlaying();
  paintChosen();
  paintUndo();
  putBackFocus();
  if (compared.length) compare(compared, false); // a take may have been renamed or deleted
}

resetOpen();
WIDE.addEventListener("change", resetOpen);
watch("value", paint);
watch("file", () => props.file && dom.saveFile(props.file.name, props.file.text));
window.shortcuts?.add(null, "t", "show or hide the takes of this session", toggle);
paint();
