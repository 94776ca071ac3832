// @ts-check
// The words of a pane: the invitation while it is empty, its head, the readout under the pointer, its state.
import { find, findAll, node } from "../../page/dom.js";
import { smallButton } from "./elements.js";
import { clockWords } from "./numbers.js";
import { PICTURES } from "./picture_choices.js";
import { dbWords, valueAt } from "./picture.js";
import { slot } from "./toolbar.js";

/** @typedef {import("./pane.js").Pane} Pane */

/**
 * Fill an empty pane: what a spectrogram is, and sounds to start with.
 * @param {Pane} pane
 * @param {import("./open.js").Opening} opening
 */
export function invite(pane, opening) {
  const { place, scope } = pane;
  const template = slot(pane.viewer, "invitation", HTMLTemplateElement);
  const invitation = find(
    /** @type {DocumentFragment} */ (template.content.cloneNode(true)),
    ".invitation",
    HTMLElement,
  );
  const second = place === "bottom";
  invitation.dataset.place = place;
  find(invitation, "[data-slot=title]", HTMLElement).textContent = second
    ? "Choose the second clip"
    : "See a voice";
  for (const part of findAll(invitation, "[data-only]"))
    part.hidden = (part.dataset.only === "bottom") !== second;
  const chips = opening.recent.map((request) => {
    const textContent = request.name || request.key;
    const chip = node("button", { type: "button", className: "small-button", textContent });
    scope.listen(chip, "click", () => void opening.openSound(request, { place }));
    return chip;
  });
  find(invitation, "[data-slot=recent]", HTMLElement).replaceChildren(...chips);
  find(invitation, "[data-slot=again]", HTMLElement).hidden = !second || !chips.length;
  for (const button of findAll(invitation, "[data-example]")) {
    const key = button.dataset.example ?? "";
    scope.listen(
      button,
      "click",
      () => void opening.openSound({ kind: "example", key, name: key }, { place }),
    );
  }
  scope.listen(find(invitation, "[data-act=open]", HTMLElement), "click", () => opening.chooseFile(place));
  pane.screen.append(invitation);
}

/**
 * Say something over the picture: what is happening, or a problem.
 * @param {Pane} pane
 * @param {string} words
 * @param {boolean} [problem]
 */
export function say(pane, words, problem = false) {
  let place = pane.element.querySelector(".pane-said");
  if (!(place instanceof HTMLElement)) {
    place = node("p", { className: "pane-said", role: "status" });
    pane.screen.append(place);
  }
  const said = /** @type {HTMLElement} */ (place);
  said.textContent = words;
  said.hidden = !words;
  said.classList.toggle("warning", problem);
  pane.element.setAttribute("aria-busy", String(Boolean(words) && !problem));
}

/** @param {Pane} pane */
export function drawPaneHead(pane) {
  const { sound } = pane;
  const second = pane.place === "bottom";
  /** @type {HTMLElement[]} */
  const parts = [node("h3", { textContent: sound?.name || (second ? "Second clip" : "") })];
  if (sound)
    parts.push(node("span", { className: "length", textContent: `${clockWords(sound.duration_s, 0.01)} s` }));
  pane.readout = node("output", { className: "readout" });
  pane.readout.setAttribute("aria-live", "off"); // it changes with every move of the pointer
  parts.push(pane.readout);
  if (second)
    parts.push(
      smallButton(pane.scope, "Close", "Close the second clip (b)", () =>
        pane.viewer.opening?.closePane("bottom"),
      ),
    );
  for (const textContent of sound?.warnings ?? [])
    parts.push(node("p", { className: "warning", textContent }));
  pane.head.replaceChildren(...parts);
  pane.head.hidden = !sound && !second;
}

/**
 * After each drawing: the readout, the label of the picture, and what is still loading.
 * @param {Pane} pane
 */
export function drawPaneWords(pane) {
  const { cursor, range, sound, tiles } = pane;
  const readout = cursor ? cursorWords(pane, cursor).join("  ·  ") : "";
  if (pane.readout.textContent !== readout) pane.readout.textContent = readout;
  const part = `${range.start_s.toFixed(2)} to ${range.end_s.toFixed(2)} s`;
  const label = `Spectrogram of ${sound?.name}, ${part}: ${PICTURES[pane.kind]}`;
  if (pane.canvas.ariaLabel !== label) pane.canvas.ariaLabel = label;
  pane.canvas.setAttribute("aria-busy", String(tiles.busy));
  say(pane, tiles.problem || (tiles.kept.size ? "" : "Drawing…"), Boolean(tiles.problem));
}

/**
 * @param {Pane} pane
 * @param {{ time_s: number, hz: number | null }} cursor
 */
function cursorWords(pane, { time_s, hz }) {
  const time = `${time_s.toFixed(3)} s`;
  return hz === null ? [time] : [time, `${Math.round(hz)} Hz`, dbWords(valueAt(pane, time_s, hz))];
}
