// The annotator's desk: what all its scripts share. A visit is one clip as the annotator opened it. Keys pressed during a
// visit belong to its clip, even if the next clip is open by the time the server answers.
const ROW = 34; // pixels; desk.css has the same
const SPARE = 10; // rows drawn above and below the visible ones
const LATER_MS = 80; // a clip that is only skipped over is not opened
const ANSWER_MS = 15000; // after that a request counts as lost
const FINGERS = matchMedia("(pointer: coarse)").matches;
const INTENSITIES = ["weak", "medium", "strong"];
const CONFIDENCES = ["a guess", "fairly sure", "certain"];

const slot = (name) => element.querySelector(`[data-slot="${name}"]`);
const act = (name) => element.querySelector(`[data-act="${name}"]`);
// Names and notes in right-to-left scripts must not reverse the text around them.
const isolated = (textContent) => dom.node("bdi", { textContent });
const memory = window.remembered || { get: () => null, set: () => {} };

let desk = null; // read once: where labels are kept, sources, emotions, formats
let annotator = memory.get("annotator") || "";
let visit = null;

const SETTINGS = { advance: false, play: true, scores: false, others: false };
for (const name of Object.keys(SETTINGS)) {
  const stored = memory.get(`label-${name}`);
  if (stored) SETTINGS[name] = stored === "yes";
}

// Identifies this browser's labels. If the browser stores nothing, the id lasts as long as the page.
const browser = memory.get("browser") || newId();
memory.set("browser", browser);

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const later = (wait_ms) => new Promise((resolve) => setTimeout(resolve, wait_ms));

// Call a server function; the result is undefined if the server does not answer.
async function ask(name, fields = {}, wait_ms = ANSWER_MS) {
  try {
    return await Promise.race([server[name]({ browser, annotator, sitting: props.sitting?.token || null, ...fields }), later(wait_ms)]);
  } catch {
    return undefined; // the request was lost
  }
}

function problem(words = "") {
  slot("problem").textContent = words;
  slot("problem").hidden = !words;
}

const SILENT = "The app does not answer. Is it still running? Your labels are kept in this browser until it does.";
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const emotionName = (code) => desk.emotions[code] || code;
const colourOf = (code) => (["OTH", "UNC"].includes(code) ? "var(--muted)" : `var(--emotion-${code})`);
const seconds = (start_s, end_s) => `${start_s.toFixed(2)} to ${end_s.toFixed(2)} s`;

function dot(code) {
  const node = dom.node("span", { className: "dot", ariaHidden: "true" });
  node.style.setProperty("--colour", colourOf(code));
  return node;
}

function sameSpan(one, other) {
  const near = (a, b) => (a === null || b === null ? a === b : Math.abs(a - b) < 0.0005);
  return near(one.start_s, other.start_s) && near(one.end_s, other.end_s);
}
