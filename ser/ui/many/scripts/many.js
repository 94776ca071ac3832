// @ts-check
// The inner tab "Many files": joins the choice of files, the run, the table and the summary.
import { openInInspect } from "../../inspect/inspect.js";
import { closest, find, findAll, saveFile } from "../../page/dom.js";
import { chosenIn, droppedIn, sounds } from "./choosing.js";
import { setReceiver } from "./handover.js";
import { fail, filtered, makeRow, sorted } from "./rows.js";
import { Run } from "./run.js";
import { toCsv, toJson } from "./saving.js";
import { sendBatch, TOO_LARGE, UploadNames } from "./sending.js";
import { drawSummary } from "./summary.js";
import { pictureOf } from "./summary_picture.js";
import { Table } from "./table.js";

/**
 * @typedef {import("./choosing.js").Chosen} Chosen
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./rows.js").Emotion} Emotion
 */

const SUMMARY_MS = 500; // between two drawings of the summary while files are scored
const TICK_MS = 1_000; // the time that is left goes on without an answer
const AWAY =
  "The app does not answer. Keep this page open: it goes on by itself when the app is back, and nothing is scored twice.";
const CROWDED = "Files of other people are being scored: yours are next, and it goes on by itself.";
const MIXED = "Some of these files were scored with another network, adaptation or voice than the others.";
const NOT_OPENED = "The file could not be opened: is the app running, and the file still where it was?";

/**
 * @param {string} noun
 * @param {number} n
 */
const counted = (noun, n) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

const isThere = () =>
  fetch("robots.txt", { cache: "no-store" }).then(
    ({ ok }) => ok,
    () => false,
  );

class Many {
  /** @param {Widget} widget */
  constructor({ element, props, server, upload }) {
    this.element = element;
    this.props = props;
    this.upload = upload;
    this.section = find(element, ".many");
    this.endings = new Set((this.section.dataset.endings ?? "").split(" "));
    /** @type {Emotion[]} */
    this.six = JSON.parse(this.section.dataset.emotions ?? "[]");
    /** @type {string | null} the voice of the speaker of all files, as JSON, if the person said so */
    this.profile = null;
    this.names = new UploadNames();
    this.order = "order";
    this.filter = { text: "", kind: "" };
    this.note = ""; // about what was chosen or opened last
    this.isSaved = true;
    this.run = new Run({
      send: (batch, signal) => this.send(batch, signal, server),
      isThere,
      changed: () => this.changed(),
    });
    this.table = new Table(find(element, ".many-table"), (row) => this.open(row));
    this.frame = 0;
    this.drawn = 0; // when the summary was drawn
    setInterval(() => this.run.state === "running" && this.paintProgress(), TICK_MS);
  }

  get emotions() {
    return this.run.emotions ?? this.six;
  }

  /**
   * @param {Row[]} batch
   * @param {AbortSignal} signal
   * @param {ServerFunctions} server
   */
  async send(batch, signal, server) {
    const { names, profile } = this;
    const outcome = await sendBatch(batch, { signal, names, profile, score: server.score_batch });
    if (outcome.scored) {
      if (profile) outcome.scored.network += ", your voice";
      this.isSaved = false;
    }
    return outcome;
  }

  /**
   * @param {Chosen[]} files as they were chosen
   * @param {Chosen[]} [inFolders] those that came with a folder, of which only sounds count
   */
  add(files, inFolders = []) {
    const { chosen, leftOut } = sounds(inFolders, this.endings);
    const rows = [...files, ...chosen].map(({ file, path }, i) =>
      makeRow(file, path, this.run.rows.length + i),
    );
    const limit = window.gradio_config?.max_file_size;
    for (const row of rows) if (limit && row.file.size > limit) fail(row, TOO_LARGE);
    this.note = leftOut
      ? `${counted("other file", leftOut)} left out, as their names are not those of sounds.`
      : "";
    if (!rows.length) this.note = `There are no sound files. ${this.note}`.trim();
    if (rows.length) this.run.add(rows);
    else this.changed();
  }

