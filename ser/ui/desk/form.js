// The form: one key chooses an emotion, which is saved at once. The other fields may come before or after it.
const EMPTY = { emotion: null, intensity: null, confidence: null, note: "" };
const arriving = new Set(); // keys of clips that the queue is opening in the viewer
let opening;
let hiding = false; // whether the network's scores are hidden
let giving = 0; // changes that wait for the labels of their clip, before they are in the outbox

function beginVisit(request, row) {
  const now = { request, row, clip: null, labels: [], hidden: 0, draft: { ...EMPTY }, span: "whole", token: null, needed: false };
  [visit, begun] = [now, true];
  element.classList.add("open");
  tell("");
  now.ready = later(LATER_MS).then(() => (now === visit || now.needed ? loadVisit(now) : null));
  drawQueue();
  drawVisit();
  drawUnsent();
  return now;
}

async function loadVisit(now) {
  const answer = await ask("clip_labels", { request: now.request, others: SETTINGS.others });
  now.problem = answer ? answer.problem || null : SILENT;
  if (answer?.clip) {
    Object.assign(now, { clip: answer.clip, labels: answer.labels, hidden: answer.hidden });
    for (const letter of ours()) {
      if (letter.label.clip_key !== now.request.key) continue;
      if (letter.conflict) now.conflict = letter;
      else foresee(now, letter);
    }
  }
  if (now === visit) drawVisit();
}

// Load the labels again: others may have changed them, or hidden ones may be shown now.
async function refreshVisit(now = visit) {
  if (now) await loadVisit(now);
}

// The picture follows the queue after a moment: clips that are only skipped over are not fetched.
function openRow(index) {
  const row = rows[index];
  if (!row) return;
  openRequest({ kind: row.kind, key: row.key, name: row.name }, index);
}

function openRequest(request, row = rowOf(request)) {
  const now = beginVisit(request, row);
  clearTimeout(opening);
  opening = setTimeout(() => now === visit && openInViewer(request), LATER_MS);
}

async function openInViewer(request) {
  if (!window.inspect?.open) return; // followViewer opens it when the viewer is ready
  arriving.add(request.key);
  try {
    await window.inspect.open(request, { place: "top", play: SETTINGS.play });
  } finally {
    arriving.delete(request.key);
  }
}

// A clip that is opened in the viewer by other means becomes the clip to label.
function follow(pane) {
  const { sound } = pane;
  if (!sound?.key || pane !== window.inspect.panes[0]) return;
  if (visit && visit.request.kind === sound.kind && visit.request.key === sound.key) {
    visit.token = sound.token;
    hideScores();
    return drawSpan();
  }
  if (arriving.has(sound.key)) return; // the annotator has moved on
  const row = rowOf(sound);
  beginVisit({ kind: sound.kind, key: sound.key, name: sound.name }, row).token = sound.token;
  const at = shown.indexOf(row);
  if (at >= 0) keepInSight(at);
}

// ---- giving a label

function region() {
  const pane = window.inspect?.panes?.[0];
  return pane && visit?.token && pane.token === visit.token ? pane.region || null : null;
}

function span(now = visit) {
  const chosen = now && now === visit && now.span === "region" ? region() : null;
  return chosen ? { start_s: chosen.start_s, end_s: chosen.end_s } : { start_s: null, end_s: null };
}

const mine = (now = visit, at = span(now)) => now?.labels.find((label) => label.annotator === annotator && sameSpan(label, at));
const isBroken = (now) => Boolean(now.problem && now.problem !== SILENT);

async function give(change) {
  const now = visit;
  if (!annotator) return askName("Enter your name first: it is stored with each label.");
  if (!now) return tell("Choose a clip first.");
  const at = span(now);
  Object.assign(now.draft, change);
  now.needed = true;
  drawForm();
  giving++;
  await now.ready.finally(() => giving--);
  if (isBroken(now)) return drawVisit();
  const own = mine(now, at);
  const unchanged = own && Object.entries(change).every(([name, value]) => own[name] === value);
  if (own || now.draft.emotion) {
    const label = own ? { ...own, ...change } : { ...now.draft, ...at, id: newId(), annotator, revision: 0 };
    now.draft = { ...EMPTY };
    if (!unchanged) foresee(now, post("write", label, now));
  }
  if (now !== visit) return;
  drawVisit();
  if (change.emotion && SETTINGS.advance) step(1);
}

function remove(label, now = visit) {
  foresee(now, post("delete", label, now));
  drawVisit();
}

// Show a change before the server has it.
function foresee(now, { kind, label }) {
  const index = now.labels.findIndex(({ id }) => id === label.id);
  if (kind === "delete") now.labels = now.labels.filter(({ id }) => id !== label.id);
  else if (index >= 0) now.labels[index] = { ...label, state: "waiting" };
  else now.labels = [...now.labels, { ...label, state: "waiting" }];
  paintRow(now.request.key, now.labels.find((other) => other.annotator === annotator && other.start_s === null)?.emotion || now.labels.find((other) => other.annotator === annotator)?.emotion);
  drawQueue();
}

// The server has answered. The annotator may have moved on or come back to the clip meanwhile.
function settle(letter, answer) {
  const visits = new Set([letter.visit, visit].filter((now) => now?.request.key === letter.request.key));
  for (const now of visits) settleIn(now, letter, answer);
  window.dispatchEvent(new CustomEvent("labels-changed"));
}

