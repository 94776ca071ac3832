// The line below the recorder: what to do where there is no microphone to be had.
const note = element.querySelector(".microphone-note");
const usual = note.innerHTML;

function say(sentence) {
  note.classList.toggle("problem", Boolean(sentence));
  if (sentence) note.textContent = sentence;
  else note.innerHTML = usual;
}

const SENTENCES = {
  insecure:
    "The microphone works only on https or on the computer that runs the app (localhost). Uploading a file works here.",
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
    // Firefox does not know this permission; asking for the microphone will tell.
  }
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.some((device) => device.kind === "audioinput") ? null : "missing";
}

// Looking takes a while: what the microphone itself said in the meantime is newer, and stays.
let newest = 0;

async function check() {
  const mine = ++newest;
  const found = await problem();
  if (mine === newest) say(SENTENCES[found]);
}

window.addEventListener("microphone-failed", ({ detail }) => {
  newest += 1;
  const kinds = { NotAllowedError: "denied", NotFoundError: "missing", insecure: "insecure" };
  say(SENTENCES[kinds[detail] || "failed"]);
});
if (navigator.mediaDevices) navigator.mediaDevices.addEventListener("devicechange", check);
check();
