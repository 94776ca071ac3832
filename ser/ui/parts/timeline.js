// The waveform and the emotions' lanes: a click plays from there, the playhead follows, arrows move it.
// The drawing is replaced with every result, so everything listens here and looks up what is there now.
const NAMES = ["angry", "disgusted", "fearful", "happy", "neutral", "sad"];
const STEP_S = 0.5;

const timeline = () => element.querySelector(".timeline");
const player = () => document.querySelector("#recorder audio[controls][src]");
const durationOf = (line) => Number(line.dataset.duration);

function secondsAt(line, clientX) {
  const box = line.querySelector(".wave").getBoundingClientRect();
  return Math.min(Math.max((clientX - box.left) / box.width, 0), 1) * durationOf(line);
}

// What the window around a place sounds like, in words.
function words(line, seconds) {
  const rows = JSON.parse(line.dataset.windows);
  const place = `${seconds.toFixed(1)} s`;
  if (!rows.length) return place;
  const row = rows.reduce((best, other) => (Math.abs(other[0] - seconds) < Math.abs(best[0] - seconds) ? other : best));
  const scores = row.slice(1);
  const ranked = NAMES.map((name, i) => [scores[i], name]).sort((a, b) => b[0] - a[0]);
  return `${place}: ${ranked[0][1]} ${ranked[0][0]}%, ${ranked[1][1]} ${ranked[1][0]}%`;
}

function showPlace(seconds) {
  const line = timeline();
  if (!line) return;
  line.style.setProperty("--place", seconds / durationOf(line));
  line.setAttribute("aria-valuenow", seconds.toFixed(2));
  line.setAttribute("aria-valuetext", words(line, seconds));
  line.classList.add("placed");
}

function seek(seconds) {
  const audio = player();
  if (!audio || !timeline()) return null;
  audio.currentTime = seconds;
  showPlace(seconds);
  return audio;
}

const playFrom = (seconds) => seek(seconds)?.play();

function playOrPause() {
  const audio = player();
  if (audio) audio.paused ? audio.play() : audio.pause();
}

element.addEventListener("click", (event) => {
  const line = event.target.closest(".timeline");
  if (line) playFrom(secondsAt(line, event.clientX));
});

element.addEventListener("pointermove", (event) => {
  const line = event.target.closest(".timeline");
  if (line) line.querySelector(".readout").textContent = words(line, secondsAt(line, event.clientX));
});

element.addEventListener("keydown", (event) => {
  const line = event.target.closest(".timeline");
  if (!line || event.ctrlKey || event.metaKey || event.altKey) return;
  const now = player()?.currentTime ?? 0;
  const steps = {
    ArrowRight: () => seek(Math.min(now + STEP_S, durationOf(line))),
    ArrowUp: () => seek(Math.min(now + STEP_S, durationOf(line))),
    ArrowLeft: () => seek(Math.max(now - STEP_S, 0)),
    ArrowDown: () => seek(Math.max(now - STEP_S, 0)),
    Home: () => seek(0),
    End: () => seek(durationOf(line)),
    Enter: () => playFrom(now),
    " ": playOrPause,
  };
  if (!steps[event.key]) return;
  event.preventDefault();
  steps[event.key]();
  line.querySelector(".readout").textContent = line.getAttribute("aria-valuetext");
});

// Media events do not bubble, but they are captured on their way down.
function follow() {
  const audio = player();
  if (!audio) return;
  showPlace(audio.currentTime);
  if (!audio.paused && !audio.ended) requestAnimationFrame(follow);
}
for (const kind of ["play", "seeked", "ended"]) {
  document.addEventListener(kind, ({ target }) => target === player() && follow(), true);
}

window.shortcuts?.add("record", " ", "play or pause the take", playOrPause);
