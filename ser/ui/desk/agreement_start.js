// When the section counts: as it is opened, when a label changes, when asked, and for what others do every few seconds.
const LOOK_MS = 6000; // how often to ask whether others changed something
const SOON_MS = 400; // labels that come one after the other are counted once
const ANSWER_MS = 60000;
const REST = 10; // a count of very many labels is not repeated before it has paused so many times as long
const MIN_CLIPS = 10; // clips
let version = null;
let number = 0;
let took_ms = 0;
let timer;

const isOpen = () => slot("whole").open;
const remembered = (name) => window.remembered?.get(name) ?? null;

function asking() {
  // The desk shows the name also in a browser that may keep nothing.
  const annotator = document.querySelector('#annotate [data-slot="annotator"]')?.textContent || remembered("annotator");
  return { browser: remembered("browser"), annotator, others: remembered("label-others") === "yes" };
}

async function count({ anew = false } = {}) {
  clearTimeout(timer);
  if (!isOpen()) return;
  const mine = ++number;
  if (anew) version = null;
  if (version === null) say("Counting…");
  slot("whole").setAttribute("aria-busy", String(version === null));
  const began_ms = performance.now();
  const lost = new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  const answer = await window.answerTo(Promise.race([server.labels_agreement({ ...asking(), version }), lost]));
  if (mine !== number) return;
  slot("whole").removeAttribute("aria-busy");
  complain(answer.problem);
  if (!answer.problem && answer.version !== version) draw(answer);
  took_ms = performance.now() - began_ms;
  timer = setTimeout(lookAgain, Math.max(LOOK_MS, REST * took_ms));
}

const lookAgain = () => (document.hidden || !element.checkVisibility() ? (timer = setTimeout(lookAgain, LOOK_MS)) : count());

function complain(words = "") {
  slot("problem").textContent = words;
  slot("problem").hidden = !words;
  if (words) [version] = [null, say("")];
}

function say(...words) {
  slot("lead").replaceChildren(...words);
}

function draw(answer) {
  ({ version } = answer);
  say(...lead(answer));
  drawFigures(answer);
  drawTables(answer);
  drawDiffer(answer);
}

function lead({ annotators, clips, labels, regions }) {
  const names = annotators.flatMap((name, i) => [i ? (i < annotators.length - 1 ? ", " : " and ") : "", said(name)]);
  const rest = regions ? ` ${plural(regions, "label")} of regions ${regions === 1 ? "is" : "are"} not counted: only labels of whole clips are.` : "";
  if (!annotators.length) return [`Nobody has labelled a whole clip yet.${rest} Agreement needs two people who label the same clips, each under their own name.`];
  if (annotators.length === 1) return [`Only `, ...names, ` has labelled so far: let a second person label the same clips under another name, or import their labels above.${rest}`];
  if (!clips) return [...names, ` have no clip in common yet: label clips that another has labelled.${rest}`];
  const few = clips < MIN_CLIPS ? " So few say little yet." : "";
  return [...names, `: ${plural(clips, "clip")} with two labels or more, ${labels.toLocaleString("en")} labels in all.${few}${rest}`];
}

slot("whole").addEventListener("toggle", () => count());
slot("again").addEventListener("click", () => count({ anew: true }));
window.addEventListener("labels-changed", () => {
  clearTimeout(timer);
  timer = setTimeout(count, Math.max(SOON_MS, took_ms));
});
watch("takes", () => isOpen() && count({ anew: true }));
