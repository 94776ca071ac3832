// The queue: the clips of a source, which of them are shown and in what order, and what changed about them.
const BUSY_MS = 1500; // how often to ask for news while clips are being read and scored
const CALM_MS = 6000; // and while only other annotators can change something
const ENDS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
let source = "";
let rows = []; // of the source: name, key, known (hashed), entropy, trouble, mine, others, differ
let shown = []; // indices of rows, as the server arranged them
let since = 0; // number of the latest news
let version = null; // of the labels shown
let begun = false; // whether the annotator works through the list in its present order
let unsorted = 0; // scores that arrived after the clips were sorted
let sourceNumber = 0; // of the latest call of openSource
let rowsNumber = 0; // of the call that loaded the rows: indices of rows belong to it
let listNumber = 0;
let newsTimer;

async function openSource(name) {
  const number = ++sourceNumber;
  source = name;
  memory.set("label-source", name);
  const answer = await ask("queue_rows", { source });
  if (number !== sourceNumber) return;
  if (!answer || answer.problem) return showTrouble(answer, () => number === sourceNumber && openSource(name));
  rowsNumber = number;
  rows = answer.names.map((name, i) => ({ name, key: answer.keys[i], kind: answer.kind, known: false, entropy: null, margin: null, trouble: null, mine: "", others: 0, differ: false }));
  shown = shown.filter((index) => rows[index]); // until the order is known
  if (visit) visit.row = rowOf(visit.request);
  [since, version, unsorted] = [0, null, 0];
  slot("source").value = name;
  await readNews();
  if (number === sourceNumber) await rearrange({ keepPlace: true });
}

function rowOf({ kind, key }) {
  const index = rows.findIndex((row) => row.kind === kind && row.key === key);
  return index < 0 ? null : index;
}

function showTrouble(answer, again) {
  problem(answer?.problem || SILENT);
  if (!answer) setTimeout(again, CALM_MS);
}

// The rows stay in place while the annotator works through them: only a new filter or order, or a click, sorts them again.
async function rearrange({ keepPlace = false } = {}) {
  const number = ++listNumber;
  const of = sourceNumber;
  const view = { source, show: slot("show").value, order: slot("order").value, search: slot("search").value };
  const answer = await ask("queue_order", view);
  if (number !== listNumber || of !== rowsNumber) return;
  if (!answer || answer.problem) return showTrouble(answer, () => rearrange({ keepPlace }));
  problem();
  // The server may have a take that this page does not have yet.
  [shown, unsorted] = [answer.order.filter((index) => rows[index]), 0];
  const index = shown.indexOf(visit?.row);
  if (!keepPlace) [begun, slot("rows").scrollTop] = [index === 0, 0]; // a new order starts at the top
  else if (index >= 0) keepInSight(index);
  drawQueue();
}

// ---- news: hashes, scores, labels of others

async function readNews() {
  clearTimeout(newsTimer);
  const of = sourceNumber;
  const answer = of === rowsNumber ? await ask("queue_news", { source, since, version }) : undefined;
  if (of === rowsNumber && answer && !answer.problem) takeNews(answer);
  if (answer && visit?.problem === SILENT) refreshVisit(); // it answers again
  if (answer && unsent().length) send();
  clearTimeout(newsTimer);
  newsTimer = setTimeout(lookAgain, answer?.progress?.busy ? BUSY_MS : CALM_MS);
}

const lookAgain = () => (document.hidden || !element.checkVisibility() ? (newsTimer = setTimeout(lookAgain, BUSY_MS)) : readNews());

function takeNews({ changes, labels, progress, ...now }) {
  ({ since, version } = now);
  for (const [i, known, entropy, margin, trouble] of changes) {
    if (!rows[i]) continue;
    if (entropy !== null && rows[i].entropy === null) unsorted++;
    Object.assign(rows[i], { known, entropy, margin, trouble });
  }
  if (labels) {
    for (const row of rows) Object.assign(row, { mine: "", others: 0, differ: false });
    for (const [i, mine, others, differ] of labels) Object.assign(rows[i] || {}, { mine, others, differ });
    for (const { label } of outbox) if (label) paintRow(label.clip_key, label.emotion);
  }
  drawNews(progress);
  drawQueue();
}

const byScores = () => ["entropy", "margin"].includes(slot("order").value) || slot("show").value === "unsure";

function drawNews(progress) {
  const parts = [];
  if (progress.busy && progress.hashed < progress.all) parts.push(`reading the clips: ${progress.hashed.toLocaleString("en")} of ${progress.all.toLocaleString("en")}`);
  else if (progress.busy) parts.push(`scored by the network: ${progress.scored.toLocaleString("en")} of ${progress.all.toLocaleString("en")}`);
  if (desk.outside && source === "folder") parts.push(`${plural(desk.outside, "link")} leading out of the folder ignored`);
  slot("news").textContent = parts.join(" · ");
  if (!unsorted || !byScores()) return;
  if (visit?.row == null) return void rearrange(); // the annotator has not started on the list
  const again = dom.node("button", { type: "button", className: "link", textContent: `Sort again: ${unsorted.toLocaleString("en")} newly scored` });
  again.addEventListener("click", () => rearrange({ keepPlace: true }));
  slot("news").append(parts.length ? " · " : "", again);
}

