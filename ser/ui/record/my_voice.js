// The panel "Teach it my voice". The server draws it after every take; the page decides which sentence is next.
// The next recording is sent with `window.askedEmotion`.
let teaching = false;
let chosen = null; // an emotion that the person wants to repeat

const panel = () => element.querySelector(".my-voice");
const layout = () => element.closest(".record-layout");

function paint({ look = false } = {}) {
  const { next } = panel().dataset;
  if (teaching && !next && !chosen) teaching = false;
  const asked = teaching ? chosen || next : null;
  window.askedEmotion = asked;
  layout().classList.toggle("teaching", teaching);
  panel().querySelector(".lesson").hidden = !teaching;
  panel().querySelector(".voice-body").hidden = teaching;
  for (const ask of panel().querySelectorAll(".ask")) ask.hidden = ask.dataset.emotion !== asked;
  for (const chip of panel().querySelectorAll('[data-voice="ask"]'))
    chip.setAttribute("aria-pressed", String(chip.dataset.emotion === asked));
  if (look) element.scrollIntoView({ block: "nearest" });
}

function begin() {
  // If all six were said before, start again at the first sentence; each new take replaces the old one.
  teaching = true;
  chosen = panel().dataset.next ? null : panel().querySelector(".ask").dataset.emotion;
  paint({ look: true });
}

const ACTIONS = {
  begin,
  cancel() {
    teaching = false;
    chosen = null;
    paint();
  },
  ask(button) {
    chosen = button.dataset.emotion;
    paint();
  },
  choose: () => panel().querySelector("input[type=file]").click(),
  other() {
    for (const note of document.querySelectorAll(".known-voice")) note.textContent = "Adjusted to the previous speaker's voice.";
    trigger("voice_other", {});
  },
  back: () => trigger("voice_back", {}),
  forget: () => trigger("voice_forget", {}),
  save: () => trigger("voice_save", {}),
};

// Includes the button next to a result.
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("button[data-voice]");
  if (button) ACTIONS[button.dataset.voice](button);
});

element.addEventListener("change", async ({ target }) => {
  if (target.matches('[data-voice="quietly"]')) trigger("voice_quietly", { on: target.checked });
  if (!target.matches("input[type=file]") || !target.files.length) return;
  const text = await target.files[0].text();
  target.value = "";
  trigger("voice_open", { text });
});

// After a take of the chosen emotion, go on with the missing ones, or end.
watch("value", () => {
  const wasTeaching = teaching;
  if (panel().querySelector(".told").textContent === "") chosen = null;
  paint({ look: wasTeaching && !teaching });
});
watch("file", () => props.file && dom.saveFile(props.file.name, props.file.text, "application/json"));
paint();
