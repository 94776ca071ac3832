// @ts-check
// Runs before gradio's own scripts. By default, browsers process a voice for calls, with automatic gain, noise
// suppression and echo cancellation, which hides how something was said. This script turns them off in every request
// for the microphone, and announces the microphone's opening or failure to the recorder and the note below it.
const unprocessed = { autoGainControl: false, noiseSuppression: false, echoCancellation: false };

/** @param {MediaDevices} devices */
function recordUnprocessed(devices) {
  const original = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints = {}) => {
    if (constraints.audio) {
      const audio = constraints.audio === true ? {} : constraints.audio;
      constraints = { ...constraints, audio: { ...audio, ...unprocessed } };
    }
    try {
      const stream = await original(constraints);
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
if (navigator.mediaDevices) recordUnprocessed(navigator.mediaDevices);
