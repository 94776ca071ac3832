// @ts-check
// Requests of the desk to the server, and who makes them.
import { remembered } from "../../page/remembered.js";
import { newId } from "./label.js";

/** @import { Answers } from "./types.d.ts" */

const ANSWER_MS = 15000; // after that a request counts as lost
export const SILENT =
  "The app does not answer. Is it still running? Your labels are kept in this browser until it does.";

/**
 * @param {number} wait_ms
 * @returns {Promise<void>}
 */
export const later = (wait_ms) => new Promise((resolve) => setTimeout(resolve, wait_ms));

/** Identifies this browser's labels. If the browser stores nothing, the id lasts as long as the page. */
function browserId() {
  const id = remembered.get("browser") || newId();
  remembered.set("browser", id);
  return id;
}

export class Connection {
  /** @type {string} */
  annotator = remembered.get("annotator") || "";
  #browser = browserId();
  #widget;

  /** @param {Widget} widget */
  constructor(widget) {
    this.#widget = widget;
  }

  /**
   * Call a server function; there is no result if the server does not answer.
   * @template {keyof Answers} Name
   * @param {Name} name
   * @param {Record<string, unknown>} [fields]
   * @param {number} [wait_ms]
   * @returns {Promise<Answers[Name] | undefined | null>}
   */
  async ask(name, fields = {}, wait_ms = ANSWER_MS) {
    const { server, props } = this.#widget;
    const who = {
      browser: this.#browser,
      annotator: this.annotator,
      sitting: props.sitting?.token || null,
    };
    try {
      return await Promise.race([server[name]({ ...who, ...fields }), later(wait_ms)]);
    } catch {
      return undefined; // the request was lost
    }
  }
}
