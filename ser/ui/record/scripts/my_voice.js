// @ts-check
// The panel "Teach it my voice". The server draws it after every take; the page decides which sentence is next.
import { closest, find, findAll, saveFile } from "../../page/dom.js";
import { bringIntoView, follow } from "./in_view.js";
import { asked } from "./newest_take.js";

/** The emotion of a sentence in a normal voice. */
const NORMAL = "NEU";

/**
 * Return the emotion to act now.
 * @param {{ teaching: "" | "normal" | "six", chosen: string | null, next: string | undefined }} lesson `chosen` is to be
 *   repeated, `next` is the first that is missing
 */
export const emotionNow = ({ teaching, chosen, next }) =>
  teaching === "normal" ? NORMAL : (teaching && (chosen || next)) || null;

/** @param {Widget} widget */
export function start({ element, props, trigger, watch }) {
  /** @type {"" | "normal" | "six"} what is asked for: one sentence in a normal voice, or all six */
  let teaching = "";
  /** @type {string | null} an emotion that the person wants to repeat */
  let chosen = null;
  /** whether the person said that somebody else speaks, or again the one before */
  let changesSpeaker = false;
  const panel = () => find(element, ".my-voice");
  const layout = () => element.closest(".record-layout");

  function paint({ look = false } = {}) {
    const { next } = panel().dataset;
    if (teaching === "six" && !next && !chosen) teaching = "";
    const emotion = emotionNow({ teaching, chosen, next });
    asked.emotion = emotion;
    layout()?.classList.toggle("teaching", teaching !== "");
    find(panel(), ".lesson").hidden = !teaching;
    find(panel(), ".voice-body").hidden = teaching !== "";
    find(panel(), ".chips").hidden = teaching === "normal";
    for (const ask of findAll(panel(), ".ask"))
      ask.hidden = ask.dataset.emotion !== emotion || ask.matches(".normal") !== (teaching === "normal");
    for (const chip of findAll(panel(), '[data-voice="ask"]'))
      chip.setAttribute("aria-pressed", String(chip.dataset.emotion === emotion));
    if (look) bringIntoView(element);
  }

  /** What was heard is about the sentence before. */
  const forgetHeard = () => (find(panel(), ".heard").textContent = "");

  /** @param {boolean} isOver whether the screen that ends the teaching shows: what is known now, and what changed */
  function showEnd(isOver) {
    layout()?.classList.toggle("taught", isOver);
    if (isOver) find(panel(), ".end").focus({ preventScroll: true });
  }

  /** @type {Record<string, (button: HTMLElement) => void>} */
  const ACTIONS = {
    normal() {
      forgetHeard();
      showEnd(false);
      teaching = "normal";
      paint({ look: true });
    },
    begin() {
      forgetHeard();
      showEnd(false);
      // If all six were said before, start again at the first sentence; each new take replaces the old one.
      teaching = "six";
      chosen = panel().dataset.next ? null : (find(panel(), ".ask:not(.normal)").dataset.emotion ?? null);
      paint({ look: true });
    },
    cancel() {
      teaching = "";
      chosen = null;
      paint();
    },
    ask(button) {
      forgetHeard();
      chosen = button.dataset.emotion ?? null;
      paint();
    },
    again(button) {
      forgetHeard();
      showEnd(false);
      teaching = "six";
      chosen = button.dataset.emotion ?? null;
      paint({ look: true });
    },
    keep: () => trigger("voice_keep", {}),
    done() {
      showEnd(false);
      follow();
      const record = find(document, ".recorder .big");
      record.focus({ preventScroll: true });
      bringIntoView(record);
    },
    choose: () => find(panel(), "input[type=file]").click(),
    other: () => changeSpeaker("voice_other"),
    back: () => changeSpeaker("voice_back"),
    forget: () => changeSpeaker("voice_forget"),
    save: () => trigger("voice_save", {}),
  };

  // Includes the button next to a result.
  document.addEventListener("click", ({ target }) => {
    const button = closest(target, "button[data-voice]");
    if (button) follow();
    if (button) ACTIONS[button.dataset.voice ?? ""](button);
  });

  /** @param {"voice_other" | "voice_back" | "voice_forget" | "voice_open"} event */
  function changeSpeaker(event, data = {}) {
    changesSpeaker = true;
    trigger(event, data);
  }

  window.addEventListener("all-deleted", () => {
    teaching = "";
    chosen = null;
    trigger("voice_forget", {});
  });

  element.addEventListener("change", async ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    if (target.matches('[data-voice="quietly"]')) trigger("voice_quietly", { on: target.checked });
    if (target.type !== "file" || !target.files?.length) return;
    const text = await target.files[0].text();
    target.value = "";
    changeSpeaker("voice_open", { text });
  });

  // After a take of the chosen emotion, go on with the missing ones, or end. What is drawn may also be about an older take, if
  // that came late, or about one that was deleted: then the sentence is still to be said.
  watch("value", () => {
    if (changesSpeaker) window.dispatchEvent(new Event("speaker-changed")); // the server knows who speaks
    changesSpeaker = false;
    const wasTeaching = teaching !== "";
    if (panel().dataset.asked && find(panel(), ".told").textContent === "") {
      chosen = null;
      if (teaching === "normal" && panel().dataset.asked === NORMAL) teaching = "";
    }
    paint();
    if (panel().dataset.known !== "1") showEnd(false); // it was forgotten
    if (teaching) bringIntoView(element, find(panel(), ".lesson"));
    if (!wasTeaching || teaching) return;
    follow();
    showEnd(panel().dataset.known === "1");
    bringIntoView(element);
  });
  watch("file", () => props.file && saveFile(props.file.name, props.file.text, "application/json"));
  paint();
}
