// Runs before gradio's own scripts. Browsers change a voice by default: automatic gain, noise suppression
// and echo cancelling are made for calls and hide how something was said. Every request for the microphone
// on this page asks for them to be off; a failed request is told to the note below the recorder.
(() => {
  const devices = navigator.mediaDevices;
  if (!devices || !devices.getUserMedia) return;
  const original = devices.getUserMedia.bind(devices);
  const asItIs = { autoGainControl: false, noiseSuppression: false, echoCancellation: false };
  devices.getUserMedia = async (wanted = {}) => {
    if (wanted.audio) {
      const audio = wanted.audio === true ? {} : wanted.audio;
      wanted = { ...wanted, audio: { ...audio, ...asItIs } };
    }
    try {
      const stream = await original(wanted);
      window.dispatchEvent(new CustomEvent("microphone-opened", { detail: stream }));
      return stream;
    } catch (error) {
      window.dispatchEvent(new CustomEvent("microphone-failed", { detail: error.name }));
      throw error;
    }
  };
})();
