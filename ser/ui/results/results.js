// @ts-check
// The Results tab: lists the clips of a cell, presents plots on the full screen, downloads them.
import { closest, find, saveFile } from "../page/dom.js";
import { answerTo } from "../page/server.js";
import * as shortcuts from "../page/shortcuts.js";
import { CellClips } from "./cell_clips.js";
import { network, warning } from "./parts.js";
import { Presenting } from "./presenting.js";

/** @param {Widget} widget */
export function start(widget) {
  const { element, watch } = widget;
  const presenting = new Presenting(element);
  const clips = new CellClips(widget);
  // The handlers are on `element`, whose content is replaced.
  element.addEventListener("click", ({ target }) => {
    const button = closest(target, "button");
    if (!button) return;
    const { present, png, csv, acted, clip, step } = button.dataset;
    if (present) presenting.presentNamed(present);
    else if (png) download(widget, button, { plot: png, kind: "png" });
    else if (csv) download(widget, button, { plot: csv, kind: "csv" });
    else if (acted) clips.open(button, presenting.dialog?.open);
    else if (clip) clips.play(button);
    else if (step) presenting.present(presenting.index + Number(step));
    else if ("close" in button.dataset) clips.close();
    else if ("leave" in button.dataset) presenting.dialog?.close();
  });
  element.addEventListener("keydown", (event) => {
    const button = closest(event.target, "button");
    if (clips.pressOnSlide(event)) return;
    if (presenting.dialog?.open) presenting.press(event);
    else if (button?.dataset.acted) clips.pressInMatrix(event, button);
    else if (button?.dataset.clip) clips.pressInList(event, button);
  });
  element.addEventListener("change", async ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.name !== "network") return;
    const name = target.value;
    const html = await answerTo(widget.server.read_network(name));
    if (name !== network(element)) return; // another one has been chosen since
    clips.forget();
    if (html.problem) find(element, ".network-plots").replaceChildren(warning(html.problem));
    else find(element, ".network-plots").innerHTML = html;
  });
  watch("value", () => presenting.begin());
  presenting.begin();
  shortcuts.add("results", "p", "present the plots", () => presenting.present(Math.max(presenting.index, 0)));
}

/**
 * Let the browser save a plot as a file.
 * @param {Pick<Widget, "element" | "server">} widget
 * @param {HTMLElement} button shows that it is at work, and a problem beside it
 * @param {{ plot: string, kind: "png" | "csv" }} choice
 */
async function download({ element, server }, button, { plot, kind }) {
  button.setAttribute("aria-busy", "true");
  button.parentElement?.querySelector(".warning")?.remove();
  const dark = document.body.classList.contains("dark");
  /** @type {{ name: string, type: string, content: string, problem?: string }} */
  const file = await answerTo(server.read_file({ network: network(element), plot, kind, dark }));
  button.removeAttribute("aria-busy");
  if (file.problem) return void button.parentElement?.append(warning(file.problem));
  const bytes = Uint8Array.from(atob(file.content), (letter) => letter.charCodeAt(0));
  saveFile(file.name, bytes, file.type);
}
