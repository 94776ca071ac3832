// @ts-check
// Runs before gradio's own scripts. By default, browsers process a voice for calls, with automatic gain, noise
// suppression and echo cancellation, which hides how something was said. This script turns them off in every request
// for the microphone, asks for the one that the person has chosen, and announces the microphone's opening or failure to the
// recorder and the note below it.
import { remembered } from "./remembered.js";

const NAME = "microphone";
const MISSING = ["OverconstrainedError", "NotFoundError"];
let chosenId = remembered.get(NAME) ?? "";

/** Return the id of the chosen microphone, "" for the system's own. */
export const chosenMicrophone = () => chosenId;

/**
 * Choose the microphone for all that is recorded from now on.
 * @param {string} id "" for the system's own
 */
export function chooseMicrophone(id) {
  chosenId = id;
  remembered.set(NAME, id || null);
  window.dispatchEvent(new Event("microphone-chosen"));
}

const unprocessed = { autoGainControl: false, noiseSuppression: false, echoCancellation: false };

/** @param {MediaDevices} devices */
function recordUnprocessed(devices) {
  const original = devices.getUserMedia.bind(devices);

  /**
   * Open the chosen microphone, or the system's where that is not plugged in. Chromium does not heed a device that is only
   * "ideal".
   * @param {MediaStreamConstraints} constraints
   */
  async function openChosen(constraints) {
    const audio = /** @type {MediaTrackConstraints} */ (constraints.audio);
    if (!audio || !chosenId || audio.deviceId) return original(constraints);
    try {
      return await original({ ...constraints, audio: { ...audio, deviceId: { exact: chosenId } } });
    } catch (error) {
      if (!MISSING.includes(/** @type {Error} */ (error).name)) throw error;
      return original(constraints);
    }
  }

  devices.getUserMedia = async (constraints = {}) => {
    if (constraints.audio) {
      const audio = constraints.audio === true ? {} : constraints.audio;
      constraints = { ...constraints, audio: { ...audio, ...unprocessed } };
    }
    try {
      const stream = await openChosen(constraints);
      window.dispatchEvent(new CustomEvent("microphone-opened", { detail: stream }));
      return stream;
    } catch (error) {
      const detail = error instanceof Error ? error.name : "";
      window.dispatchEvent(new CustomEvent("microphone-failed", { detail }));
      throw error;
    }
  };
}

// A page over plain http that is not on this machine has no devices.
if (typeof window !== "undefined" && navigator.mediaDevices) recordUnprocessed(navigator.mediaDevices);
