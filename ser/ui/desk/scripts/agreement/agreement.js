// @ts-check
// The Agreement section: the server computes it when it is opened, when a label changes, on Update, and every few seconds
// for changes by other annotators.
import { find } from "../../../page/dom.js";
import { remembered } from "../../../page/remembered.js";
import { answerTo } from "../../../page/server.js";
import { drawClip, drawDiffer, drawFigures, drawTables } from "./agreement_view.js";
import { lead, separator } from "./agreement_words.js";
import { later } from "../connection.js";
import { isolated } from "../elements.js";
import { viewer } from "../viewer.js";

/** @import { Agreement, AgreementAnswer, Differing } from "./agreement_types.d.ts" */
/** @import { SoundRequest } from "../types.d.ts" */

const LOOK_MS = 6000; // how often to check for changes by others
const SOON_MS = 400; // wait for labels that follow each other quickly
const ANSWER_MS = 60000;
const REST = 10; // after a slow computation, pause this many times as long before the next
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function deskFields() {
  // Read the name from the desk, which has it even if the browser stores nothing.
  const shown = document.querySelector('#annotate [data-slot="annotator"]')?.textContent;
  return {
    browser: remembered.get("browser"),
    annotator: shown || remembered.get("annotator"),
    others: remembered.get("label-others") === "yes",
  };
}

/** @param {SoundRequest} request */
async function openClip(request) {
  await viewer()?.open(request, { place: "top", play: false });
  const behavior = calm.matches ? "auto" : "smooth";
  document.getElementById("spectrogram")?.scrollIntoView({ block: "start", behavior });
}

class Section {
  /** @type {string | null} of the answer that is shown */
  #version = null;
  #number = 0; // of the latest request
  #took_ms = 0;
  /** @type {number | undefined} */
  #timer;
  #widget;

  /** @param {Widget} widget */
  constructor(widget) {
    this.#widget = widget;
  }

  /** @param {string} name */
  #slot(name) {
    return find(this.#widget.element, `[data-slot="${name}"]`);
  }

  get #whole() {
    return find(this.#widget.element, '[data-slot="whole"]', HTMLDetailsElement);
  }

  listen() {
    this.#whole.addEventListener("toggle", () => this.compute());
    this.#slot("again").addEventListener("click", () => this.compute({ again: true }));
    window.addEventListener("labels-changed", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.compute(), Math.max(SOON_MS, this.#took_ms));
    });
    this.#widget.watch("takes", () => this.#whole.open && this.compute({ again: true }));
    this.compute(); // it may have been opened before this script was loaded
  }

  async compute({ again = false } = {}) {
    clearTimeout(this.#timer);
    if (!this.#whole.open) return;
    const ours = ++this.#number;
    if (again) this.#version = null;
    if (this.#version === null) this.#say("Computing…");
    this.#whole.setAttribute("aria-busy", String(this.#version === null));
    const began_ms = performance.now();
    const call = this.#widget.server.labels_agreement({ ...deskFields(), version: this.#version });
    /** @type {AgreementAnswer} */
    const answer = await answerTo(Promise.race([call, later(ANSWER_MS)]));
    if (ours !== this.#number) return;
    this.#whole.removeAttribute("aria-busy");
    this.#complain(answer.problem);
    if (!answer.problem && answer.version !== this.#version)
      this.#draw(/** @type {AgreementAnswer & Agreement} */ (answer));
    this.#took_ms = performance.now() - began_ms;
    this.#timer = setTimeout(() => this.#lookAgain(), Math.max(LOOK_MS, REST * this.#took_ms));
  }

  #lookAgain() {
    const seen = !document.hidden && this.#widget.element.checkVisibility();
    if (seen) this.compute();
    else this.#timer = setTimeout(() => this.#lookAgain(), LOOK_MS);
  }

  #complain(words = "") {
    this.#slot("problem").textContent = words;
    this.#slot("problem").hidden = !words;
    if (!words) return;
    this.#version = null;
    this.#say("");
  }

  /** @param {...(Node | string)} words */
  #say(...words) {
    this.#slot("lead").replaceChildren(...words);
  }

  /** @param {AgreementAnswer & Agreement} answer */
  #draw(answer) {
    this.#version = answer.version;
    const { before, names, after } = lead(answer);
    const listed = names.flatMap((name, i) => [separator(i, names.length), isolated(name)]);
    this.#say(before, ...listed, after);
    this.#slot("figures").hidden = !answer.clips;
    this.#slot("figures").replaceChildren(...drawFigures(answer));
    this.#slot("tables").replaceChildren(...drawTables(answer, this.#widget.props.emotions));
    this.#slot("differ").hidden = !answer.clips;
    this.#slot("differ").replaceChildren(...drawDiffer(answer, (clip) => this.#drawClip(clip)));
  }

  /** @param {Differing} clip */
  #drawClip(clip) {
    const { emotions, takes } = this.#widget.props;
    return drawClip(clip, { emotions, request: takes?.[clip.clip] || clip.request, open: openClip });
  }
}

/** @param {Widget} widget */
export function start(widget) {
  new Section(widget).listen();
}