  /** @param {Row} row */
  async open(row) {
    this.note = row.state === "failed" ? `${row.name}: ${row.error}` : "";
    this.paintSaid();
    if (row.state === "failed") return;
    try {
      const { path } = await this.upload(row.file);
      await openInInspect({ kind: "upload", key: path, name: row.name });
    } catch {
      this.note = NOT_OPENED;
      this.paintSaid();
    }
  }

  // ---- what is shown

  changed() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    const { rows, state } = this.run;
    this.section.dataset.state = state;
    for (const part of [".many-progress", ".many-results"])
      find(this.element, part).hidden = state === "empty";
    this.paintSaid();
    this.paintVoice();
    if (state === "empty") return;
    this.paintProgress();
    const shown = sorted(filtered(rows, this.filter, this.emotions), this.order, this.emotions);
    this.table.show(shown, this.emotions);
    find(this.element, ".many-shown").textContent =
      shown.length === rows.length
        ? counted("file", rows.length)
        : `${shown.length.toLocaleString("en")} of ${counted("file", rows.length)}`;
    const wait = state === "running" ? this.drawn + SUMMARY_MS - performance.now() : 0;
    if (wait > 0) return;
    this.drawn = performance.now();
    drawSummary(find(this.element, ".many-summary"), rows, this.emotions);
  }

  paintProgress() {
    const { rows, state } = this.run;
    const scored = rows.filter((row) => row.state === "scored").length;
    const failed = rows.filter((row) => row.state === "failed").length;
    const bar = find(this.element, "progress", HTMLProgressElement);
    bar.max = Math.max(1, rows.length);
    bar.value = scored + failed;
    const left = this.run.timeLeft();
    find(this.element, ".many-count").textContent = [
      `${scored.toLocaleString("en")} of ${counted("file", rows.length)} scored`,
      ...(failed ? [`${failed.toLocaleString("en")} could not be scored`] : []),
      ...(left ? [`${left} left`] : []),
    ].join(" · ");
    const isMixed = new Set(rows.filter(({ by }) => by).map(({ by }) => by)).size > 1;
    const isOn = state === "running" || state === "away";
    /** @type {Record<string, boolean>} */
    const there = {
      stop: isOn,
      go: state === "stopped",
      retry: failed > 0 && !isOn,
      rescore: isMixed && !isOn,
    };
    for (const [action, isShown] of Object.entries(there))
      find(this.element, `[data-do="${action}"]`).hidden = !isShown;
    for (const action of ["csv", "json", "picture"])
      find(this.element, `[data-do="${action}"]`, HTMLButtonElement).disabled = !(scored + failed);
    this.isMixed = isMixed;
  }

  paintSaid() {
    const { state, why, isCrowded, rows } = this.run;
    /** @type {Record<string, string>} */
    const words = {
      away: AWAY,
      stopped: why ? `Stopped. ${why}` : "Stopped. What was scored is kept; Go on scores the others.",
      done: rows.length ? "All files are done." : "",
      running: isCrowded ? CROWDED : "",
    };
    const said = find(this.element, ".many-said");
    const parts = [words[state] ?? "", this.isMixed && state !== "running" ? MIXED : "", this.note];
    const text = parts.filter(Boolean).join(" ");
    if (said.textContent !== text) said.textContent = text;
    said.hidden = !text;
    said.classList.toggle("warning", state === "away" || Boolean(why));
  }

  paintVoice() {
    const offer = find(this.element, ".many-voice");
    const { profile, known_takes } = this.props;
    offer.hidden = !profile;
    find(offer, "span").textContent =
      `All files are of my voice: adjust the scores to it (${counted("take", known_takes ?? 0)})`;
  }

  /** The voice of this page was learned, changed or forgotten. */
  voiceChanged() {
    if (!this.props.profile && this.profile) {
      this.profile = null;
      find(this.element, ".many-voice input", HTMLInputElement).checked = false;
    }
    this.paintVoice();
  }

  /** @param {boolean} isMine */
  useVoice(isMine) {
    this.profile = isMine ? this.props.profile : null;
    if (this.run.rows.length) this.run.rescore(); // one for all
  }

  /** @param {string} order */
  sort(order) {
    this.order = order;
    find(this.element, ".many-table").scrollTop = 0;
    const direction = order.startsWith("-") ? "descending" : "ascending";
    for (const head of findAll(this.element, "[data-sort]"))
      if (head.dataset.sort === order.replace("-", "")) head.setAttribute("aria-sort", direction);
      else head.removeAttribute("aria-sort");
    const choice = find(this.element, ".many-sort", HTMLSelectElement);
    choice.value = order; // none, if the order is only that of a column
    this.changed();
  }

  /** @param {string} key of a column */
  sortBy(key) {
    const first = ["score", "intensity", "length"].includes(key) ? `-${key}` : key; // the highest first
    const second = first.startsWith("-") ? key : `-${key}`;
    this.sort(this.order === first ? second : first);
  }

  /** @param {"csv" | "json"} kind */
  save(kind) {
    const { rows } = this.run;
    const labels = this.six.map(({ code }) => code);
    if (kind === "csv") saveFile("emotions.csv", toCsv(rows, this.emotions, labels), "text/csv");
    else saveFile("emotions.json", toJson(rows), "application/json");
    this.isSaved = true;
  }

  savePicture() {
    const figure = find(this.element, ".many-summary");
    drawSummary(figure, this.run.rows, this.emotions); // with the last answers, too
    pictureOf(figure).toBlob((png) => png && saveFile("emotions.png", png, "image/png"), "image/png");
  }
}