// ---- the list: only the visible rows are in the page

function drawQueue() {
  const done = rows.filter(({ mine }) => mine).length;
  slot("done").textContent = `${done.toLocaleString("en")} of ${rows.length.toLocaleString("en")} labelled`;
  Object.assign(slot("bar"), { max: rows.length || 1, value: done });
  const body = slot("body");
  const list = slot("rows");
  body.style.height = `${ROW * shown.length}px`;
  const first = Math.max(0, Math.floor(list.scrollTop / ROW) - SPARE);
  const last = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + SPARE);
  const nodes = [];
  for (let i = first; i < last; i++) nodes.push(drawRow(shown[i], i));
  if (!shown.length) nodes.push(dom.node("p", { className: "nothing-fits", textContent: nothingShown() }));
  body.replaceChildren(...nodes);
  list.setAttribute("role", shown.length ? "listbox" : "group"); // a listbox must have an option
  const opened = nodes.find(({ ariaSelected }) => ariaSelected === "true");
  if (opened) list.setAttribute("aria-activedescendant", opened.id);
  else list.removeAttribute("aria-activedescendant");
  drawSteps();
}

function nothingShown() {
  if (!rowsNumber) return ""; // not loaded yet
  if (rows.length) return "No matching clips.";
  return source === "sitting" ? "Recordings from the Record tab appear here." : "There are no sound files here.";
}

function drawRow(index, place) {
  const row = rows[index];
  const node = dom.node("div", { className: "row", id: `queue-row-${index}`, role: "option", ariaSelected: String(index === visit?.row) });
  node.style.top = `${ROW * place}px`;
  node.dataset.index = index;
  node.ariaPosInSet = place + 1;
  node.ariaSetSize = shown.length;
  const name = dom.node("span", { className: "name", title: row.name }, isolated(row.name));
  const facts = dom.node("span", { className: "facts" });
  if (row.trouble) {
    node.classList.add("broken");
    name.title = row.trouble;
    facts.append("cannot be read");
  } else if (row.mine) {
    facts.append(dot(row.mine), emotionName(row.mine));
  } else if (row.entropy !== null && byScores()) {
    facts.append(unsureWords(row));
  }
  const mark = row.trouble ? "!" : row.mine ? "✓" : "";
  if (row.others) facts.append(dom.node("span", { className: row.differ ? "others differ" : "others", title: row.differ ? "Annotators differ" : "Also labelled by others", textContent: row.differ ? `${row.others + (row.mine ? 1 : 0)} differ` : `+${row.others}` }));
  node.append(dom.node("span", { className: "mark", textContent: mark }), name, facts);
  return node;
}

// The measure that the list is ordered by.
function unsureWords({ entropy, margin }) {
  const close = slot("order").value === "margin";
  const [title, textContent] = close
    ? ["Between the network's two highest scores", `${Math.round(100 * margin)}% apart`]
    : ["How evenly the network's scores are spread", `${Math.round(100 * entropy)}% unsure`];
  return dom.node("span", { className: "unsure", title, textContent });
}

// Show a label in the list before the server has it.
function paintRow(key, emotion) {
  const row = rows.find((other) => other.key === key);
  if (row) row.mine = emotion || "";
}

function keepInSight(place) {
  const list = slot("rows");
  const top = ROW * place;
  if (top < list.scrollTop) list.scrollTop = top;
  if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
}

function step(by) {
  if (!shown.length) return;
  const now = begun || by < 0 ? shown.indexOf(visit?.row ?? -1) : -1; // a new order starts at the top
  const next = now < 0 && Number.isFinite(by) ? 0 : Math.min(shown.length - 1, Math.max(0, now + by));
  if (next === now) return tell(by > 0 ? "This is the last clip of the queue." : "This is the first clip of the queue.");
  keepInSight(next);
  openRow(shown[next]);
}

function drawSteps() {
  const now = shown.indexOf(visit?.row ?? -1);
  act("previous").disabled = now <= 0;
  act("next").disabled = !shown.length || (begun && now === shown.length - 1);
  act("enter").disabled = act("next").disabled;
}

function listenToQueue() {
  let typing;
  let frame;
  slot("source").addEventListener("change", () => openSource(slot("source").value));
  for (const name of ["show", "order"]) slot(name).addEventListener("change", () => rearrange());
  slot("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(rearrange, 150);
  });
  slot("rows").addEventListener("scroll", () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(drawQueue);
  });
  slot("body").addEventListener("click", ({ target }) => {
    const row = target.closest("[data-index]");
    if (row) openRow(Number(row.dataset.index));
  });
  slot("rows").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in ENDS)) return;
    event.preventDefault();
    step(ENDS[event.key]);
  });
  new ResizeObserver(drawQueue).observe(slot("rows"));
  watch("sitting", () => source === "sitting" && openSource("sitting"));
}
