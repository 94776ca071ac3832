// @ts-check
// What the page says about changes that are not saved.
import { isolated, linkButton } from "./elements.js";
import { plural } from "./label.js";

/** @import { Desk } from "./desk.js" */
/** @import { Letter } from "./types.d.ts" */

/** @param {Desk} desk */
export function drawUnsent(desk) {
  const { element } = desk;
  const parts = [...drawWaiting(desk), ...drawRefused(desk), ...drawConflicts(desk), ...drawOtherDesks(desk)];
  element.slot("unsent").replaceChildren(...parts);
  element.slot("unsent").hidden = !parts.length;
}

/** @param {Desk} desk */
function drawWaiting({ outbox }) {
  const waiting = outbox.unsent.length;
  if (!waiting || !outbox.tries) return [];
  const words = `Not saved yet: ${plural(waiting, "change")}. The app does not answer. Changes stay in this browser and are sent again. `;
  return [words, linkButton("Try again", () => outbox.send())];
}

/** @param {Desk} desk */
function drawRefused(desk) {
  const { emotionName, outbox } = desk;
  const refused = outbox.ours.filter((letter) => letter.refused);
  if (!refused.length) return [];
  const [first] = refused;
  return [
    `Not saved: ${first.label.emotion ? emotionName(first.label.emotion) : "a label"} for `,
    isolated(first.request.name),
    `. ${first.refused} `,
    linkButton("Try again", () => outbox.resend(refused)),
    " ",
    linkButton("Discard it", () => discard(desk, first)),
  ];
}

/** @param {Desk} desk */
function drawConflicts({ form, outbox }) {
  const open = form.visit?.request.key; // of this clip, the form shows the conflict itself
  const [first] = outbox.ours.filter(({ conflict, label }) => conflict && label.clip_key !== open);
  if (!first) return [];
  return [
    "Not saved: you labelled ",
    isolated(first.request.name),
    " elsewhere as well. ",
    linkButton("Choose which to keep", () => form.openRequest(first.request)),
    " ",
  ];
}

/** @param {Desk} desk */
function drawOtherDesks({ outbox }) {
  const count = outbox.letters.length - outbox.ours.length;
  if (!count) return [];
  const wait = count === 1 ? "waits" : "wait";
  return [
    `${plural(count, "change")} made while this page showed other clips ${wait} in this browser: start the app with that folder again. `,
  ];
}

/**
 * @param {Desk} desk
 * @param {Letter} letter
 */
function discard({ drawUnsent: draw, form, outbox }, letter) {
  outbox.forget(letter);
  draw();
  if (letter.visit === form.visit) form.refresh();
}

/** @param {Desk} desk */
export function listenToOutbox({ form, outbox }) {
  addEventListener("online", () => outbox.send());
  addEventListener("beforeunload", (event) => {
    if (outbox.wouldLose || form.giving) event.preventDefault();
  });
}
