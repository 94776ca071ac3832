// @ts-check
// The keys of the desk, and the events of its form.
import { closest, find, findAll } from "../../page/dom.js";
import { emptyDraft } from "./label.js";
import { remembered } from "../../page/remembered.js";
import * as shortcuts from "../../page/shortcuts.js";

/** @import { Desk, Settings } from "./desk.js" */

/** @param {Desk} desk */
export function listenToName(desk) {
  const { about, connection, element, form, queue } = desk;
  element.slot("who").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = element.nameField().value.trim().replace(/\s+/g, " ");
    if (!name) return;
    const isAnother = Boolean(connection.annotator) && connection.annotator !== name;
    connection.annotator = name;
    remembered.set("annotator", name);
    element.problem();
    element.slot("who").hidden = true;
    element.slot("annotator").textContent = name;
    element.toQueue();
    if (isAnother) beginOwn(desk);
    form.refresh();
    const [waited, { visit }] = [queue.waitsForName, form];
    queue.waitsForName = false;
    const news = about.assigned.length ? queue.openSource(queue.source) : queue.readAllNews();
    if (waited) news.then(() => (form.visit === visit ? queue.openFirst({ again: true }) : undefined));
  });
  element.act("rename").addEventListener("click", () => {
    element.nameField().value = connection.annotator;
    element.askName();
  });
}

/**
 * Another annotator begins with labels of their own: not with final ones, nor with what was entered for the one before.
 * @param {Desk} desk
 */
function beginOwn({ element, form, marks, queue }) {
  marks.forgetLast();
  if (form.visit) form.visit.draft = emptyDraft();
  if (form.visit?.span === "final") form.chooseSpan("whole");
  if (!queue.adjudicates) return;
  element.slot("show").selectedIndex = 0;
  queue.rearrange();
}

/** @param {Desk} desk */
export function listenToForm(desk) {
  const { element, form, queue } = desk;
  // After a mouse click, keys go to the queue; with the keyboard, focus stays in the form.
  element.slot("emotions").addEventListener("click", ({ target, detail }) => {
    const emotion = closest(target, "[data-emotion]")?.dataset.emotion;
    if (emotion) form.give({ emotion });
    if (detail) element.toQueue();
  });
  element.slot("grades").addEventListener("click", ({ target, detail }) => {
    const { grade, value } = closest(target, "[data-grade]")?.dataset ?? {};
    if (!grade) return;
    form.toggle(/** @type {"intensity" | "confidence"} */ (grade), Number(value));
    if (detail) element.toQueue();
  });
  for (const button of findAll(element.root, "[data-span]"))
    button.addEventListener("click", () => form.chooseSpan(button.dataset.span));
  listenToFields(desk);
  element.act("previous").addEventListener("click", () => queue.step(-1));
  element.act("next").addEventListener("click", () => queue.step(1));
  element.act("enter").addEventListener("click", () => queue.step(1));
  element.act("agreement").addEventListener("click", () => openAgreement());
  element.act("finish").addEventListener("click", () => {
    element.act("export").scrollIntoView({ block: "center" });
    element.act("export").focus();
    desk.files.export();
  });
  element.act("flag").addEventListener("click", () => desk.marks.flag());
  element.act("skip").addEventListener("click", () => desk.marks.skip());
  element.act("undo").addEventListener("click", () => desk.undoOrRedo(false));
  element.act("redo").addEventListener("click", () => desk.undoOrRedo(true));
}

/** Open the Agreement section below, and go there. */
function openAgreement() {
  const section = find(document, "#agreement details", HTMLDetailsElement);
  section.open = true;
  section.scrollIntoView({ block: "start" });
  find(section, "summary").focus();
}

/** @param {Desk} desk */
function listenToFields({ element, form }) {
  const [note, search] = [element.slot("note"), element.slot("search")];
  note.addEventListener("change", () => form.give({ note: note.value.trim() }));
  note.addEventListener("keydown", (event) => {
    if (event.key === "Escape") note.value = form.mine()?.note || "";
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    element.toQueue(); // leaving the field saves the note
  });
  search.addEventListener("keydown", ({ key }) => ["Enter", "Escape"].includes(key) && element.toQueue());
}

/** @param {Desk} desk */
export function listenToSettings({ element, form, settings }) {
  for (const box of findAll(element.root, "[data-setting]", HTMLInputElement)) {
    const name = /** @type {keyof Settings} */ (box.dataset.setting);
    box.checked = settings[name];
    box.addEventListener("change", () => {
      settings[name] = box.checked;
      remembered.set(`label-${name}`, box.checked ? "yes" : "no");
      form.refresh();
    });
  }
}

/** @param {Desk} desk */
export function addKeys(desk) {
  const { about, element, form, given, marks, queue } = desk;
  /** @type {(key: string, words: string, action: () => void) => void} */
  const add = (key, words, action) =>
    shortcuts.add("inspect", key, words, () => element.root.checkVisibility() && action()); // not while it is put away
  for (const [emotion, name] of Object.entries(about.emotions))
    add(about.keys[emotion], `label: ${name}`, () => form.give({ emotion }));
  add("enter", "open the next clip of the queue", () => queue.step(1));
  add("arrowdown", "open the next clip of the queue", () => queue.step(1));
  add("arrowup", "open the previous clip of the queue", () => queue.step(-1));
  add("e", "intensity: weak, medium, strong, none", () => form.cycle("intensity"));
  add("s", "how sure: a guess, fairly sure, certain, none", () => form.cycle("confidence"));
  add("a", "label the whole clip, or the region", () =>
    form.chooseSpan(form.visit?.span === "region" ? "whole" : "region"),
  );
  add("shift+a", "give the final label of the clip", () =>
    form.chooseSpan(form.visit?.span === "final" ? "whole" : "final"),
  );
  add("shift+enter", "skip the clip", () => marks.skip());
  add("shift+m", "mark the clip with a flag", () => marks.flag());
  add("n", "write a note", () => element.slot("note").focus());
  add("f", "find a clip by its name", () => element.slot("search").focus());
  add("k", "keep my version of a label that was changed elsewhere", () => given.endConflict(true));
  add("o", "keep the other version", () => given.endConflict(false));
  add("delete", "delete my label of this clip", () => {
    const own = form.mine();
    if (own) form.remove(own);
  });
  add("u", "undo my last change", () => desk.undoOrRedo(false));
  add("shift+u", "redo it", () => desk.undoOrRedo(true));
  add("ctrl+z", "undo my last change", () => desk.undoOrRedo(false));
  add("ctrl+shift+z", "redo it", () => desk.undoOrRedo(true));
  add("ctrl+y", "redo it", () => desk.undoOrRedo(true));
}
