// @ts-check
// How the form is drawn.
import { findAll, node } from "../../page/dom.js";
import { SILENT } from "./connection.js";
import { dot, isolated } from "./elements.js";
import { CONFIDENCES, INTENSITIES, describe, emptyDraft, keyWords, seconds } from "./label.js";

/** @import { DeskElement } from "./elements.js" */
/** @import { About, Draft, Label, Pane, Visit } from "./types.d.ts" */

export const FINGERS = matchMedia("(pointer: coarse)").matches;

/**
 * Return whether a clip cannot be labelled, such as a file that cannot be read.
 * @param {Visit} visit
 */
export const isBroken = (visit) => Boolean(visit.problem && visit.problem !== SILENT);

/**
 * @param {DeskElement} element
 * @param {Pick<About, "emotions" | "keys">} about
 */
export function makeForm(element, { emotions, keys }) {
  const buttons = Object.entries(emotions).map(([code, name]) => {
    const key = node("kbd", { textContent: keys[code].toUpperCase() });
    const button = node("button", { type: "button" }, key, dot(code), node("span", { textContent: name }));
    button.title = name;
    button.dataset.emotion = code;
    button.ariaPressed = "false";
    return button;
  });
  element.slot("emotions").replaceChildren(...buttons);
  element.root.style.setProperty("--label-rows", String(Math.ceil(buttons.length / 2)));
  document.documentElement.style.setProperty("--label-quarters", String(Math.ceil(buttons.length / 4)));
  element
    .slot("grades")
    .replaceChildren(
      drawGrade("intensity", "Intensity", "E", INTENSITIES),
      drawGrade("confidence", "How sure", "S", CONFIDENCES),
    );
}

/**
 * @param {string} name
 * @param {string} words
 * @param {string} key
 * @param {string[]} steps
 */
function drawGrade(name, words, key, steps) {
  const choices = steps.map((step, i) => {
    const button = node("button", { type: "button", textContent: step, ariaPressed: "false" });
    Object.assign(button.dataset, { grade: name, value: i + 1 });
    return button;
  });
  const title = node("span", { className: "name" }, `${words} `, node("kbd", { textContent: key }));
  return node("div", { className: "grade", role: "group", ariaLabel: words }, title, ...choices);
}

/**
 * @param {DeskElement} element
 * @param {Visit | null} visit
 */
export function drawName(element, visit) {
  element.slot("clip").replaceChildren(isolated(visit ? visit.request.name : "No clip is open"));
}

/**
 * Show what is chosen: the annotator's label, and what was entered since.
 * @param {DeskElement} element
 * @param {Visit | null} visit
 * @param {Label | undefined} own
 */
export function drawForm(element, visit, own) {
  const entered = Object.entries(visit?.draft || emptyDraft()).filter(([, value]) => value);
  /** @type {Partial<Draft>} */
  const now = { ...own, ...Object.fromEntries(entered) };
  for (const button of findAll(element.root, "[data-emotion]", HTMLButtonElement))
    button.ariaPressed = String(button.dataset.emotion === now.emotion);
  for (const button of findAll(element.root, "[data-grade]", HTMLButtonElement)) {
    const grade = now[/** @type {"intensity" | "confidence"} */ (button.dataset.grade)];
    button.ariaPressed = String(Number(button.dataset.value) === grade);
  }
  const note = element.slot("note");
  if (document.activeElement !== note) note.value = now.note || "";
  for (const field of findAll(
    element.root,
    "[data-emotion], [data-grade], [data-slot=note]",
    HTMLButtonElement,
  ))
    field.disabled = !visit || isBroken(visit);
}

/**
 * @param {DeskElement} element
 * @param {{ chosen: Visit["span"], region: Pane["region"] }} span what is labelled, and the region that could be
 */
export function drawSpan(element, { chosen, region }) {
  const [whole, part, final] = findAll(element.root, "[data-span]", HTMLButtonElement);
  for (const button of [whole, part, final]) button.ariaPressed = String(button.dataset.span === chosen);
  part.disabled = !region;
  part.textContent = region ? seconds(region.start_s, region.end_s) : "region";
  part.title = region ? "" : "Drag over the picture to choose a region, or mark its ends with [ and ]";
}

/**
 * Who decides on the final label sees what the others say beside the buttons.
 * @param {DeskElement} element
 * @param {Visit | null} visit
 * @param {Record<string, string>} emotions names by code
 */
export function drawVotes(element, visit, emotions) {
  const place = element.slot("votes");
  const labels = visit?.span === "final" ? visit.labels.filter(({ final }) => !final) : [];
  place.hidden = !labels.length;
  const votes = labels.map(({ annotator, emotion, start_s, end_s }) => {
    const by = Object.assign(isolated(annotator), { title: annotator });
    const at = start_s === null || end_s === null ? "" : `, ${seconds(start_s, end_s)}`;
    return node("span", {}, by, dot(emotion), `${emotions[emotion] || emotion}${at}`);
  });
  place.replaceChildren(...votes);
}

/**
 * Say whether the label of the clip is saved.
 * @param {DeskElement} element
 * @param {Visit | null} visit
 * @param {{ own: Label | undefined, tries: number, about: About }} now
 */
export function drawState(element, visit, { own, tries, about }) {
  const line = element.slot("state");
  line.className = "state";
  const how = FINGERS ? "tap what you hear" : keyWords(about.keys);
  if (!visit) {
    line.textContent = `Choose a clip in the queue below, listen, then ${how}.`;
    return;
  }
  if (visit.problem && !own) {
    line.classList.add("failed");
    line.textContent = visit.problem;
  } else if (visit.conflict) {
    line.classList.add("failed");
    line.textContent = "Not saved: choose which version to keep.";
  } else if (!own) {
    const words = visit.span === "final" ? "No final label yet" : "Not labelled yet";
    line.textContent = visit.clip ? `${words}: ${how}.` : "Opening…";
  } else if (own.state === "waiting") {
    line.classList.add(tries ? "failed" : "waiting");
    line.replaceChildren(tries ? "Not saved yet: " : "Saving: ", about.emotions[own.emotion] || own.emotion);
  } else {
    line.classList.add("saved");
    const tick = node("span", { className: "tick", textContent: "✓" });
    line.replaceChildren(tick, ` Saved: ${describe(own, about.emotions)}`);
  }
}
