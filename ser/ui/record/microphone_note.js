// The note below the recorder, which says what to do if there is no microphone.
const note = element.querySelector(".microphone-note");
const defaultText = note.innerHTML;

function say(sentence) {
  note.classList.toggle("problem", Boolean(sentence));
  if (sentence) note.textContent = sentence;
  else note.innerHTML = defaultText;
}

const SENTENCES = {
  insecure:
    "The microphone works only on https or on the computer that runs the app (localhost). You can upload a file instead.",
  missing: "No microphone was found: plug one in and try again, or upload a file.",
  denied:
    "Your browser is blocking the microphone. Allow it next to the address bar and try again, or upload a file.",
  failed: "The microphone did not answer: close other programs that use it and try again, or upload a file.",
};

async function problem() {
  if (!window.isSecureContext || !navigator.mediaDevices) return "insecure";
  try {
    const status = await navigator.permissions.query({ name: "microphone" });
    status.onchange = check;
    if (status.state === "denied") return "denied";
  } catch {
    // Firefox does not know this permission; opening the microphone will show.
  }
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.some((device) => device.kind === "audioinput") ? null : "missing";
}

// The check takes a while; a message from the microphone itself that arrives meanwhile is newer, and stays.
let newest = 0;

async function check() {
  const number = ++newest;
  const kind = await problem();
  if (number === newest) say(SENTENCES[kind]);
}

window.addEventListener("microphone-failed", ({ detail }) => {
  newest += 1;
  const kinds = { NotAllowedError: "denied", NotFoundError: "missing", insecure: "insecure" };
  say(SENTENCES[kinds[detail] || "failed"]);
});
if (navigator.mediaDevices) navigator.mediaDevices.addEventListener("devicechange", check);
check();
