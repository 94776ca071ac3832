// @ts-check
// The note below the recorder, which says what to do if there is no microphone.
import { find } from "../../page/dom.js";
import { bringIntoView, follow } from "./in_view.js";

const SENTENCES = {
  insecure:
    "The microphone works only on https or on the computer that runs the app (localhost). You can upload a file instead.",
  missing: "No microphone was found: plug one in and try again, or upload a file.",
  denied:
    "Your browser is blocking the microphone. Allow it next to the address bar and try again, or upload a file.",
  unplugged:
    "The microphone was disconnected, which ended the recording. Plug it in, or choose another one, and record again.",
  failed: "The microphone did not answer: close other programs that use it and try again, or upload a file.",
};

/** @typedef {keyof typeof SENTENCES} Kind */

/**
 * Return what a failure to open the microphone means.
 * @param {string} name of the browser's error, or "insecure"
 * @returns {Kind}
 */
export function kindOf(name) {
  if (name === "NotAllowedError") return "denied";
  if (name === "NotFoundError") return "missing";
  return name === "insecure" || name === "unplugged" ? name : "failed";
}

/**
 * Return what is wrong with the microphone before it is used, or null.
 * @param {() => void} onPermission called when the permission changes
 * @returns {Promise<Kind | null>}
 */
async function findProblem(onPermission) {
  if (!window.isSecureContext || !navigator.mediaDevices) return "insecure";
  try {
    const status = await navigator.permissions.query({ name: "microphone" });
    status.onchange = onPermission;
    if (status.state === "denied") return "denied";
  } catch {
    // Firefox does not know this permission; opening the microphone will show.
  }
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.some((device) => device.kind === "audioinput") ? null : "missing";
}

/** @param {Widget} widget */
export function start({ element }) {
  const note = find(element, ".microphone-note");
  // The check takes a while; a message from the microphone itself that arrives meanwhile is newer, and stays.
  let newest = 0;
  let isUnplugged = false; // which is said until the next recording

  /** @param {Kind | null} kind */
  const say = (kind) => {
    note.classList.toggle("problem", kind !== null);
    note.textContent = kind ? SENTENCES[kind] : "";
  };

  const check = async () => {
    const number = ++newest;
    const kind = await findProblem(check);
    if (number === newest) say(kind ?? (isUnplugged ? "unplugged" : null));
  };

  window.addEventListener("microphone-failed", (event) => {
    newest += 1;
    const kind = kindOf(/** @type {CustomEvent<string>} */ (event).detail);
    isUnplugged = kind === "unplugged";
    say(kind);
    follow();
    bringIntoView(note);
  });
  window.addEventListener("microphone-opened", () => {
    isUnplugged = false;
    check();
  });
  navigator.mediaDevices?.addEventListener("devicechange", check);
  check();
}
