// Live: from the microphone to the server in tenths of a second, and what it says back onto the page.
// One question is on its way at a time. What is heard meanwhile waits; of what waits too long only the
// newest three seconds are sent, so that the scores never lag behind.
const CHUNKS_A_QUESTION = 4; // tenths of a second
const CHUNKS_WAITING = 30;
const MINUTE_S = 60;
const KEPT_CHUNKS = 300; // what can become a take after Stop: half a minute, in the memory of this page
const SAY_EVERY_S = 4; // a screen reader needs time to speak

const one = (selector) => element.querySelector(selector);
const live = one(".live");
const LABELS = live.dataset.labels.split(" ");
const NAMES = [...live.querySelectorAll(".live-timeline li")].map((item) => item.textContent);
const rows = [...live.querySelectorAll(".live-bars li")];
const [startButton, keepButton, screenButton] = [one(".live-start"), one(".live-keep"), one(".live-screen")];
const canvas = one("canvas");
const READY = { manner: "", word: one(".live-word").textContent, sentence: one(".live-sentence").textContent, top: null, verdict: "" };
const LISTENING = { ...READY, word: "Listening…", sentence: "The first scores come after a second of sound." };

const PROBLEMS = {
  insecure: "The microphone works only on https or on the computer that runs the app (localhost).",
  NotAllowedError: "Your browser is blocking the microphone. Allow it next to the address bar, then press Start.",
  NotFoundError: "No microphone was found: plug one in, then press Start.",
  microphone: "The microphone did not answer: close other programs that use it, then press Start.",
  unplugged: "The microphone went away: plug it in, then press Start.",
  server: "The app does not answer: see whether it still runs, then press Start.",
};

// Sends the sound as 16-bit numbers, all channels averaged, in pieces of a tenth of a second.
const EARS = `registerProcessor("ears", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Int16Array(Math.round(sampleRate / 10));
    this.filled = 0;
  }
  process([channels]) {
    for (let i = 0; channels.length && i < channels[0].length; i++) {
      let sample = 0;
      for (const channel of channels) sample += channel[i] / channels.length;
      this.piece[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      if (this.filled === this.piece.length) {
        this.port.postMessage(this.piece);
        this.filled = 0;
      }
    }
    return true;
  }
});`;

const CAPTIONS = { minute: one("figcaption").textContent, whole: live.dataset.wholeCaption };

let now = null; // the session that runs: { stream, context, session, rate, waiting, lost, chunks, newest, asking }
let keepable = null; // the session that may become a take
let readings = []; // [time_s, scores or null] of what the timeline shows
let shown_s = 0; // the time at its right edge
let whole = false; // whether it shows the whole session

// ---- the microphone

async function start() {
  const mine = { waiting: [], lost: 0, chunks: 0, newest: [], asking: false };
  now = mine;
  offerToKeep(null);
  setState("starting");
  say(LISTENING);
  tellProblem("");
  try {
    if (!window.isSecureContext || !navigator.mediaDevices) throw new DOMException("", "insecure");
    mine.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    if (now !== mine) return release(mine);
    mine.context = new AudioContext();
    const module = URL.createObjectURL(new Blob([EARS], { type: "text/javascript" }));
    await mine.context.audioWorklet.addModule(module);
    URL.revokeObjectURL(module);
    await mine.context.resume();
  } catch (error) {
    return fail(mine, PROBLEMS[error.name] || PROBLEMS.microphone);
  }
  const answer = await window.answerTo(server.start(props.profile ?? null), PROBLEMS.server);
  if (answer.problem) return fail(mine, answer.problem);
  mine.session = answer.session;
  if (now !== mine) return release(mine);
  clear();
  mine.rate = mine.context.sampleRate;
  const ears = new AudioWorkletNode(mine.context, "ears");
  ears.port.onmessage = ({ data }) => now === mine && take(mine, data);
  mine.context.createMediaStreamSource(mine.stream).connect(ears);
  ears.connect(mine.context.destination); // silent; but what leads nowhere is not run
  mine.stream.getAudioTracks()[0].onended = () => fail(mine, PROBLEMS.unplugged);
  setState("running");
}

function release(mine) {
  mine.stream?.getTracks().forEach((track) => track.stop());
  if (mine.context && mine.context.state !== "closed") mine.context.close();
  const ended = mine.session ? window.answerTo(server.stop(mine.session)) : Promise.resolve({});
  mine.session = null;
  return ended;
}

async function stop() {
  const mine = now;
  now = null;
  setState("stopped");
  setLevel(0);
  const { summary, timeline } = await release(mine);
  if (now) return;
  if (mine.newest.length > 10) offerToKeep(mine);
  if (!summary) return say(READY);
  show(summary);
  readings = timeline;
  shown_s = summary.time_s;
  whole = true;
  one("figcaption").textContent = CAPTIONS.whole;
  draw();
}

