// @ts-check
// Skip and flag: what an annotator says about a clip besides a label.
import { SILENT } from "./connection.js";

/** @import { Desk } from "./desk.js" */
/** @import { MarkKind, Visit } from "./types.d.ts" */

/** @typedef {{ visit: Visit, kind: MarkKind, isSet: boolean, undone: boolean }} Step */

export class Marks {
  /** @type {Step | null} the last mark, unless a label was changed since */
  #last = null;
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

  /** A label was changed: that is what undo is about now. */
  forgetLast() {
    this.#last = null;
  }

  /**
   * Undo the last mark, or redo it, if it is the annotator's last change.
   * @param {boolean} redo
   * @returns {Promise<boolean>} whether it was
   */
  async undoOrRedo(redo) {
    const { element, form } = this.#desk;
    const step = this.#last;
    if (!step || step.undone !== redo) return false;
    const { visit, kind, isSet } = step;
    if (!(await this.#set(visit, kind, isSet === redo))) return true; // it said why
    this.#last = { ...step, undone: !redo };
    if (visit.row !== null && visit.row !== form.visit?.row) form.openRow(visit.row);
    const words = `${isSet === redo ? "" : "no longer "}${kind}`;
    element.tell(`${redo ? "Redone" : "Undone"}: ${visit.request.name} is ${words}.`);
    return true;
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
    this.#last = { visit, kind, isSet, undone: false };
    const row = queue.rows.find(({ key }) => key === request.key);
    if (row) row.marks = visit.marks;
    if (visit === form.visit) this.draw();
    queue.draw();
    return true;
  }
}
