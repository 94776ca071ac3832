// @ts-check
// The labels of the open clip: the annotator's own, those of others once it is labelled, and their history.
import { node } from "../../page/dom.js";
import { SILENT } from "./connection.js";
import { dot, isolated, linkButton } from "./elements.js";
import { drawVotes } from "./form_view.js";
import { clock, describe, factWords, keptLabel, ownFirst, plural } from "./label.js";
import { pane, viewer } from "./viewer.js";

/** @import { Desk } from "./desk.js" */
/** @import { HistoryChange, Label, Visit } from "./types.d.ts" */

export class Given {
  #desk;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
  }

  draw() {
    const { connection, element, form } = this.#desk;
    const { visit } = form;
    const parts = [];
    const textContent = factWords(visit?.facts ?? null);
    if (textContent) parts.push(node("p", { className: "facts", textContent }));
    if (visit && (visit.labels.length || (visit.hidden && !visit.request.blind))) {
      const lines = ownFirst(visit.labels, connection.annotator).map((label) => this.#drawLine(label));
      parts.push(node("h4", { textContent: "Labels of this clip" }), node("ul", {}, ...lines));
      const textContent = `${plural(visit.hidden, "label")} by others, hidden until you label.`;
      if (visit.hidden && !visit.request.blind) parts.push(node("p", { className: "hint", textContent }));
      if (visit.labels.length) parts.push(this.#historyFold(visit));
    }
    element.slot("given").replaceChildren(...parts);
    drawVotes(element, visit, this.#desk.about.emotions);
    this.#drawConflict();
  }

  /** @param {Label} label */
  #words(label) {
    return describe(label, this.#desk.about.emotions);
  }

  /** @param {Label} label */
  #drawLine(label) {
    const own = label.annotator === this.#desk.connection.annotator;
    const words = node("span", { className: "words" }, dot(label.emotion), isolated(this.#words(label)));
    const who = own ? "you" : isolated(label.annotator);
    const by = node("span", { className: "by" }, who, label.time ? `, ${clock(label.time)}` : "");
    const line = node("li", { className: own ? "own" : "" }, words, by);
    if (!own) return line;
    if (label.start_s !== null) line.append(linkButton("Show", () => this.#showRegion(label)));
    const remover = node("button", {
      type: "button",
      className: "delete",
      textContent: "×",
      ariaLabel: `Delete my label ${this.#desk.emotionName(label.emotion)}`,
      title: "Delete (Undo restores it)",
    });
    remover.addEventListener("click", () => this.#desk.form.remove(label));
    line.append(remover);
    return line;
  }

  /**
   * Choose what a label of the annotator applies to, so that keys change this label.
   * @param {string} id
   */
  show(id) {
    const label = this.#desk.form.visit?.labels.find((other) => other.id === id);
    if (!label) return;
    if (label.start_s === null) this.#desk.form.chooseSpan("whole");
    else this.#showRegion(label);
  }

  /**
   * Select the region of a label again; keys then change this label.
   * @param {Label} label
   */
  #showRegion({ start_s, end_s }) {
    const top = pane();
    if (!top || start_s === null || end_s === null) return;
    top.region = { low_hz: null, high_hz: null, start_s, end_s };
    top.redraw();
    viewer()?.emit("region", { pane: top });
    this.#desk.form.chooseSpan("region");
  }

  /** @param {Visit} visit */
  #historyFold(visit) {
    const { connection, settings } = this.#desk;
    const list = node("ol");
    const fold = node("details", { className: "history" }, node("summary", { textContent: "History" }), list);
    fold.addEventListener("toggle", async () => {
      if (!fold.open) return;
      const { request, clip } = visit;
      const answer = await connection.ask("label_history", { request, clip, others: settings.others });
      const lines = (answer?.changes || []).map((change) => this.#drawChange(change));
      const textContent = answer ? answer.problem || "No changes yet." : SILENT;
      list.replaceChildren(...(lines.length ? lines : [node("li", { textContent })]));
    });
    return fold;
  }

  /** @param {HistoryChange} change */
  #drawChange({ before, after, annotator, time }) {
    const [old, now] = [before && this.#words(before), after && this.#words(after)];
    const what = !now ? `deleted ${old}` : old ? `${old} → ${now}` : now;
    const when = node("time", { dateTime: time, textContent: clock(time) });
    return node("li", {}, when, " ", isolated(annotator), ": ", isolated(what));
  }

  // ---- the same annotator changed the label elsewhere meanwhile: both versions, and the choice

  #drawConflict() {
    const { element, form } = this.#desk;
    const letter = form.visit?.conflict;
    const place = element.slot("conflict");
    place.hidden = !letter?.conflict;
    if (!letter?.conflict) return place.replaceChildren();
    const { wanted, stored } = letter.conflict;
    const what = stored
      ? stored.final
        ? "gave the final label"
        : "labelled this clip"
      : "deleted this label";
    const at = stored?.time ? ` at ${clock(stored.time)}` : "";
    const own = !stored || stored.annotator === this.#desk.connection.annotator;
    const mine = letter.kind === "delete" ? null : wanted;
    place.replaceChildren(
      node(
        "p",
        {},
        own ? "You" : isolated(stored.annotator),
        ` ${what}${own ? " elsewhere" : ""}${at}. Which version should stay?`,
      ),
      this.#drawVersion(
        "Yours, not saved",
        mine,
        keyButton("Keep mine", "K", () => this.endConflict(true)),
      ),
      this.#drawVersion(
        "The other, saved",
        stored,
        keyButton("Keep the other", "O", () => this.endConflict(false)),
      ),
    );
  }

  /**
   * @param {string} words
   * @param {Label | null} label
   * @param {HTMLElement} button
   */
  #drawVersion(words, label, button) {
    const content = label
      ? [dot(label.emotion), node("b", {}, isolated(this.#words(label)))]
      : [node("b", { textContent: "deleted" })];
    return node("div", { className: "version" }, node("p", {}, `${words}: `, ...content), button);
  }

  /** @param {boolean} keepMine */
  endConflict(keepMine) {
    const { form, outbox } = this.#desk;
    const now = form.visit;
    const letter = now?.conflict;
    if (!now || !letter?.conflict) return;
    const { wanted } = letter.conflict;
    now.conflict = null;
    outbox.forget(letter);
    now.labels = now.labels.filter(({ id }) => id !== wanted.id);
    if (!keepMine) form.refresh(now);
    else form.post(letter.kind, keptLabel(letter.kind, letter.conflict), now);
    this.#desk.drawUnsent();
    form.draw();
  }
}

/**
 * @param {string} words
 * @param {string} key
 * @param {() => void} action
 */
function keyButton(words, key, action) {
  const cap = node("kbd", { textContent: key });
  const button = node("button", { type: "button", className: "small-button" }, words, " ", cap);
  button.addEventListener("click", action);
  return button;
}