function fail(mine, problem) {
  if (now !== mine) return release(mine);
  tellProblem(problem);
  return stop();
}

// ---- from here to the server and back

function take(mine, chunk) {
  if (!element.checkVisibility()) return stop(); // nobody is listened to on a page that is put away
  mine.chunks += 1;
  mine.waiting.push(chunk);
  mine.newest.push(chunk);
  if (mine.newest.length > KEPT_CHUNKS) mine.newest.shift();
  if (mine.waiting.length > CHUNKS_WAITING) {
    mine.waiting.shift();
    mine.lost += 1;
  }
  setLevel(chunk.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0) / 32768);
  shown_s = mine.chunks / 10;
  live.dataset.heard = shown_s.toFixed(1);
  one(".live-clock").textContent = clock(shown_s);
  draw();
  ask(mine);
}

async function ask(mine) {
  if (mine.asking || mine.waiting.length < CHUNKS_A_QUESTION) return;
  const message = { session: mine.session, rate: mine.rate, lost_s: mine.lost / 10, sound: base64(mine.waiting) };
  mine.waiting = [];
  mine.lost = 0;
  mine.asking = true;
  const answer = await window.answerTo(server.hear(message), PROBLEMS.server);
  mine.asking = false;
  if (now !== mine) return;
  if (answer.problem) return fail(mine, answer.problem);
  if (answer.reading) add(answer.reading);
  ask(mine);
}

function base64(chunks) {
  let text = "";
  for (const chunk of chunks) text += String.fromCharCode(...new Uint8Array(chunk.buffer));
  return btoa(text);
}

// ---- a take of the last half minute, for who asks for one

function offerToKeep(session) {
  keepable = session;
  keepButton.hidden = !session;
  keepButton.disabled = false;
  keepButton.textContent = session ? `Keep the last ${Math.floor(session.newest.length / 10)} s as a take` : "";
}

async function keep() {
  keepButton.disabled = true;
  const file = new File([wav(keepable.newest, keepable.rate)], "live.wav", { type: "audio/wav" });
  try {
    trigger("keep", { path: (await upload(file)).path });
  } catch {
    tellProblem(PROBLEMS.server);
    keepButton.disabled = false;
  }
}

function wav(chunks, rate) {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  const head = new DataView(new ArrayBuffer(44));
  const text = (at, letters) => [...letters].forEach((letter, i) => head.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  head.setUint32(4, 36 + bytes, true);
  text(8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true); // PCM
  head.setUint16(22, 1, true); // channels
  head.setUint32(24, rate, true);
  head.setUint32(28, 2 * rate, true);
  head.setUint16(32, 2, true);
  head.setUint16(34, 16, true);
  text(36, "data");
  head.setUint32(40, bytes, true);
  return new Blob([head, ...chunks]);
}

// ---- what is shown

function setState(state) {
  live.dataset.state = state;
  startButton.textContent = state === "running" || state === "starting" ? "Stop" : "Start";
}

function tellProblem(sentence) {
  const place = one(".live-problem");
  place.textContent = sentence;
  place.hidden = !sentence;
}

function clear() {
  readings = [];
  whole = false;
  shown_s = 0;
  one("figcaption").textContent = CAPTIONS.minute;
  live.dataset.readings = "0";
  live.dataset.heard = "0.0";
  showScores(null, rows.map(() => "–"), null);
}

function add(reading) {
  readings.push([reading.time_s, reading.scores]);
  while (readings[0][0] < reading.time_s - MINUTE_S - 2) readings.shift();
  live.dataset.readings = String(Number(live.dataset.readings) + 1);
  show(reading);
  draw();
}

function show(reading) {
  say(reading);
  showScores(reading.scores, reading.percents, reading.top);
}

function say({ manner, word, sentence, top, verdict }) {
  one(".live-manner").textContent = manner;
  one(".live-word").textContent = word;
  one(".live-sentence").textContent = sentence;
  const coloured = top !== null && (verdict === "sure" || verdict === "leaning");
  one(".live-verdict").style.setProperty("--colour", coloured ? `var(--emotion-${LABELS[top]})` : "var(--line)");
  live.dataset.verdict = verdict;
  announce(`${manner} ${word}`.trim());
}

let announced_s = 0;
function announce(words) {
  const status = one(".live-said");
  const soon = now && live.dataset.state === "running" && Math.abs(shown_s - announced_s) < SAY_EVERY_S;
  if (soon || status.textContent === words) return;
  announced_s = shown_s;
  status.textContent = words;
}

function showScores(scores, percents, top) {
  rows.forEach((row, i) => {
    row.querySelector(".fill").style.setProperty("--score", scores ? scores[i] : 0);
    row.querySelector(".percent").textContent = percents[i];
    row.classList.toggle("top", i === top);
  });
}

function setLevel(peak) {
  const db = 20 * Math.log10(Math.max(peak, 1e-3)); // -60 to 0
  one(".live-meter span").style.setProperty("--level", (1 + db / 60).toFixed(3));
  const loud = peak >= 0.99;
  live.dataset.loudness = loud ? "clipping" : db < -36 ? "quiet" : "good";
  one(".live-loudness").textContent = loud ? "Too loud: move back" : "";
}

function clock(seconds) {
  const whole_s = Math.floor(seconds);
  const minutes = Math.floor(whole_s / 60) % 60;
  const rest = String(whole_s % 60).padStart(2, "0");
  return whole_s < 3600 ? `${minutes}:${rest}` : `${Math.floor(whole_s / 3600)}:${String(minutes).padStart(2, "0")}:${rest}`;
}

// ---- the timeline

function draw() {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width) return;
  const scale = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const style = getComputedStyle(live);
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const span_s = whole ? Math.max(shown_s, 5) : MINUTE_S;
  const from_s = whole ? 0 : Math.max(shown_s - MINUTE_S, 0);
  const x = (time_s) => ((time_s - from_s) / span_s) * width;
  const axis = 18;
  const lane = (height - axis) / LABELS.length;
  drawGrid(pen, style, { width, height, lane, axis, x, from_s, span_s });
  drawColumns(pen, style, { lane, height: height - axis, x });
  live.dataset.columns = String(readings.length);
}

