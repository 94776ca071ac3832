// @ts-check
// The form: one key chooses an emotion, which is saved at once. The other fields may come before or after it.
// A visit is one clip as the annotator opened it. Keys pressed during a visit belong to its clip, even if the next clip is
// open by the time the server answers.
import { SILENT, later } from "./connection.js";
import * as view from "./form_view.js";
import { emptyDraft, isLabelAt, newId, nextGrade, painted, withChange, withSaved } from "./label.js";
import { pane, showLabels, viewer } from "./viewer.js";

/** @import { Desk } from "./desk.js" */
/** @import { ChangeAnswer, Draft, Label, Letter, Pane, SoundRequest, Span, Visit } from "./types.d.ts" */

const LATER_MS = 80; // a clip that is only skipped over is not opened
const NAMELESS = "Enter your name first: it is stored with each label.";

export class Form {
  /** @type {Visit | null} */
  visit = null;
  giving = 0; // changes that wait for the labels of their clip, before they are in the outbox
  /** @type {Set<string>} keys of clips that the queue is opening in the viewer */
  #arriving = new Set();
  /** @type {number | undefined} */
  #opening;
  #hiding = false; // whether the network's scores are hidden
  #desk;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
  }

  // ---- the clip that is open

  /**
   * @param {SoundRequest} request
   * @param {number | null} row
   */
  #begin(request, row) {
    const { element, queue } = this.#desk;
    /** @type {Visit} */
    const now = {
      request,
      row,
      clip: null,
      labels: [],
      marks: [],
      hidden: 0,
      facts: null,
      draft: emptyDraft(),
      span: queue.adjudicates ? "final" : "whole",
      token: null,
      changes: 0,
      needed: false,
      problem: null,
      conflict: null,
      ready: Promise.resolve(),
    };
    [this.visit, queue.begun] = [now, true];
    element.section.classList.add("open");
    element.tell("");
    now.ready = later(LATER_MS).then(() => (now === this.visit || now.needed ? this.#load(now) : undefined));
    queue.draw();
    this.draw();
    this.#desk.drawUnsent();
    return now;
  }

  /** @type {(now: Visit) => Promise<void>} */
  async #load(now) {
    const { connection, outbox, settings } = this.#desk;
    const { changes, span } = now;
    const others = settings.others || span === "final"; // who decides sees what the others say
    const answer = await connection.ask("clip_labels", { request: now.request, others });
    if (changes !== now.changes) return this.#load(now); // a label was given meanwhile
    now.problem = answer ? answer.problem || null : SILENT;
    if (answer?.clip) {
      const { clip, labels, marks, hidden, facts } = answer;
      Object.assign(now, { clip, labels, marks, hidden, facts });
      for (const letter of outbox.ours) {
        if (letter.label.clip_key !== now.request.key) continue;
        if (letter.conflict) now.conflict = letter;
        else this.#foresee(now, letter);
      }
    }
    if (now === this.visit) this.draw();
  }

  /** Load the labels again: others may have changed them, or hidden ones may be shown now. */
  async refresh(now = this.visit) {
    if (now) await this.#load(now);
  }

  /** @param {number} index */
  openRow(index) {
    const row = this.#desk.queue.rows[index];
    if (row)
      this.openRequest({ kind: row.kind, key: row.key, name: row.name, blind: this.#desk.blind }, index);
  }

  /**
   * Recordings were deleted: the desk keeps nothing of the one that was open.
   * @param {string[]} ends of their keys
   */
  forget(ends) {
    const key = this.visit?.request.key ?? "";
    if (!ends.some((end) => key.endsWith(end))) return;
    this.visit = null;
    this.#desk.element.section.classList.remove("open");
    this.#desk.element.tell("");
    this.draw();
    this.#desk.queue.draw();
  }

  /**
   * The picture follows the queue after a moment: clips that are only skipped over are not fetched.
   * @param {SoundRequest} request
   * @param {number | null} [row]
   */
  openRequest(request, row = this.#desk.queue.rowOf(request)) {
    const now = this.#begin(request, row);
    clearTimeout(this.#opening);
    this.#opening = setTimeout(() => now === this.visit && this.#openInViewer(request), LATER_MS);
  }

  /** @param {SoundRequest} request */
  async #openInViewer(request) {
    const top = viewer();
    if (!top) return; // openAgain opens it when the viewer is ready
    this.#arriving.add(request.key);
    try {
      await top.open(request, { place: "top", play: this.#plays });
    } finally {
      this.#arriving.delete(request.key);
    }
  }

  /** Whether clips are played as they open: not before someone has come to label. */
  get #plays() {
    const { connection, queue, settings } = this.#desk;
    return settings.play && Boolean(connection.annotator || !queue.waitsForName);
  }

  /** Open in the viewer what was opened before it was ready. */
  openAgain() {
    if (this.visit) this.#openInViewer(this.visit.request);
  }

  /**
   * A clip that is opened in the viewer by other means becomes the clip to label.
   * @param {Pane} opened
   */
  follow(opened) {
    const { sound } = opened;
    if (!sound?.key || opened !== pane()) return;
    const { visit } = this;
    if (visit && visit.request.kind === sound.kind && visit.request.key === sound.key) {
      visit.token = sound.token;
      this.#hideScores();
      this.#showOwn();
      return this.drawSpan();
    }
    if (this.#arriving.has(sound.key)) return; // the annotator has moved on
    const { queue } = this.#desk;
    const row = queue.rowOf(sound);
    const { kind, key, name, blind } = sound;
    this.#begin({ kind, key, name, blind }, row).token = sound.token;
    const place = queue.placeOf(row);
    if (place >= 0) queue.keepInSight(place);
  }

  // ---- giving a label

  /** The region that is chosen in the viewer, if the viewer shows this clip. */
  region() {
    const top = pane();
    return top && this.visit?.token && top.token === this.visit.token ? top.region || null : null;
  }

  /**
   * What a key would label.
   * @returns {Span & { final: boolean }}
   */
  #span(now = this.visit) {
    const chosen = now && now === this.visit && now.span === "region" ? this.region() : null;
    const final = now?.span === "final";
    return { start_s: chosen?.start_s ?? null, end_s: chosen?.end_s ?? null, final };
  }

  /** The annotator's label that a key would change. */
  mine(now = this.visit, at = this.#span(now)) {
    const { annotator } = this.#desk.connection;
    return now?.labels.find((label) => isLabelAt(label, at, annotator));
  }

  /** @param {Partial<Draft>} change */
  async give(change) {
    const { connection, element, queue, settings } = this.#desk;
    const now = this.visit;
    if (!connection.annotator) return element.askName(NAMELESS);
    if (!now) return element.tell("Choose a clip first.");
    const at = this.#span(now);
    Object.assign(now.draft, change);
    now.needed = true;
    this.drawForm();
    this.giving++;
    await now.ready.finally(() => this.giving--);
    if (view.isBroken(now)) return this.draw();
    this.#change(now, at, change);
    if (now !== this.visit) return;
    this.draw();
    if (change.emotion && !(await this.#goOn(at)) && settings.advance) queue.step(1);
  }

  /**
   * After a phrase comes the next one.
   * @param {Span} at
   */
  async #goOn(at) {
    const top = pane();
    return at.start_s !== null && top ? viewer()?.goOnFrom(top, at) : false;
  }

  /**
   * Change the annotator's label, or make one if the emotion is known.
   * @param {Visit} now
   * @param {Span & { final: boolean }} at
   * @param {Partial<Draft>} change
   */
  #change(now, at, change) {
    const { annotator } = this.#desk.connection;
    const own = this.mine(now, at);
    if (!own && !now.draft.emotion) return;
    const unchanged =
      own &&
      Object.entries(change).every(([name, value]) => own[/** @type {keyof Draft} */ (name)] === value);
    const label = own
      ? { ...own, ...change, annotator }
      : { ...now.draft, ...at, id: newId(), annotator, revision: 0 };
    now.draft = emptyDraft();
    if (!unchanged) this.post("write", /** @type {Label} */ (label), now);
  }

  /**
   * Send a change, and show it before the server has it.
   * @param {"write" | "delete"} kind
   * @param {Label} label
   * @param {Visit} now
   */
  post(kind, label, now) {
    const { connection, outbox } = this.#desk;
    this.#foresee(now, outbox.post(kind, label, now, connection.annotator));
  }

  /** @param {Label} label */
  remove(label) {
    if (!this.visit) return;
    this.post("delete", label, this.visit);
    this.draw();
  }

  /**
   * @param {Visit} now
   * @param {Letter} letter
   */
  #foresee(now, letter) {
    now.changes++;
    now.labels = withChange(now.labels, letter);
    this.#desk.queue.paint(now.request.key, painted(now.labels, letter, this.#desk.connection.annotator));
  }

  /**
   * The server has answered. The annotator may have moved on or come back to the clip meanwhile.
   * @param {Letter} letter
   * @param {ChangeAnswer} answer
   */
  settle(letter, answer) {
    for (const now of new Set([letter.visit, this.visit]))
      if (now?.request.key === letter.request.key) this.#settleIn(now, letter, answer);
    window.dispatchEvent(new CustomEvent("labels-changed"));
  }

  /**
   * @param {Visit} now
   * @param {Letter} letter
   * @param {ChangeAnswer} answer
   */
  #settleIn(now, letter, answer) {
    now.changes++;
    if (answer.label) {
      const { id } = letter.label;
      const later = this.#desk.outbox.letters.some(({ label }) => label.id === id);
      const saved = { ...answer.label, clip_key: letter.request.key };
      now.labels = withSaved(now.labels, saved, { id, later });
    }
    if (answer.conflict) now.conflict = letter;
    if (now !== this.visit) return;
    this.draw();
    const { facts, hidden, request } = now;
    const more = hidden || facts?.hides_acted || (request.blind && !facts?.name);
    if (!answer.conflict && more) this.refresh(now);
  }

  /** @param {boolean} redo */
  async undoOrRedo(redo) {
    const { blind, connection, element, emotionName, outbox, queue } = this.#desk;
    if (!connection.annotator) return element.askName(NAMELESS);
    while (this.giving) await later(LATER_MS); // a key that was just pressed is the last change
    await outbox.send();
    if (outbox.unsent.length) return element.tell("The app does not answer: undo works again when it does.");
    const answer = await connection.ask("label_undo", { redo, source: queue.source, blind });
    if (!answer || answer.problem) return element.tell(answer?.problem || SILENT);
    if (!answer.change) return element.tell(redo ? "Nothing to redo." : "Nothing to undo.");
    const { name, emotion } = answer.change;
    const state = emotion ? ` is now ${emotionName(emotion)}` : ": label removed";
    if (answer.row !== null && answer.row !== this.visit?.row) this.openRow(answer.row);
    else await this.refresh();
    element.tell(`${redo ? "Redone" : "Undone"}: ${name}${state}.`);
    queue.readNews();
    window.dispatchEvent(new CustomEvent("labels-changed"));
  }

  /**
   * A key goes through the grades: weak, medium, strong, none.
   * @param {"intensity" | "confidence"} name
   */
  cycle(name) {
    this.give({ [name]: nextGrade((this.mine() || this.visit?.draft)?.[name]) });
  }

  /**
   * Choose a grade, or none if it is chosen already.
   * @param {"intensity" | "confidence"} name
   * @param {number} value
   */
  toggle(name, value) {
    const now = (this.mine() || this.visit?.draft)?.[name];
    this.give({ [name]: now === value ? null : value });
  }

  /** @param {string | undefined} name */
  chooseSpan(name) {
    if (!this.visit) return;
    const before = this.visit.span;
    this.visit.span = name === "final" ? name : name === "region" && this.region() ? "region" : "whole";
    this.visit.draft = emptyDraft();
    if ((before === "final") !== (this.visit.span === "final")) this.refresh();
    this.draw();
  }

  // ---- drawing it

  draw() {
    const { element, queue, given, marks } = this.#desk;
    view.drawName(element, this.visit);
    this.drawSpan();
    this.drawState();
    given.draw();
    marks.draw();
    queue.drawState();
    this.#showOwn();
    this.#hideScores();
  }

  #showOwn = () => showLabels(this.visit, this.#desk.connection.annotator, this.#desk.emotionName);

  drawForm() {
    view.drawForm(this.#desk.element, this.visit, this.mine());
  }

  drawSpan() {
    const region = this.region();
    if (this.visit?.span === "region" && !region) this.visit.span = "whole";
    view.drawSpan(this.#desk.element, { chosen: this.visit?.span ?? "whole", region });
    this.drawForm();
  }

  drawState() {
    const { about, element, outbox } = this.#desk;
    view.drawState(element, this.visit, { own: this.mine(), tries: outbox.tries, about });
  }

  /**
   * Hide the network's scores from annotators until they label, to avoid bias, unless they choose to see them. Without a
   * name entered, scores are shown, except of clips that are labelled blind.
   */
  #hideScores() {
    const { connection, settings } = this.#desk;
    const { annotator } = connection;
    const { visit } = this;
    // The viewer may still show the previous clip.
    const labelled =
      visit?.token && visit.labels.some((label) => !label.final && label.annotator === annotator);
    const reserved = annotator || visit?.request.blind;
    const hide = Boolean(reserved && visit && !visit.problem && !labelled && !settings.scores);
    const top = viewer();
    if (hide === this.#hiding || !top?.hideScores) return;
    this.#hiding = hide;
    top.hideScores(hide);
  }
}
