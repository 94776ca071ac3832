// @ts-check
// Export and import of labels as files; an import takes all labels or none.
import { node, saveFile } from "../../page/dom.js";
import { SILENT } from "./connection.js";
import { bringIntoView } from "./elements.js";
import { drawConflict } from "./import_conflict.js";
import { ImportForm } from "./import_form.js";
import { plural } from "./label.js";

/** @import { Desk } from "./desk.js" */
/** @import { Choices, ImportConflict, ImportCounts } from "./types.d.ts" */

const IMPORT_MS = 120000;
const MAX_NAMES = 1000; // of clips that are suggested
const CHUNK = 32768; // bytes that one call of fromCharCode takes

/** @typedef {{ name: string, base64: string }} LabelFile */

/**
 * @param {Uint8Array} bytes
 * @returns {string} base64
 */
export function toBase64(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(text);
}

/** @param {string} base64 */
export const fromBase64 = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/**
 * Return what an import did, in words.
 * @param {ImportCounts} counts
 */
export function importWords({ new: added, replaced, same, left_out, notes }) {
  const rest = left_out?.length ? ` Left out: ${left_out.join(", ")}.` : "";
  const parts = [`${plural(added, "label")} imported`];
  if (replaced) parts.push(`${replaced} replaced`);
  if (same) parts.push(`${same} already here`);
  return [`${parts.join(", ")}.${rest}`, ...(notes ?? [])].join(" ");
}

export class LabelFiles {
  #desk;
  #form;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
    this.#form = new ImportForm(desk.element.slot("choices"), desk.about.emotions);
  }

  /** @param {string} words */
  #tell(words, failed = false) {
    const place = this.#desk.element.slot("files-told");
    place.textContent = words;
    place.className = failed ? "told failed" : "told";
    place.hidden = !words;
    if (words) place.scrollIntoView({ block: "nearest" });
  }

  // The chosen file format, and the program whose times the files have; "" for the one of the format.
  #format() {
    const { element } = this.#desk;
    return { format: element.slot("format").value, times: element.slot("times").value };
  }

  async export() {
    const { connection, element, outbox } = this.#desk;
    await outbox.send();
    const how = { ...this.#format(), wav: element.slot("wav").checked };
    const answer = await connection.ask("labels_export", how, IMPORT_MS);
    if (!answer || answer.problem) return this.#tell(answer?.problem || SILENT, true);
    saveFile(answer.name, fromBase64(answer.base64));
    this.#tell([`${plural(answer.labels, "label")} in ${answer.name}.`, ...answer.notes].join(" "));
  }

  async #import() {
    const input = this.#desk.element.slot("file");
    const read = [...(input.files ?? [])].map(async (file) => ({
      name: file.name,
      base64: toBase64(new Uint8Array(await file.arrayBuffer())),
    }));
    const files = await Promise.all(read);
    input.value = "";
    if (files.length) await this.#send(files, {});
  }

  /**
   * @param {LabelFile[]} files
   * @param {object} how
   * @param {Choices | null} [how.choices] what the annotator decided; without it the server may ask
   * @param {string} [how.stay] which version stays where a label differs: "stored" or "file"
   */
  async #send(files, { choices = null, stay }) {
    const { connection, form, queue } = this.#desk;
    this.#tell("Reading…");
    const how = { ...this.#format(), files, stay, choices };
    const answer = await connection.ask("labels_import", how, IMPORT_MS);
    if (answer?.questions) {
      this.#tell("");
      const names = queue.rows.slice(0, MAX_NAMES).map((row) => row.name);
      const decided = await this.#form.ask(answer.questions, { clip: form.visit?.request.name ?? "", names });
      if (decided) await this.#send(files, { choices: decided, stay });
      return;
    }
    if (!answer || answer.problem) return this.#tell(answer?.problem || SILENT, true);
    if (answer.conflicts)
      return this.#ask(answer.conflicts, answer.differing ?? 0, (chosen) =>
        this.#send(files, { choices, stay: chosen }),
      );
    await form.refresh(); // first, as it moves what is below the labels of the clip
    this.#tell(importWords(answer));
    queue.readNews();
    window.dispatchEvent(new CustomEvent("labels-changed"));
  }

  /**
   * Show labels that differ from stored ones, both versions, and let the annotator choose which stay.
   * @param {ImportConflict[]} conflicts
   * @param {number} count of all
   * @param {(stay: string) => void} choose
   */
  #ask(conflicts, count, choose) {
    const { about, element } = this.#desk;
    const place = element.slot("files-told");
    const lines = conflicts.map((conflict) => drawConflict(conflict, about.emotions));
    const button = (/** @type {string} */ textContent, /** @type {string} */ stay) => {
      const choice = node("button", { type: "button", className: "small-button", textContent });
      choice.addEventListener("click", () => {
        element.act("import").focus({ preventScroll: true }); // the button goes
        choose(stay);
      });
      return choice;
    };
    const more = count - conflicts.length;
    const differ = count === 1 ? "1 label differs" : `${count.toLocaleString("en")} labels differ`;
    place.className = "told differing";
    place.hidden = false;
    place.replaceChildren(
      node("p", {}, `Nothing is imported yet: ${differ} from what is here. Which should stay?`),
      node("ul", { tabIndex: 0, ariaLabel: "Labels that differ" }, ...lines),
      ...(more > 0 ? [node("p", { textContent: `and ${more.toLocaleString("en")} more` })] : []),
      node(
        "p",
        { className: "choice" },
        button("Keep the labels here", "stored"),
        button("Use the labels in the file", "file"),
      ),
    );
    bringIntoView(place);
  }

  listen() {
    const { connection, element } = this.#desk;
    element.act("export").addEventListener("click", () => this.export());
    element.act("import").addEventListener("click", () => {
      if (connection.annotator) element.slot("file").click();
      else element.askName("Enter your name first: it is stored with each label. Then press Import again.");
    });
    element.slot("file").addEventListener("change", () => this.#import());
  }
}
