// "Record again": leave the old recording, go back to the microphone, press Record.
async () => {
  const recorder = document.getElementById("recorder");
  const when = async (selector) => {
    for (let i = 0; i < 50 && !recorder.querySelector(selector); i++) await new Promise((go) => setTimeout(go, 20));
    return recorder.querySelector(selector);
  };
  recorder.querySelector(".top-panel button:last-child")?.click();
  (await when('[data-testid="source-select"] button:last-child'))?.click();
  (await when(".record-button"))?.click();
};
