// @ts-check
// The annotator's desk: what all its parts share, and the parts themselves.
import { remembered } from "../../page/remembered.js";
import { Learning } from "../learning/learning.js";
import { Form } from "./form.js";
import { Given } from "./given.js";
import { LabelFiles } from "./label_files.js";
import { Marks } from "./marks.js";
import { Outbox, content } from "./outbox.js";
import { Queue } from "./queue.js";
import { drawUnsent } from "./unsent.js";

/** @import { Connection } from "./connection.js" */
/** @import { DeskElement } from "./elements.js" */
/** @import { About, Letter } from "./types.d.ts" */

/** @typedef {{ advance: boolean, play: boolean, scores: boolean, others: boolean }} Settings */

/** @returns {Settings} */
function rememberedSettings() {
  /** @type {(name: string, usual: boolean) => boolean} */
  const setting = (name, usual) => {
    const stored = remembered.get(`label-${name}`);
    return stored ? stored === "yes" : usual;
  };
  return {
    advance: setting("advance", false),
    play: setting("play", true),
    scores: setting("scores", false),
    others: setting("others", false),
  };
}

/**
 * @param {About["sources"]} sources
 * @param {string} source
 */
const isTelling = (sources, source) => sources.some(({ name, tells }) => tells && name === source);

export class Desk {
  settings = rememberedSettings();

  /**
   * @param {DeskElement} element
   * @param {Connection} connection
   * @param {About} about where labels are kept, sources, emotions: read once
   */
  constructor(element, connection, about) {
    this.element = element;
    this.connection = connection;
    this.about = about;
    this.queue = new Queue(this);
    this.form = new Form(this);
    this.given = new Given(this);
    this.marks = new Marks(this);
    this.files = new LabelFiles(this);
    this.learning = new Learning(this);
    this.outbox = new Outbox({
      desk: about.id,
      storage: () => localStorage,
      send: (letter) => this.#sendLetter(letter),
      settled: (letter, answer) => this.form.settle(letter, answer),
      changed: () => this.drawUnsent(),
      finished: () => this.form.drawState(),
    });
  }

  /** @param {Letter} letter */
  #sendLetter(letter) {
    const { annotator, visit } = letter;
    this.marks.forgetLast();
    return this.connection.ask("label_change", {
      letter: content(letter),
      annotator,
      token: visit?.token || null,
    });
  }

  /** Whether the annotator labels the queue blind: as they chose, or where the names of its clips tell their emotion. */
  get blind() {
    const { source } = this.queue;
    const stored = remembered.get(`label-blind-${source}`);
    return stored ? stored === "yes" : isTelling(this.about.sources, source);
  }

  set blind(blind) {
    remembered.set(`label-blind-${this.queue.source}`, blind ? "yes" : "no");
  }

  /**
   * Undo the annotator's last change, or redo it: a label, or a clip that was skipped or flagged.
   * @param {boolean} redo
   */
  async undoOrRedo(redo) {
    if (!(await this.marks.undoOrRedo(redo))) this.form.undoOrRedo(redo);
  }

  /** @param {string} code */
  emotionName = (code) => this.about.emotions[code] || code;

  drawUnsent = () => drawUnsent(this);
}
