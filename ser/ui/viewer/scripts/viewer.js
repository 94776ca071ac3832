// The spectrogram viewer: window.inspect, its panes and events, and small helpers that all its scripts use.
//
// window.inspect.panes are one or two panes, one above the other, which show the same time range. Tools add layers and
// buttons to each pane when it opens a sound, and react to events: open, close, view, region, window, time.
const SOUND_RATE = 16000; // Hz, of the network's input

const clampTo = (value, low, high) => Math.min(Math.max(value, low), high);
const viewerSlot = (name) => element.querySelector(`[data-slot="${name}"]`);

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// 12.3, 1:02.5, 1:00:00: with as many decimals as times that are `apart` seconds apart need.
function clockWords(seconds, apart = 1) {
  const decimals = apart >= 1 ? 0 : Math.min(3, Math.ceil(-Math.log10(apart) - 1e-9));
  const whole = Number(seconds.toFixed(decimals));
  if (whole < 60) return whole.toFixed(decimals);
  const minutes = Math.floor(whole / 60);
  const rest = (whole - 60 * minutes).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

// ---- window.inspect

const viewerListeners = {};
window.inspect = {
  panes: [],
  current: null,
  on(name, action) {
    (viewerListeners[name] ||= []).push(action);
  },
  emit(name, detail) {
    for (const action of viewerListeners[name] || []) action(detail);
  },
};

// The end of the time axis: the length of the longer sound if two are open.
const longest_s = () => Math.max(0, ...window.inspect.panes.map((pane) => pane.sound?.duration_s || 0));

function makeCurrent(pane) {
  window.inspect.current = pane;
  for (const each of window.inspect.panes) each.element.classList.toggle("current", each === pane && window.inspect.panes.length > 1);
}
