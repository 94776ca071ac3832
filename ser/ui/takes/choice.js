// @ts-check
// Rules of the side panel that need no page.

const SIDE_BY_SIDE = 2;

/**
 * Return the chosen takes after one was chosen or not: at most two, where a third replaces the first.
 * @param {string[]} chosen
 * @param {string} id
 * @param {boolean} isChosen
 */
export function choose(chosen, id, isChosen) {
  const others = chosen.filter((other) => other !== id);
  return isChosen ? [...others, id].slice(-SIDE_BY_SIDE) : others;
}

/** @param {string[]} chosen */
export const isPair = (chosen) => chosen.length === SIDE_BY_SIDE;

/** @param {string[]} chosen */
export const choiceWords = (chosen) =>
  ["Choose two to compare", "Choose one more", "Two chosen"][chosen.length];

/**
 * Say where the recordings are kept, and for how long.
 * @param {{ hostname: string, host: string }} location
 * @param {number} hours within which the app deletes recordings
 */
export function privacy({ hostname, host }, hours) {
  const name = hostname.replace(/^\[|\]$/g, "");
  const isLocal = /^(localhost|127(\.\d+){3}|::1)$|\.localhost$/.test(name);
  return isLocal
    ? "This list exists only on this page. Nothing leaves this computer and nothing is kept: a reload empties the list."
    : `This list exists only on this page. Recordings go to ${host} to be scored. They are deleted within ` +
        `${hours} hours, when the app stops, or as soon as you delete the take.`;
}
