// The waveform and the emotions' lanes: a click plays from there, the playhead follows, arrow keys move it.
// Every result replaces the timeline, so events are handled on `element` and the timeline is looked up each time.
const NAMES = ["angry", "disgusted", "fearful", "happy", "neutral", "sad"];
const STEP_S = 0.5;

const timeline = () => element.querySelector(".timeline");
const player = () => document.querySelector("#recorder audio[controls][src]");
const durationOf = (line) => Number(line.dataset.duration);

function secondsAt(line, clientX) {
  const box = line.querySelector(".wave").getBoundingClientRect();
  return Math.min(Math.max((clientX - box.left) / box.width, 0), 1) * durationOf(line);
}

// Describe the scores of the window around a time.
function words(line, seconds) {
  const windows = JSON.parse(line.dataset.windows); // the middle in seconds, then six percentages
  const time = `${seconds.toFixed(1)} s`;
  if (!windows.length) return time;
  const [, ...scores] = windows.reduce((best, other) => (Math.abs(other[0] - seconds) < Math.abs(best[0] - seconds) ? other : best));
  const ranked = NAMES.map((name, i) => [scores[i], name]).sort((a, b) => b[0] - a[0]);
  return `${time}: ${ranked[0][1]} ${ranked[0][0]}%, ${ranked[1][1]} ${ranked[1][0]}%`;
}

function showTime(seconds) {
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
  showTime(seconds);
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
  const current = player()?.currentTime ?? 0;
  const steps = {
    ArrowRight: () => seek(Math.min(current + STEP_S, durationOf(line))),
    ArrowUp: () => seek(Math.min(current + STEP_S, durationOf(line))),
    ArrowLeft: () => seek(Math.max(current - STEP_S, 0)),
    ArrowDown: () => seek(Math.max(current - STEP_S, 0)),
    Home: () => seek(0),
    End: () => seek(durationOf(line)),
    Enter: () => playFrom(current),
    " ": playOrPause,
  };
  if (!steps[event.key]) return;
  event.preventDefault();
  steps[event.key]();
  line.querySelector(".readout").textContent = line.getAttribute("aria-valuetext");
});

// Media events do not bubble, but they can be captured.
function follow() {
  const audio = player();
  if (!audio) return;
  showTime(audio.currentTime);
  if (!audio.paused && !audio.ended) requestAnimationFrame(follow);
}
for (const kind of ["play", "seeked", "ended"]) {
  document.addEventListener(kind, ({ target }) => target === player() && follow(), true);
}

window.shortcuts?.add("record", " ", "play or pause the recording", playOrPause);
