// @ts-check
// What the annotator decides before labels of another program come in: tiers, other words, the clip.
import { findAll, node } from "../../page/dom.js";
import { bringIntoView, isolated } from "./elements.js";
import { plural } from "./label.js";

/** @import { Choices, Questions } from "./types.d.ts" */

const LEAVE_OUT = "leave out";

/**
 * Return what a tier holds, in words.
 * @param {{ texts: number, emotions: number }} tier
 */
export function tierWords({ texts, emotions }) {
  if (emotions === texts) return `${plural(texts, "text")}, all emotions`;
  return `${plural(texts, "text")}, ${emotions ? plural(emotions, "emotion") : "no emotion"}`;
}

/**
 * Return the words of some tiers that are not emotions, with their counts, the most frequent first.
 * @param {Questions["words"]} words
 * @param {string[]} tiers that are chosen; none for files without tiers
 * @returns {{ word: string, count: number }[]}
 */
export function unknownWords(words, tiers) {
  const chosen = new Set([...tiers, ""]);
  return words
    .map(({ word, counts }) => ({
      word,
      count: Object.entries(counts).reduce((sum, [tier, count]) => sum + (chosen.has(tier) ? count : 0), 0),
    }))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count);
}

export class ImportForm {
  /** @type {Map<string, string>} the chosen emotion by word, "" to leave it out; none if it is not decided */
  #meanings = new Map();

  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, string>} emotions names by code
   */
  constructor(form, emotions) {
    this.#form = form;
    this.#emotions = emotions;
  }

  #form;
  #emotions;

  /**
   * Show the questions.
   * @param {Questions} questions
   * @param {object} known
   * @param {string} known.clip name of the open clip, or ""
   * @param {Iterable<string>} known.names of the clips in the list
   * @returns {Promise<Choices | null>} null if the annotator cancels
   */
  ask(questions, { clip, names }) {
    this.#meanings.clear();
    const cancel = node("button", { type: "button", className: "small-button", textContent: "Cancel" });
    const accept = node("button", {
      type: "submit",
      className: "small-button strong",
      textContent: "Import",
    });
    const table = node("div", { className: "words" });
    const check = () => {
      accept.disabled = !this.#isDecided(questions);
    };
    const update = () => {
      this.#drawWords(table, questions, { check, update });
      check();
    };
    this.#form.replaceChildren(
      ...this.#tierFields(questions, update),
      table,
      ...clipField(questions.files, clip, names),
      node("div", { className: "actions" }, cancel, accept),
    );
    update();
    this.#form.hidden = false;
    bringIntoView(this.#form);
    /** @type {Promise<Choices | null>} */
    const answer = new Promise((resolve) => {
      cancel.addEventListener("click", () => resolve(null));
      this.#form.onsubmit = (event) => {
        event.preventDefault();
        resolve(this.#choices(questions));
      };
    });
    return answer.finally(() => {
      this.#form.hidden = true;
      this.#form.replaceChildren();
    });
  }

  /**
   * @param {Questions} questions
   * @param {() => void} update
   */
  #tierFields({ tiers }, update) {
    if (!tiers.length) return [];
    const rows = tiers.map((tier) => {
      const box = node("input", {
        type: "checkbox",
        name: "tier",
        value: tier.name,
        checked: tier.is_chosen,
      });
      box.addEventListener("change", update);
      const name = node("span", { className: "name" }, tier.name ? isolated(tier.name) : "(no name)");
      return node("label", {}, box, name, node("span", { className: "counts" }, tierWords(tier)));
    });
    const box = node("input", { type: "checkbox", name: "tier_is_annotator" });
    return [
      node("fieldset", {}, node("legend", {}, "Tiers to import"), ...rows),
      node("label", {}, box, "Tiers are named after annotators"),
    ];
  }

  /**
   * @param {HTMLElement} place
   * @param {Questions} questions
   * @param {{ check: () => void, update: () => void }} changed after a word is decided; after several are
   */
  #drawWords(place, questions, { check, update }) {
    const words = unknownWords(questions.words, this.#tiers());
    place.hidden = !words.length;
    const rows = words.map(({ word, count }) =>
      node(
        "tr",
        {},
        node("th", { scope: "row" }, isolated(word)),
        node("td", {}, count.toLocaleString("en")),
        node("td", {}, this.#meaningField(word, check)),
      ),
    );
    const rest = node("button", { type: "button", className: "link", textContent: "Leave out the rest" });
    rest.addEventListener("click", () => {
      for (const { word } of words) if (!this.#meanings.has(word)) this.#meanings.set(word, "");
      update();
    });
    const titles = ["Other word", "Times", "Means"].map((title) => node("th", { scope: "col" }, title));
    const head = node("thead", {}, node("tr", {}, ...titles));
    place.replaceChildren(node("table", {}, head, node("tbody", {}, ...rows)), rest);
  }

  /**
   * @param {string} word
   * @param {() => void} check
   */
  #meaningField(word, check) {
    const field = node("select", { ariaLabel: `What ${word} means` });
    const choices = Object.entries(this.#emotions).map(([value, name]) => new Option(name, value));
    field.append(new Option("choose…", "?"), ...choices, new Option(LEAVE_OUT, ""));
    field.value = this.#meanings.get(word) ?? "?";
    field.addEventListener("change", () => {
      if (field.value === "?") this.#meanings.delete(word);
      else this.#meanings.set(word, field.value);
      check();
    });
    return field;
  }

  #tiers() {
    const boxes = findAll(this.#form, 'input[name="tier"]:checked', HTMLInputElement);
    return boxes.map((box) => box.value);
  }

  /** @param {Questions} questions */
  #isDecided({ tiers, words }) {
    const chosen = this.#tiers();
    const isAnyTier = !tiers.length || chosen.length > 0;
    return isAnyTier && unknownWords(words, chosen).every(({ word }) => this.#meanings.has(word));
  }

  /** @param {Questions} questions */
  #choices({ words }) {
    const tiers = this.#tiers();
    const read = unknownWords(words, tiers).map(({ word }) => [word, this.#meanings.get(word) ?? ""]);
    const field = this.#form.elements;
    const clip = /** @type {HTMLInputElement | null} */ (field.namedItem("clip"));
    const named = /** @type {HTMLInputElement | null} */ (field.namedItem("tier_is_annotator"));
    return {
      tiers,
      tier_is_annotator: Boolean(named?.checked),
      words: Object.fromEntries(read),
      clip: clip?.value.trim() ?? "",
    };
  }
}

/**
 * @param {string[]} files that are not named after a clip
 * @param {string} clip
 * @param {Iterable<string>} names
 */
function clipField(files, clip, names) {
  if (!files.length) return [];
  const list = node("datalist", { id: "import-clips" });
  list.append(...[...names].map((name) => node("option", { value: name })));
  const field = node("input", {
    type: "text",
    name: "clip",
    value: clip,
    required: true,
    autocomplete: "off",
  });
  field.setAttribute("list", list.id);
  const more = files.length > 1 ? ` and ${plural(files.length - 1, "other file")}` : "";
  const words = node(
    "span",
    { className: "name" },
    "No clip here is named like ",
    isolated(files[0]),
    `${more}. Clip:`,
  );
  return [node("label", { className: "clip" }, words, field), list];
}
