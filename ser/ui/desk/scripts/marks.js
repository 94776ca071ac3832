// @ts-check
// Skip and flag: what an annotator says about a clip besides a label.
import { SILENT } from "./connection.js";

/** @import { Desk } from "./desk.js" */
/** @import { MarkKind, Visit } from "./types.d.ts" */

export class Marks {
  #desk;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
  }

  draw() {
    const { element, form } = this.#desk;
    const { visit } = form;
    for (const [name, kind] of /** @type {const} */ ([
      ["flag", "flagged"],
      ["skip", "skipped"],
    ])) {
      const button = element.act(name);
      button.disabled = !visit || Boolean(visit.problem);
      button.ariaPressed = String(Boolean(visit?.marks.includes(kind)));
    }
  }

  /** Flag the clip, so that somebody looks at it again, or take that back. */
  flag() {
    const { visit } = this.#desk.form;
    if (visit) return this.#set(visit, "flagged", !visit.marks.includes("flagged"));
  }

  /** Leave the clip without a label, and go on; a clip that was skipped is no longer. */
  async skip() {
    const { form, queue } = this.#desk;
    const { visit } = form;
    if (!visit) return;
    const skips = !visit.marks.includes("skipped");
    if ((await this.#set(visit, "skipped", skips)) && skips && visit === form.visit) queue.step(1);
  }

  /**
   * @param {Visit} visit
   * @param {MarkKind} kind
   * @param {boolean} isSet
   * @returns {Promise<boolean>} whether it was stored
   */
  async #set(visit, kind, isSet) {
    const { connection, element, form, queue } = this.#desk;
    if (!connection.annotator) {
      element.askName("Enter your name first: it is stored with each label.");
      return false;
    }
    const { clip, request } = visit;
    const answer = await connection.ask("clip_mark", { request, clip, kind, is_set: isSet });
    if (!answer || answer.problem) {
      element.tell(answer?.problem || SILENT);
      return false;
    }
    visit.marks = answer.marks ?? [];
    const row = queue.rows.find(({ key }) => key === request.key);
    if (row) row.marks = visit.marks;
    if (visit === form.visit) this.draw();
    queue.draw();
    return true;
  }
}
