// @ts-check
// Calls of the app's server functions.

const SILENT = "The app does not answer: is it still running?";

/**
 * Return the answer to a call of the app, or { problem } if there is none; gradio then throws or returns nothing.
 * @param {Promise<any>} call
 * @param {string} [silent] the problem
 * @returns {Promise<any>}
 */
export async function answerTo(call, silent = SILENT) {
  return (await call.catch(() => null)) ?? { problem: silent };
}