function drawGrid(pen, style, { width, height, lane, axis, x, from_s, span_s }) {
  pen.strokeStyle = style.getPropertyValue("--line");
  pen.fillStyle = style.getPropertyValue("--muted");
  pen.font = `12px ${style.fontFamily}`;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let i = 1; i <= LABELS.length; i++) {
    pen.moveTo(0, Math.round(i * lane) - 0.5);
    pen.lineTo(width, Math.round(i * lane) - 0.5);
  }
  const step = [1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21600].find((s) => (s / span_s) * width >= 62) || 86400;
  for (let t = Math.max(0, Math.ceil(from_s / step) * step); t <= shown_s; t += step) {
    const left = Math.min(Math.max(x(t), 1), width - 1);
    pen.moveTo(Math.round(left) - 0.5, 0);
    pen.lineTo(Math.round(left) - 0.5, height - axis);
    const label = clock(t);
    const room = pen.measureText(label).width;
    if (left - room / 2 > -room / 2 - 1) pen.fillText(label, Math.min(Math.max(left - room / 2, 0), width - room), height - 3);
  }
  pen.stroke();
}

function drawColumns(pen, style, { lane, height, x }) {
  const colours = LABELS.map((label) => style.getPropertyValue(`--emotion-${label}`));
  let before = null;
  for (const [time_s, scores] of readings) {
    // A column reaches back to the reading before it, but not over a gap.
    const wide = before !== null && time_s - before < 1.3 * usualStep() ? time_s - before : Math.min(0.4, usualStep());
    const [left, right] = [x(time_s - wide), x(time_s)];
    before = time_s;
    if (right < 0) continue;
    const room = Math.max(right - left - (right - left > 4 ? 1 : 0), 0.75);
    if (!scores) {
      pen.globalAlpha = 0.6;
      pen.fillStyle = style.getPropertyValue("--line");
      pen.fillRect(left, 0, right - left, height);
      continue;
    }
    const highest = Math.max(...scores);
    scores.forEach((score, i) => {
      const high = Math.max(score * (lane - 4), 1);
      pen.globalAlpha = score === highest ? 1 : 0.45;
      pen.fillStyle = colours[i];
      pen.fillRect(left, (i + 1) * lane - 1 - high, room, high);
    });
  }
  pen.globalAlpha = 1;
}

// Of a long session only every so many readings are left: the most common step between the older ones.
function usualStep() {
  if (!whole || readings.length < 3) return 0.9;
  return Math.max(0.9, readings[1][0] - readings[0][0]);
}

// ---- what people press

const toggle = () => (now ? stop() : start());
const fill = () => (document.fullscreenElement ? document.exitFullscreen() : live.requestFullscreen());
startButton.addEventListener("click", toggle);
screenButton.hidden = !document.fullscreenEnabled;
screenButton.addEventListener("click", fill);
document.addEventListener("fullscreenchange", () => {
  screenButton.textContent = document.fullscreenElement === live ? "Leave full screen" : "Fill the screen";
});
keepButton.addEventListener("click", keep);
window.addEventListener("live-kept", () => (keepButton.textContent = "Saved to your takes"));
window.addEventListener("theme-changed", draw);
window.addEventListener("pagehide", () => now && stop());
new ResizeObserver(draw).observe(canvas);
