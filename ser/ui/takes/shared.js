// @ts-check
// What the side panel and the comparison of two takes share; each is on the page once.
import { answerTo } from "../page/server.js";

/** The takes that are compared, and whether somebody has just asked to see them. The panel dispatches "takes-compared". */
export const comparison = { ids: /** @type {string[]} */ ([]), show: false };

/**
 * Return why a take cannot be played.
 * @param {string} address of its sound
 * @param {number} hours within which the app deletes recordings
 * @returns {Promise<string>}
 */
export async function whySilent(address, hours) {
  const answer = await answerTo(fetch(address, { headers: { Range: "bytes=0-0" } }));
  if (answer.problem) return answer.problem;
  if (answer.ok) return "This browser cannot play this kind of file. Its scores are still valid.";
  return `The sound of this take was deleted: the app deletes recordings within ${hours} hours. Its scores are still valid.`;
}
