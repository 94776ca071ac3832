// @ts-check
// The Agreement section's numbers and sentences.
import { plural } from "../label.js";

/** @import { Agreement } from "./agreement_types.d.ts" */

const DRAWS = 1000; // see ser/annotation/agreement.py
const MIN_CLIPS = 10; // fewer are too few to conclude much
const KAPPA = "Agreement beyond chance: 0 is chance, 1 is perfect agreement.";
/** @type {Record<string, string>} what a figure means, by its name */
export const WORDS = {
  percent: "How often two labels of the same clip are the same emotion.",
  "Cohen's kappa": `${KAPPA} For two annotators.`,
  "Fleiss' kappa": `${KAPPA} For three annotators or more.`,
  alpha:
    "Like kappa, but also valid if not everyone labelled every clip. Rule of thumb: 0.80 or more is reliable, 0.67 or more is tentative.",
};
export const UNDEFINED = "Undefined: everyone chose the same emotion.";

/** @param {number} value */
export const percent = (value) => `${Math.round(100 * value)}%`;

/** @param {number} value */
export const decimal = (value) =>
  value
    .toFixed(2)
    .replace("-", "−")
    .replace(/^−0\.00$/, "0.00");

/**
 * Return how many resamples an interval leaves out, in words.
 * @param {number} draws for which the figure is not defined
 */
export function undefinedWords(draws) {
  if (!draws) return "";
  return `, without ${draws.toLocaleString("en")} of ${DRAWS.toLocaleString("en")} resamples, for which it is undefined`;
}

/**
 * Return where a value is on a line from 0 to 1; values below 0 are at its left end.
 * @param {number} value
 */
export const placeOnScale = (value) => `${100 * Math.min(1, Math.max(0, value))}%`;

/**
 * Return the sentence at the top, in two parts: the names of the annotators belong between them.
 * @param {Pick<Agreement, "annotators" | "clips" | "labels" | "regions">} answer
 * @returns {{ before: string, names: string[], after: string }}
 */
export function lead({ annotators: names, clips, labels, regions }) {
  const rest = regions ? ` Only labels of whole clips count here, not ${regionWords(regions)}.` : "";
  if (!names.length) {
    const need = "Agreement needs two people who label the same clips, each under their own name.";
    return { before: `Nobody has labelled a whole clip yet.${rest} ${need}`, names, after: "" };
  }
  if (names.length === 1) {
    const after = ` has labelled so far: let a second person label the same clips under another name, or import their labels above.${rest}`;
    return { before: "Only ", names, after };
  }
  if (!clips) {
    const after = ` have no clips in common yet: label clips that someone else has labelled.${rest}`;
    return { before: "", names, after };
  }
  const few = clips < MIN_CLIPS ? " That is too few to conclude much." : "";
  const counts = `${plural(clips, "clip")} with two labels or more, ${labels.toLocaleString("en")} labels in all.`;
  return { before: "", names, after: `: ${counts}${few}${rest}` };
}

/** @param {number} count */
const regionWords = (count) =>
  count === 1 ? "the 1 label of a region" : `the ${count.toLocaleString("en")} labels of regions`;

/**
 * Return what stands before a name in a list of names: "", ", " or " and ".
 * @param {number} i
 * @param {number} count
 */
export const separator = (i, count) => (i === 0 ? "" : i < count - 1 ? ", " : " and ");

/**
 * Return the sentences above the list of clips that annotators differ on.
 * @param {Pick<Agreement, "differing" | "hidden" | "more">} answer
 */
export function differNotes({ differing, hidden, more }) {
  const notes = [];
  if (!differing) notes.push("None: all labels of the same clip agree.");
  if (differing && !hidden) notes.push("Least agreement first.");
  if (hidden) {
    const until = hidden === 1 ? "is hidden until you label it" : "are hidden until you label them";
    notes.push(`${plural(hidden, "clip")} ${until}, to avoid bias.`);
  }
  if (more)
    notes.push(
      `${plural(more, "more clip")} are not listed: python -m ser annotations agreement --json lists all.`,
    );
  return notes.join(" ");
}
