// Live mode: sends the microphone's sound to the server in chunks of a tenth of a second, and shows the scores.
// One request is pending at a time. Chunks that arrive meanwhile wait, but only the newest three seconds of them, so the
// scores never fall behind.
const MIN_CHUNKS_SENT = 4;
const MAX_CHUNKS_WAITING = 30;
const MINUTE_S = 60;
const MAX_CHUNKS_KEPT = 300; // half a minute, in the memory of this page, which can become a take after Stop
const MIN_ANNOUNCEMENT_S = 4; // between announcements: a screen reader needs time to speak

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
  unplugged: "The microphone was disconnected: plug it in, then press Start.",
  server: "The app does not answer: check that it is running, then press Start.",
};

// Posts the average of all channels as 16-bit samples, in chunks of a tenth of a second.
const WORKLET = `registerProcessor("chunks", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunk = new Int16Array(Math.round(sampleRate / 10));
    this.filled = 0;
  }
  process([channels]) {
    for (let i = 0; channels.length && i < channels[0].length; i++) {
      let sample = 0;
      for (const channel of channels) sample += channel[i] / channels.length;
      this.chunk[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      if (this.filled === this.chunk.length) {
        this.port.postMessage(this.chunk);
        this.filled = 0;
      }
    }
    return true;
  }
});`;

const CAPTIONS = { minute: one("figcaption").textContent, whole: live.dataset.wholeCaption };

let current = null; // the running session: { stream, context, id, rate, waiting, lost, chunks, newest, asking }
let keepable = null; // the session whose end can become a take
let readings = []; // [time_s, scores or null] of each column of the timeline
let shown_s = 0; // time at the right edge of the timeline
let whole = false; // whether the timeline shows the whole session

// ---- the microphone

async function start() {
  const session = { waiting: [], lost: 0, chunks: 0, newest: [], asking: false };
  current = session;
  offerToKeep(null);
  setState("starting");
  say(LISTENING);
  showProblem("");
  try {
    if (!window.isSecureContext || !navigator.mediaDevices) throw new DOMException("", "insecure");
    session.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    if (current !== session) return release(session);
    session.context = new AudioContext();
    const module = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
    await session.context.audioWorklet.addModule(module);
    URL.revokeObjectURL(module);
    await session.context.resume();
  } catch (error) {
    return fail(session, PROBLEMS[error.name] || PROBLEMS.microphone);
  }
  const answer = await window.answerTo(server.start(props.profile ?? null), PROBLEMS.server);
  if (answer.problem) return fail(session, answer.problem);
  session.id = answer.session;
  if (current !== session) return release(session);
  clear();
  session.rate = session.context.sampleRate;
  const worklet = new AudioWorkletNode(session.context, "chunks");
  worklet.port.onmessage = ({ data }) => current === session && take(session, data);
  session.context.createMediaStreamSource(session.stream).connect(worklet);
  worklet.connect(session.context.destination); // it outputs silence, but unconnected nodes do not run
  session.stream.getAudioTracks()[0].onended = () => fail(session, PROBLEMS.unplugged);
  setState("running");
}

function release(session) {
  session.stream?.getTracks().forEach((track) => track.stop());
  if (session.context && session.context.state !== "closed") session.context.close();
  const ended = session.id ? window.answerTo(server.stop(session.id)) : Promise.resolve({});
  session.id = null;
  return ended;
}

async function stop() {
  const session = current;
  current = null;
  setState("stopped");
  setLevel(0);
  const { summary, timeline } = await release(session);
  if (current) return;
  if (session.newest.length > 10) offerToKeep(session);
  if (!summary) return say(READY);
  show(summary);
  readings = timeline;
  shown_s = summary.time_s;
  whole = true;
  one("figcaption").textContent = CAPTIONS.whole;
  draw();
}

function fail(session, problem) {
  if (current !== session) return release(session);
  showProblem(problem);
  return stop();
}

// ---- from here to the server and back

function take(session, chunk) {
  if (!element.checkVisibility()) return stop(); // the microphone is not left on in a hidden tab
  session.chunks += 1;
  session.waiting.push(chunk);
  session.newest.push(chunk);
  if (session.newest.length > MAX_CHUNKS_KEPT) session.newest.shift();
  if (session.waiting.length > MAX_CHUNKS_WAITING) {
    session.waiting.shift();
    session.lost += 1;
  }
  setLevel(chunk.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0) / 32768);
  shown_s = session.chunks / 10;
  live.dataset.heard = shown_s.toFixed(1);
  one(".live-clock").textContent = clock(shown_s);
  draw();
  ask(session);
}

async function ask(session) {
  if (session.asking || session.waiting.length < MIN_CHUNKS_SENT) return;
  const message = { session: session.id, rate: session.rate, lost_s: session.lost / 10, sound: base64(session.waiting) };
  session.waiting = [];
  session.lost = 0;
  session.asking = true;
  const answer = await window.answerTo(server.hear(message), PROBLEMS.server);
  session.asking = false;
  if (current !== session) return;
  if (answer.problem) return fail(session, answer.problem);
  if (answer.reading) add(answer.reading);
  ask(session);
}

function base64(chunks) {
  let text = "";
  for (const chunk of chunks) text += String.fromCharCode(...new Uint8Array(chunk.buffer));
  return btoa(text);
}

// ---- a take of the last half minute, on request

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
    showProblem(PROBLEMS.server);
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

function showProblem(sentence) {
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
  const soon = current && live.dataset.state === "running" && Math.abs(shown_s - announced_s) < MIN_ANNOUNCEMENT_S;
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
    // A column reaches back to the previous reading, but not across a gap.
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

// The step between older readings; a long session keeps only every nth reading.
function usualStep() {
  if (!whole || readings.length < 3) return 0.9;
  return Math.max(0.9, readings[1][0] - readings[0][0]);
}

// ---- what people press

const toggle = () => (current ? stop() : start());
const toggleFullScreen = () => (document.fullscreenElement ? document.exitFullscreen() : live.requestFullscreen());
startButton.addEventListener("click", toggle);
screenButton.hidden = !document.fullscreenEnabled;
screenButton.addEventListener("click", toggleFullScreen);
document.addEventListener("fullscreenchange", () => {
  screenButton.textContent = document.fullscreenElement === live ? "Exit full screen" : "Full screen";
});
keepButton.addEventListener("click", keep);
window.addEventListener("live-kept", () => (keepButton.textContent = "Saved to your takes"));
window.addEventListener("theme-changed", draw);
window.addEventListener("pagehide", () => current && stop());
new ResizeObserver(draw).observe(canvas);