/** @param {Widget} widget */
export function start(widget) {
  const many = new Many(widget);
  const { element, run } = many;
  const files = find(element, ".many-files", HTMLInputElement);
  const folder = find(element, ".many-folder", HTMLInputElement);
  /** @type {Record<string, () => void>} */
  const ACTIONS = {
    files: () => files.click(),
    folder: () => folder.click(),
    stop: () => run.stop(),
    go: () => run.go(),
    retry: () => run.retry(),
    rescore: () => run.rescore(),
    csv: () => many.save("csv"),
    json: () => many.save("json"),
    picture: () => many.savePicture(),
    clear() {
      many.note = "";
      many.isSaved = true;
      run.clear();
    },
  };
  element.addEventListener("click", ({ target }) => {
    const action = closest(target, "[data-do]")?.dataset.do;
    if (action) ACTIONS[action]();
    const column = closest(target, "[data-sort] button")?.parentElement?.dataset.sort;
    if (column) many.sortBy(column);
  });
  files.addEventListener("change", () => {
    many.add(chosenIn(files));
    files.value = ""; // the same files may be chosen again
  });
  folder.addEventListener("change", () => {
    many.add([], chosenIn(folder));
    folder.value = "";
  });
  element.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return;
    if (target.matches('[type="search"]')) many.filter.text = target.value;
    else if (target.matches(".many-kind")) many.filter.kind = target.value;
    else if (target.matches(".many-sort")) return many.sort(target.value);
    else if (target.matches(".many-voice input")) return many.useVoice(/** @type {any} */ (target).checked);
    else return;
    find(element, ".many-table").scrollTop = 0;
    many.changed();
  });
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"])
    many.section.addEventListener(kind, async (event) => {
      const { dataTransfer } = /** @type {DragEvent} */ (event);
      if (!dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      many.section.classList.toggle("dropping", kind.startsWith("drag") && kind !== "dragleave");
      if (kind !== "drop") return;
      const dropped = await droppedIn(dataTransfer);
      many.add(dropped.files, dropped.inFolders);
    });
  window.addEventListener("beforeunload", (event) => {
    if (!many.isSaved) event.preventDefault(); // the list is lost with the page
  });
  setReceiver(({ files, inFolders }) => many.add(files, inFolders));
  widget.watch("profile", () => many.voiceChanged());
  many.paint();
}
