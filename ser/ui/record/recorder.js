// The big Record button. It operates gradio's own recorder, whose buttons are hidden, and shows how loud the voice is.
// `window.take` describes the newest take; the server drops answers about older ones.
const box = element.querySelector(".recorder");
const big = box.querySelector(".big");
const file = box.querySelector("input[type=file]");
const meter = box.querySelector('[role="meter"]');

const FLOOR_DB = -60;
const QUIET_DB = Number(box.dataset.quietDb); // root mean square of the loudest tenth of a second
const CLIPPED = 0.99; // of full scale
const HOLD_MS = 2000; // a pause between words is not "too quiet", and the warning about a clipped word stays for a while
const ARRIVAL_MS = 120_000;
const LEVELS = {
  waiting: "Speak now",
  quiet: "Too quiet: move closer or speak up",
  good: "Good level",
  clipping: "Too loud, the sound is clipped: move back or speak more softly",
};
const WORDS = { idle: "Record", asking: "Allow the microphone…", recording: "Stop", sending: "Sending…" };

const inGradio = (selector) => document.querySelector(`#recorder ${selector}`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Wait for an element that gradio has yet to draw, which takes a moment.
async function when(selector, isReady = Boolean, ms = 10_000) {
  for (const end = performance.now() + ms; performance.now() < end; await pause(20))
    if (isReady(inGradio(selector))) break;
  return inGradio(selector);
}

function show(state) {
  box.dataset.state = state;
  big.querySelector(".word").textContent = WORDS[state];
  // aria-disabled instead of disabled, because a disabled button loses the keyboard focus.
  big.setAttribute("aria-disabled", String(state === "asking" || state === "sending"));
  const busy = state !== "idle";
  for (const other of document.querySelectorAll(".examples, .read-aloud, .recorder .other")) other.inert = busy;
}

// On a phone, the result may be off screen.
function lookAtResult() {
  if (window.askedEmotion) return; // the next sentence to say is above
  const reducesMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const { top, bottom } = document.querySelector("#result .verdict").getBoundingClientRect();
  // Scroll to the container: its content is replaced while the page scrolls.
  const container = document.getElementById("result");
  if (top < 0 || bottom > innerHeight) container.scrollIntoView({ block: "start", behavior: reducesMotion ? "auto" : "smooth" });
}

let ownClears = 0;

// Whether the click on gradio's Clear button that it just reported came from this script.
const wasOwnClear = () => ownClears > 0 && Boolean(ownClears--);

// Clear the old result immediately, so that nobody mistakes it for the new one.
function begin(source) {
  const { number = 0, spoken = 0 } = window.take ?? {};
  window.take = { number: number + 1, spoken: spoken + (source === "microphone"), source, asked: window.askedEmotion ?? null };
  for (const old of document.querySelectorAll("#result .result")) old.classList.add("stale");
  inGradio("audio[controls]")?.pause();
  const clear = inGradio(".top-panel > button:last-child");
  if (clear) ownClears += 1;
  clear?.click(); // otherwise the same file twice would not be a change
  trigger("begin", window.take);
  if (source !== "microphone") lookAtResult();
}

// Report a problem with the newest take; an error from the server about it is then ignored.
function report(problem) {
  window.take.told = true;
  trigger(problem, window.take);
}

async function choose(source) {
  const button = await when(`[data-testid="source-select"] button:${source}`);
  if (!button.classList.contains("selected")) button.click();
}

async function start() {
  show("asking");
  begin("microphone");
  if (!navigator.mediaDevices?.getUserMedia) {
    window.dispatchEvent(new CustomEvent("microphone-failed", { detail: "insecure" }));
    return;
  }
  await when("audio[controls][src]", (player) => !player);
  await choose("last-child");
  (await when(".record-button")).click();
}

async function stop() {
  show("sending");
  ending();
  // gradio shows its own Stop button a moment after the microphone has opened.
  (await when(".stop-button", (button) => button?.style.display === "flex")).click();
  trigger("sent", window.take);
  lookAtResult();
  if (!(await when("audio[controls][src]", Boolean, ARRIVAL_MS))) report("lost");
  show("idle");
}

async function send(sound) {
  if (box.dataset.state !== "idle") return;
  begin("upload");
  const { take } = window;
  const limit = window.gradio_config?.max_file_size;
  if (limit && sound.size > limit) return report("large");
  await when("audio[controls][src]", (player) => !player);
  await choose("first-child");
  if (take !== window.take) return; // another take was begun
  // gradio rejects files by the type that the browser guesses from the name; here the decoders decide.
  const type = sound.type.startsWith("audio/") ? sound.type : "audio/wav";
  const files = new DataTransfer();
  files.items.add(new File([sound], sound.name, { type }));
  const input = await when('input[type="file"]');
  if (take !== window.take) return;
  if (!input) return report("lost");
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function press() {
  if (box.dataset.state === "recording") stop();
  else if (box.dataset.state === "idle") start();
}

// ---- while recording: the time and the level
let ending = () => {};

function loudness(samples) {
  let square = 0;
  let peak = 0;
  for (const sample of samples) {
    square += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  return { db: 10 * Math.log10(square / samples.length + 1e-12), peak };
}

function judge(recent, since) {
  if (recent.some(({ peak }) => peak >= CLIPPED)) return "clipping";
  if (recent.some(({ db }) => db >= QUIET_DB)) return "good";
  return since < HOLD_MS ? "waiting" : "quiet";
}

function showLevel(level, db) {
  const share = Math.min(Math.max(1 - db / FLOOR_DB, 0), 1);
  box.style.setProperty("--level", share.toFixed(3));
  meter.setAttribute("aria-valuenow", Math.round(100 * share));
  if (box.dataset.level === level) return;
  box.dataset.level = level;
  meter.setAttribute("aria-valuetext", LEVELS[level]);
  box.querySelector(".level-words").textContent = LEVELS[level];
}

function watchLevel(stream) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 4096 }); // 85 ms at 48 kHz
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const started = performance.now();
  let recent = [];
  const look = () => {
    const now = performance.now();
    analyser.getFloatTimeDomainData(samples);
    const latest = { now, ...loudness(samples) };
    recent = [...recent.filter((past) => now - past.now < HOLD_MS), latest];
    showLevel(judge(recent, now - started), latest.db);
    const seconds = Math.floor((now - started) / 1000);
    box.querySelector(".time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  const ticking = setInterval(look, 50); // animation frames would stop in a hidden window
  look();
  return () => {
    clearInterval(ticking);
    context.close();
    ending = () => {};
  };
}

window.addEventListener("microphone-opened", ({ detail: stream }) => {
  if (box.dataset.state !== "asking") return; // for another part of the page, such as Live
  show("recording");
  ending = watchLevel(stream);
  stream.getAudioTracks()[0]?.addEventListener("ended", () => box.dataset.state === "recording" && stop());
});
window.addEventListener("microphone-failed", () => {
  if (box.dataset.state !== "asking") return;
  show("idle");
  report("refused");
});

big.addEventListener("click", press);
box.querySelector(".upload").addEventListener("click", () => file.click());
file.addEventListener("change", () => {
  if (file.files.length) send(file.files[0]);
  file.value = ""; // the same file may be chosen again
});

// ---- a file dropped anywhere next to the result
const source = box.closest(".source");
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  source.addEventListener(
    kind,
    (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation(); // or gradio's own upload area would also take it
      source.classList.toggle("dropping", kind.startsWith("drag") && kind !== "dragleave");
      if (kind === "drop" && event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
    },
    true,
  );
}

// Announces the result to screen readers, which miss a live region that is replaced together with its text.
new MutationObserver(() => {
  const sentence = document.querySelector("#result h2")?.textContent ?? "";
  const said = box.querySelector(".said");
  if (said.textContent !== sentence) said.textContent = sentence;
}).observe(document.getElementById("result"), { childList: true, subtree: true });

window.recorder = { begin, wasOwnClear };
window.shortcuts?.add("record", "r", "record, or stop", () => {
  const live = document.querySelector(".live-start");
  if (live?.checkVisibility()) live.click();
  else press();
});
show("idle");
