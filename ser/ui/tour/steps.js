// @ts-check
// What the tour says, where, and what it does there first. It needs no data set, and says more with one.

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {string} words
 * @property {string} tab
 * @property {string} [inner] tab inside it
 * @property {string} place selector of what is highlighted
 * @property {string} [says] selector of a sentence on the page, computed from its figures, that comes first
 * @property {string[]} [press] selectors of buttons to press in turn, each as soon as it is there; none if `ready` is there
 * @property {string} [ready] selector
 * @property {string} [needs] selector of something on the page without which the step is left out
 */

/** @type {Step[]} */
export const STEPS = [
  {
    title: "Speak",
    words: "Press Record, say a sentence, press Stop. The app listens to how it is said, not to the words.",
    tab: "record",
    inner: "one-take",
    place: ".recorder",
  },
  {
    title: "See",
    words:
      "Six scores add up to 100%. They say how a voice sounds, and how sure that is. The picture is all that the network gets: time runs to the right, pitch upwards.",
    tab: "record",
    inner: "one-take",
    place: "#result",
    press: [".examples .chips button"],
    ready: "#result .result:not(.nothing)",
  },
  {
    title: "See it live",
    words: "Live follows a voice while it speaks. Wall view shows the bars alone, for a whole room.",
    tab: "record",
    inner: "live",
    place: ".live",
  },
  {
    title: "Teach",
    words:
      "Every voice and every room is different. One sentence in your normal voice teaches the app how you sound; six teach it more.",
    tab: "record",
    inner: "one-take",
    place: "#my-voice",
  },
  {
    title: "Acted, network, people",
    words:
      "Play an actor, whom the network did not learn from. Below the result stands what was acted, what the network says, and what people heard.",
    tab: "record",
    inner: "one-take",
    place: "#demo",
    needs: "#demo",
  },
  {
    title: "Why?",
    words:
      "The outlined parts carry the answer: the score falls most when one of them is hidden. That is what the network relied on, not what makes a voice happy or sad.",
    tab: "inspect",
    place: "#spectrogram",
    press: [".invitation .chips.wide button", '[data-group="why"] button[aria-pressed="false"]'],
    ready: ".pane.open .why:not([hidden])",
  },
  {
    title: "Compare with people",
    words: "Listeners heard the same clips and voted. Acting is not feeling, and people disagree, too.",
    tab: "results",
    place: '#results [data-plot="overview"]',
    says: '#results [data-plot="overview"] .takeaway',
  },
  {
    title: "Where it fails",
    words: "Each row is an acted emotion, each column an answer. Choose a number to see its clips.",
    tab: "results",
    place: '#results .network-plots [data-plot="confusion"]',
    says: '#results .network-plots [data-plot="confusion"] .takeaway',
  },
  {
    title: "Where not to use it",
    words:
      "It learned from actors in a quiet room who spoke North American English. It does not know what somebody feels, and must not judge people at work or at school.",
    tab: "about",
    place: ".about",
  },
];

/**
 * Return the steps for which the page has what they need.
 * @param {(selector: string) => boolean} has
 */
export const stepsFor = (has) => STEPS.filter(({ needs }) => !needs || has(needs));

/** @type {Record<string, number>} including the keys that presenters' remote controls send */
const MOVES = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };

/**
 * Return the step to which a key leads; undefined for a key that leads nowhere. The ends stay where they are.
 * @param {number} index
 * @param {string} key
 * @param {number} count of the steps
 */
export function stepAfter(index, key, count) {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return Object.hasOwn(MOVES, key) ? Math.min(Math.max(index + MOVES[key], 0), count - 1) : undefined;
}
