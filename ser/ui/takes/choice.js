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
 * Return what stood in a list before, and no longer does.
 * @param {string[]} before
 * @param {string[]} now
 */
export const goneFrom = (before, now) => before.filter((one) => !now.includes(one));

/**
 * Ask whether to delete everything, naming all that goes.
 * @param {number} recordings
 * @param {boolean} isVoiceKnown whether there is a voice profile
 */
export const deletionWords = (recordings, isVoiceKnown) =>
  `Delete ${recordings === 1 ? "1 recording and its result" : `${recordings} recordings and their results`}` +
  `${isVoiceKnown ? ", and what the app knows of your voice" : ""}? This cannot be undone.`;

/**
 * Say where the recordings are kept, and for how long.
 * @param {{ hostname: string, host: string }} location
 * @param {number} hours within which the app deletes recordings
 */
export function privacy({ hostname, host }, hours) {
  const name = hostname.replace(/^\[|\]$/g, "");
  const isLocal = /^(localhost|127(\.\d+){3}|::1)$|\.localhost$/.test(name);
  const where = isLocal ? "Nothing leaves this computer." : `Recordings go to ${host} to be scored.`;
  return (
    `${where} Recordings are deleted within ${hours} hours, when the app stops, or as soon as you delete them here. ` +
    "The list ends with this page: a reload empties it."
  );
}
