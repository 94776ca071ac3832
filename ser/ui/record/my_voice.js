// Teach it my voice. The server draws the panel after every take; which sentence is asked for is this page's own.
// `window.askedEmotion` goes along with the next recording.
let teaching = false;
let chosen = null; // an emotion to say again

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
  // Taught before: the lesson starts anew at its first sentence, and each new take replaces the old one.
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
    for (const note of document.querySelectorAll(".known-voice")) note.textContent = "Scored as the voice that was known before.";
    trigger("voice_other", {});
  },
  back: () => trigger("voice_back", {}),
  forget: () => trigger("voice_forget", {}),
  save: () => trigger("voice_save", {}),
};

// Also the button beside a result.
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

// Drawn anew: after a take of the chosen emotion the lesson goes on with what is missing, or ends.
watch("value", () => {
  const wasTeaching = teaching;
  if (panel().querySelector(".told").textContent === "") chosen = null;
  paint({ look: wasTeaching && !teaching });
});
watch("file", () => props.file && dom.saveFile(props.file.name, props.file.text, "application/json"));
paint();
