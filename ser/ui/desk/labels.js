// The labels of the open clip: the annotator's own, those of others once it is labelled, and their history.
const clock = (time) => {
  const date = new Date(time);
  const day = date.toDateString() === new Date().toDateString() ? {} : { day: "numeric", month: "short" };
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
};

function describe(label) {
  const grades = [INTENSITIES[label.intensity - 1], CONFIDENCES[label.confidence - 1]];
  const about = label.start_s === null ? null : seconds(label.start_s, label.end_s);
  return [emotionName(label.emotion), ...grades, about, label.note && `“${label.note}”`].filter(Boolean).join(", ");
}

function drawGiven() {
  const labels = visit?.labels || [];
  const order = [...labels].sort((one, other) => (other.annotator === annotator) - (one.annotator === annotator) || (one.time < other.time ? -1 : 1));
  const list = dom.node("ul", {}, ...order.map(labelLine));
  const parts = [];
  if (labels.length || visit?.hidden) parts.push(dom.node("h4", { textContent: "Labels of this clip" }), list);
  if (visit?.hidden) parts.push(dom.node("p", { className: "hint", textContent: `${plural(visit.hidden, "label")} by others, hidden until you label.` }));
  if (labels.length) parts.push(historyFold());
  slot("given").replaceChildren(...parts);
  drawConflict();
}

function labelLine(label) {
  const own = label.annotator === annotator;
  const words = dom.node("span", { className: "words" }, dot(label.emotion), isolated(describe(label)));
  const by = dom.node("span", { className: "by" }, own ? "you" : isolated(label.annotator), label.time ? `, ${clock(label.time)}` : "");
  const line = dom.node("li", { className: own ? "own" : "" }, words, by);
  if (!own) return line;
  if (label.start_s !== null) line.append(button("Show", () => showRegion(label)));
  const remover = dom.node("button", { type: "button", className: "delete", textContent: "×", ariaLabel: `Delete my label ${emotionName(label.emotion)}`, title: "Delete (Undo restores it)" });
  remover.addEventListener("click", () => remove(label));
  line.append(remover);
  return line;
}

// Select the region of a label again; keys then change this label.
function showRegion(label) {
  const pane = window.inspect?.panes?.[0];
  if (!pane) return;
  pane.region = { low_hz: null, high_hz: null, start_s: label.start_s, end_s: label.end_s };
  pane.redraw();
  window.inspect.emit("region", { pane });
  chooseSpan("region");
}

function historyFold() {
  const list = dom.node("ol");
  const fold = dom.node("details", { className: "history" }, dom.node("summary", { textContent: "History" }), list);
  const now = visit;
  fold.addEventListener("toggle", async () => {
    if (!fold.open) return;
    const answer = await ask("label_history", { request: now.request, clip: now.clip, others: SETTINGS.others });
    const lines = (answer?.changes || []).map(({ before, after, annotator: who, time }) => {
      const what = !after ? `deleted ${describe(before)}` : before ? `${describe(before)} → ${describe(after)}` : describe(after);
      return dom.node("li", {}, dom.node("time", { dateTime: time, textContent: clock(time) }), " ", isolated(who), ": ", isolated(what));
    });
    list.replaceChildren(...(lines.length ? lines : [dom.node("li", { textContent: answer ? answer.problem || "No changes yet." : SILENT })]));
  });
  return fold;
}

// The same annotator changed the label elsewhere meanwhile: show both versions and the choice.
function drawConflict() {
  const letter = visit?.conflict;
  slot("conflict").hidden = !letter;
  if (!letter) return slot("conflict").replaceChildren();
  const { wanted, stored } = letter.conflict;
  const content = (label) => (label ? [dot(label.emotion), dom.node("b", {}, isolated(describe(label)))] : [dom.node("b", { textContent: "deleted" })]);
  const at = (label) => (label?.time ? ` at ${clock(label.time)}` : "");
  const version = (words, label, key, action) => dom.node("div", { className: "version" }, dom.node("p", {}, `${words}: `, ...content(label)), keyButton(key, action));
  slot("conflict").replaceChildren(
    dom.node("p", { textContent: `You ${stored ? "labelled this clip" : "deleted this label"} elsewhere${at(stored)}. Which version should stay?` }),
    version("Yours, not saved", letter.kind === "delete" ? null : wanted, ["Keep mine", "K"], () => endConflict(true)),
    version("The other, saved", stored, ["Keep the other", "O"], () => endConflict(false)),
  );
}

function keyButton([words, key], action) {
  const node = dom.node("button", { type: "button", className: "small-button" }, words, " ", dom.node("kbd", { textContent: key }));
  node.addEventListener("click", action);
  return node;
}

function endConflict(keepMine) {
  const [now, letter] = [visit, visit?.conflict];
  if (!letter) return;
  const { wanted, stored } = letter.conflict;
  now.conflict = null;
  forget(letter);
  now.labels = now.labels.filter(({ id }) => id !== wanted.id);
  if (!keepMine) refreshVisit(now);
  else if (letter.kind === "delete") foresee(now, post("delete", stored, now));
  else foresee(now, post("write", stored ? { ...wanted, id: stored.id, revision: stored.revision } : { ...wanted, id: newId(), revision: 0 }, now));
  drawUnsent();
  drawVisit();
}
