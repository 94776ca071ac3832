// When the section is computed: when it is opened, when a label changes, on Update, and every few seconds for changes by
// other annotators.
const LOOK_MS = 6000; // how often to check for changes by others
const SOON_MS = 400; // wait for labels that follow each other quickly
const ANSWER_MS = 60000;
const REST = 10; // after a slow computation, pause this many times as long before the next
const MIN_CLIPS = 10; // clips
let version = null;
let number = 0;
let took_ms = 0;
let timer;

const isOpen = () => slot("whole").open;
const remembered = (name) => window.remembered?.get(name) ?? null;

function deskFields() {
  // Read the name from the desk, which has it even if the browser stores nothing.
  const annotator = document.querySelector('#annotate [data-slot="annotator"]')?.textContent || remembered("annotator");
  return { browser: remembered("browser"), annotator, others: remembered("label-others") === "yes" };
}

async function compute({ again = false } = {}) {
  clearTimeout(timer);
  if (!isOpen()) return;
  const ours = ++number;
  if (again) version = null;
  if (version === null) say("Computing…");
  slot("whole").setAttribute("aria-busy", String(version === null));
  const began_ms = performance.now();
  const lost = new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  const answer = await window.answerTo(Promise.race([server.labels_agreement({ ...deskFields(), version }), lost]));
  if (ours !== number) return;
  slot("whole").removeAttribute("aria-busy");
  complain(answer.problem);
  if (!answer.problem && answer.version !== version) draw(answer);
  took_ms = performance.now() - began_ms;
  timer = setTimeout(lookAgain, Math.max(LOOK_MS, REST * took_ms));
}

const lookAgain = () => (document.hidden || !element.checkVisibility() ? (timer = setTimeout(lookAgain, LOOK_MS)) : compute());

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
  const names = annotators.flatMap((name, i) => [i ? (i < annotators.length - 1 ? ", " : " and ") : "", isolated(name)]);
  const rest = regions ? ` ${plural(regions, "label")} of regions ${regions === 1 ? "is" : "are"} not included: only labels of whole clips are.` : "";
  if (!annotators.length) return [`Nobody has labelled a whole clip yet.${rest} Agreement needs two people who label the same clips, each under their own name.`];
  if (annotators.length === 1) return [`Only `, ...names, ` has labelled so far: let a second person label the same clips under another name, or import their labels above.${rest}`];
  if (!clips) return [...names, ` have no clips in common yet: label clips that someone else has labelled.${rest}`];
  const few = clips < MIN_CLIPS ? " That is too few to conclude much." : "";
  return [...names, `: ${plural(clips, "clip")} with two labels or more, ${labels.toLocaleString("en")} labels in all.${few}${rest}`];
}

slot("whole").addEventListener("toggle", () => compute());
slot("again").addEventListener("click", () => compute({ again: true }));
window.addEventListener("labels-changed", () => {
  clearTimeout(timer);
  timer = setTimeout(compute, Math.max(SOON_MS, took_ms));
});
watch("takes", () => isOpen() && compute({ again: true }));