function settleIn(now, letter, answer) {
  if (answer.label) {
    const later = outbox.some(({ label }) => label.id === letter.label.id);
    const index = now.labels.findIndex(({ id }) => id === letter.label.id);
    const saved = { ...answer.label, clip_key: letter.request.key };
    if (index >= 0) now.labels[index] = later ? { ...now.labels[index], revision: saved.revision } : { ...saved, state: "saved" };
  }
  if (answer.conflict) now.conflict = letter;
  if (now !== visit) return;
  drawVisit();
  if (!answer.conflict && now.hidden) refreshVisit(now);
}

async function undoOrRedo(redo) {
  if (!annotator) return askName("Enter your name first: it is stored with each label.");
  while (giving) await later(LATER_MS); // a key that was just pressed is the last change
  await send();
  if (unsent().length) return tell("The app does not answer: undo works again when it does.");
  const answer = await ask("label_undo", { redo, source });
  if (!answer || answer.problem) return tell(answer?.problem || SILENT);
  if (!answer.change) return tell(redo ? "Nothing to redo." : "Nothing to undo.");
  const { name, emotion } = answer.change;
  const state = emotion ? ` is now ${emotionName(emotion)}` : ": label removed";
  if (answer.row !== null && answer.row !== visit?.row) openRow(answer.row);
  else await refreshVisit();
  tell(`${redo ? "Redone" : "Undone"}: ${name}${state}.`);
  readNews();
  window.dispatchEvent(new CustomEvent("labels-changed"));
}

// A key goes through the grades: weak, medium, strong, none.
function cycle(name) {
  const now = (mine() || visit?.draft || EMPTY)[name];
  give({ [name]: now === 3 ? null : (now || 0) + 1 });
}

function chooseSpan(name) {
  if (!visit) return;
  visit.span = name === "region" && region() ? "region" : "whole";
  visit.draft = { ...EMPTY };
  drawVisit();
}

// ---- drawing it

function makeForm() {
  const emotions = Object.entries(desk.emotions).map(([code, name], i) => {
    const node = dom.node("button", { type: "button" }, dom.node("kbd", { textContent: i + 1 }), dot(code), name);
    Object.assign(node.dataset, { emotion: code });
    node.ariaPressed = "false";
    return node;
  });
  slot("emotions").replaceChildren(...emotions);
  const grade = (name, words, key, steps) => {
    const choices = steps.map((step, i) => {
      const node = dom.node("button", { type: "button", textContent: step, ariaPressed: "false" });
      Object.assign(node.dataset, { grade: name, value: i + 1 });
      return node;
    });
    const group = dom.node("div", { className: "grade", role: "group", ariaLabel: words });
    group.append(dom.node("span", { className: "name" }, `${words} `, dom.node("kbd", { textContent: key })), ...choices);
    return group;
  };
  slot("grades").replaceChildren(grade("intensity", "Intensity", "E", INTENSITIES), grade("confidence", "How sure", "S", CONFIDENCES));
}

function drawVisit() {
  slot("clip").replaceChildren(isolated(visit ? visit.request.name : "No clip is open"));
  drawSpan();
  drawState();
  drawGiven();
  drawSteps();
  hideScores();
}

// Hide the network's scores from annotators until they label, to avoid bias, unless they choose to see them. Without a
// name entered, scores are shown.
function hideScores() {
  // The viewer may still show the previous clip.
  const labelled = visit?.token && visit.labels.some((label) => label.annotator === annotator);
  const hide = Boolean(annotator && visit && !visit.problem && !labelled && !SETTINGS.scores);
  if (hide === hiding || !window.inspect?.hideScores) return;
  hiding = hide;
  window.inspect.hideScores(hide);
}

function drawForm() {
  const now = { ...(mine() || {}), ...Object.fromEntries(Object.entries(visit?.draft || EMPTY).filter(([, value]) => value)) };
  for (const node of element.querySelectorAll("[data-emotion]")) node.ariaPressed = String(node.dataset.emotion === now.emotion);
  for (const node of element.querySelectorAll("[data-grade]")) node.ariaPressed = String(Number(node.dataset.value) === now[node.dataset.grade]);
  if (document.activeElement !== slot("note")) slot("note").value = now.note || "";
  for (const node of element.querySelectorAll("[data-emotion], [data-grade], [data-slot=note]")) node.disabled = !visit || isBroken(visit);
}

function drawSpan() {
  const chosen = region();
  const [whole, part] = element.querySelectorAll("[data-span]");
  if (visit?.span === "region" && !chosen) visit.span = "whole";
  whole.ariaPressed = String(visit?.span !== "region");
  part.ariaPressed = String(visit?.span === "region");
  part.disabled = !chosen;
  part.textContent = chosen ? seconds(chosen.start_s, chosen.end_s) : "region: drag one first";
  drawForm();
}

function drawState() {
  const node = slot("state");
  const own = mine();
  node.className = "state";
  if (!visit) return;
  if (visit.problem && !own) {
    node.classList.add("failed");
    node.textContent = visit.problem;
  } else if (visit.conflict) {
    node.classList.add("failed");
    node.textContent = "Not saved: choose which version to keep.";
  } else if (!own) {
    node.textContent = visit.clip ? `Not labelled yet: ${FINGERS ? "tap what you hear" : "press 1 to 8"}.` : "Opening…";
  } else if (own.state === "waiting") {
    node.classList.add(tries ? "failed" : "waiting");
    node.replaceChildren(tries ? "Not saved yet: " : "Saving: ", emotionName(own.emotion));
  } else {
    node.classList.add("saved");
    node.replaceChildren(dom.node("span", { className: "tick", textContent: "✓" }), ` Saved: ${describe(own)}`);
  }
}

function tell(words) {
  slot("told").textContent = words;
  slot("told").hidden = !words;
}

function askName(words) {
  slot("who").hidden = false;
  if (words) problem(words);
  slot("who").elements.annotator.focus();
}
