// @ts-check
// What the scripts of the Record tab, and the text of gradio's events, share about the newest take. `window.take`
// describes it; the server drops answers about older ones.

/** The emotion that the person is asked to act, or null. The next recording is sent with it. */
export const asked = { emotion: /** @type {string | null} */ (null) };

/**
 * @typedef {"microphone" | "upload" | "example" | "link"} Source
 * @typedef {{ number: number, spoken: number, source: Source, asked: string | null, told?: boolean, link?: string }} Take
 */

/**
 * Return the take that follows another one.
 * @param {Take | undefined} before
 * @param {Source} source
 * @param {string | null} emotion
 * @returns {Take}
 */
export function takeAfter(before, source, emotion) {
  const { number = 0, spoken = 0 } = before ?? {};
  return { number: number + 1, spoken: spoken + Number(source === "microphone"), source, asked: emotion };
}

/** @type {((source: Source) => void) | null} */
let begin = null;
/** @type {() => void} */
let announce;
const started = /** @type {Promise<void>} */ (new Promise((resolve) => (announce = resolve)));

/**
 * Set what begins a take: the recorder does, once its widget is on the page.
 * @param {(source: Source) => void} beginTake
 */
export function setBegin(beginTake) {
  begin = beginTake;
  announce();
}

let personClears = 0;

/** Say that a person clicked on gradio's Clear button. gradio also reports changes of the source as such clicks. */
export const clearedByPerson = () => (personClears += 1);

/** For the text of gradio's events, which may run before the recorder has started. */
export const recorder = {
  /** @param {Source} source */
  async begin(source) {
    if (!begin) await started;
    begin?.(source);
  },
  /** Return whether a person made the click on gradio's Clear button that it just reported. */
  wasClearedByPerson: () => personClears > 0 && Boolean(personClears--),
};
