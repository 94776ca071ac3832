// The events and keys of the desk, and how it starts.
function listenToForm() {
  slot("who").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = slot("who").elements.annotator.value.trim().replace(/\s+/g, " ");
    if (!name) return;
    annotator = name;
    memory.set("annotator", name);
    problem();
    slot("who").hidden = true;
    slot("annotator").textContent = name;
    toQueue();
    refreshVisit();
    version = null;
    readNews();
  });
  act("rename").addEventListener("click", () => {
    slot("who").elements.annotator.value = annotator;
    askName();
  });
  slot("emotions").addEventListener("click", ({ target, detail }) => {
    const node = target.closest("[data-emotion]");
    if (node) give({ emotion: node.dataset.emotion });
    if (detail) toQueue(); // after a mouse click, keys go to the queue; with the keyboard, focus stays here
  });
  slot("grades").addEventListener("click", ({ target, detail }) => {
    const { grade, value } = target.closest("[data-grade]")?.dataset || {};
    if (grade) give({ [grade]: (mine() || visit.draft)[grade] === Number(value) ? null : Number(value) });
    if (grade && detail) toQueue();
  });
  for (const node of element.querySelectorAll("[data-span]")) node.addEventListener("click", () => chooseSpan(node.dataset.span));
  slot("note").addEventListener("change", () => give({ note: slot("note").value.trim() }));
  slot("note").addEventListener("keydown", (event) => {
    if (event.key === "Escape") slot("note").value = mine()?.note || "";
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    toQueue(); // leaving the field saves the note
  });
  slot("search").addEventListener("keydown", ({ key }) => ["Enter", "Escape"].includes(key) && toQueue());
  for (const [name, action] of Object.entries({ previous: () => step(-1), next: () => step(1), enter: () => step(1), undo: () => undoOrRedo(false), redo: () => undoOrRedo(true) })) {
    act(name).addEventListener("click", action);
  }
  for (const box of element.querySelectorAll("[data-setting]")) {
    const name = box.dataset.setting;
    box.checked = SETTINGS[name];
    box.addEventListener("change", () => {
      SETTINGS[name] = box.checked;
      memory.set(`label-${name}`, box.checked ? "yes" : "no");
      refreshVisit();
    });
  }
}

const toQueue = () => slot("rows").focus({ preventScroll: true });

function addKeys() {
  const add = (key, words, action) => window.shortcuts?.add("inspect", key, words, action);
  Object.entries(desk.emotions).forEach(([code, name], i) => add(String(i + 1), `label: ${name}`, () => give({ emotion: code })));
  add("enter", "open the next clip of the queue", () => step(1));
  add("arrowdown", "open the next clip of the queue", () => step(1));
  add("arrowup", "open the previous clip of the queue", () => step(-1));
  add("e", "intensity: weak, medium, strong, none", () => cycle("intensity"));
  add("s", "how sure: a guess, fairly sure, certain, none", () => cycle("confidence"));
  add("a", "label the whole clip, or the region", () => chooseSpan(visit?.span === "region" ? "whole" : "region"));
  add("n", "write a note", () => slot("note").focus());
  add("f", "find a clip by its name", () => slot("search").focus());
  add("k", "keep my version of a label that was changed elsewhere", () => endConflict(true));
  add("o", "keep the other version", () => endConflict(false));
  add("delete", "delete my label of this clip", () => mine() && remove(mine()));
  add("u", "undo my last change", () => undoOrRedo(false));
  add("shift+u", "redo it", () => undoOrRedo(true));
  add("ctrl+z", "undo my last change", () => undoOrRedo(false));
  add("ctrl+shift+z", "redo it", () => undoOrRedo(true));
  add("ctrl+y", "redo it", () => undoOrRedo(true));
}

function fillDesk() {
  if (FINGERS) slot("state").textContent = "Choose a clip in the queue below, listen, then tap what you hear.";
  const options = (node, choices) => node.replaceChildren(...choices.map(([value, textContent]) => dom.node("option", { value, textContent })));
  options(slot("source"), desk.sources.map(({ name, title }) => [name, title]));
  options(slot("format"), Object.entries(props.formats));
  slot("where").textContent = desk.where;
  slot("where").classList.toggle("warning", !desk.kept);
  slot("annotator").textContent = annotator;
  slot("who").hidden = Boolean(annotator);
}

function followViewer() {
  if (!window.inspect?.open) return void setTimeout(followViewer, 100);
  window.inspect.on("open", ({ pane }) => follow(pane));
  window.inspect.on("region", () => drawSpan());
  const pane = window.inspect.panes?.[0];
  if (pane?.sound) follow(pane);
  else if (visit) openInViewer(visit.request);
}

async function start() {
  desk = await ask("desk_about");
  if (!desk || desk.problem) {
    problem(desk?.problem || SILENT);
    desk = null;
    return void setTimeout(start, CALM_MS);
  }
  problem();
  fillDesk();
  makeForm();
  readOutbox();
  listenToForm();
  listenToQueue();
  listenToFiles();
  listenToOutbox();
  addKeys();
  drawVisit();
  send();
  const sources = desk.sources.map(({ name }) => name);
  const lastSource = memory.get("label-source");
  followViewer();
  await openSource(sources.includes(lastSource) && !desk.folder ? lastSource : sources[0]);
}

start();
