// @ts-check
// How the desk starts: it asks where labels are kept, sends what an earlier page could not, and opens a queue.
import { node } from "../../page/dom.js";
import { remembered } from "../../page/remembered.js";
import { Connection, SILENT, later } from "./connection.js";
import { Desk } from "./desk.js";
import { DeskElement } from "./elements.js";
import { showGuidelines } from "./guidelines.js";
import { makeForm } from "./form_view.js";
import { addKeys, listenToForm, listenToName, listenToSettings } from "./keys.js";
import { listenToOutbox } from "./unsent.js";
import { pane, untilViewer } from "./viewer.js";

const AGAIN_MS = 6000; // wait between tries while the app does not answer

/** @param {Widget} widget */
export async function start(widget) {
  const element = new DeskElement(widget.element);
  const connection = new Connection(widget);
  const desk = new Desk(element, connection, await untilAbout(element, connection));
  const { about, files, form, learning, outbox, queue } = desk;
  element.problem();
  fill(desk, widget.props.formats);
  makeForm(element, about);
  showGuidelines(element, about.guidelines);
  outbox.read();
  listenToName(desk);
  listenToForm(desk);
  listenToSettings(desk);
  queue.listen(widget.watch);
  files.listen();
  learning.listen();
  listenToOutbox(desk);
  addKeys(desk);
  form.draw();
  outbox.send();
  const sources = about.sources.map(({ name }) => name);
  const last = remembered.get("label-source");
  followViewer(desk);
  await queue.openSource(last && sources.includes(last) && !about.folder ? last : sources[0]);
  if (about.folder && !form.visit && !pane()?.sound) queue.openFirst();
  learning.refresh();
}

/**
 * @param {DeskElement} element
 * @param {Connection} connection
 */
async function untilAbout(element, connection) {
  for (;;) {
    const about = await connection.ask("desk_about");
    if (about && !about.problem) return about;
    element.problem(about?.problem || SILENT);
    await later(AGAIN_MS);
  }
}

/**
 * @param {Desk} desk
 * @param {Record<string, string>} formats names of file formats by their id
 */
function fill({ about, connection, element }, formats) {
  fillOptions(
    element.slot("source"),
    about.sources.map(({ name, title }) => [name, title]),
  );
  if (about.assigned.length) {
    element.slot("show").prepend(node("option", { value: "mine", textContent: "clips for me" }));
    element.slot("show").value = "mine";
  }
  fillOptions(element.slot("format"), Object.entries(formats));
  element.slot("where").textContent = about.where;
  element.slot("where").classList.toggle("warning", !about.kept);
  element.slot("annotator").textContent = connection.annotator;
  element.slot("who").hidden = Boolean(connection.annotator);
}

/**
 * @param {HTMLSelectElement} select
 * @param {string[][]} choices value and text
 */
function fillOptions(select, choices) {
  select.replaceChildren(...choices.map(([value, textContent]) => node("option", { value, textContent })));
}

/** @param {Desk} desk */
async function followViewer({ form, given }) {
  const viewer = await untilViewer();
  viewer.on("open", ({ pane: opened }) => form.follow(opened));
  viewer.on("region", () => form.drawSpan());
  viewer.on("label", ({ pane: of, id }) => of === pane() && given.show(id));
  window.addEventListener("takes-gone", (event) =>
    form.forget(/** @type {CustomEvent<string[]>} */ (event).detail),
  );
  viewer.on("marked", ({ pane: chosen }) => chosen === pane() && form.chooseSpan("region"));
  const top = pane();
  if (top?.sound) form.follow(top);
  else form.openAgain();
}
