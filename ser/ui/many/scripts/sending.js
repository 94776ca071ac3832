// @ts-check
// Sends one batch of files to the app and returns what became of it.

/**
 * @typedef {import("./rows.js").Row} Row
 * @typedef {import("./run.js").Outcome} Outcome
 */

const ENDING = /\.[A-Za-z0-9]{1,5}$/;
export const TOO_LARGE = "The file is too large to upload: shorten it, or save it as FLAC or MP3.";
const LOGGED_OUT =
  "The app asks for your password again: open it in another tab, log in there, then press Go on here.";
const NOT_SENT = "The app did not take this file: save it again as WAV or FLAC.";

/** Names for uploads, none of which was used before: the app deletes them as soon as they are scored. */
export class UploadNames {
  constructor() {
    const random = crypto.getRandomValues(new Uint8Array(6));
    this.token = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.used = 0;
  }

  /** @param {string} name of the person's file, of which only the ending is kept */
  next(name) {
    this.used += 1;
    return `many-${this.token}-${this.used}${ENDING.exec(name)?.[0] ?? ""}`;
  }
}

/**
 * Return the rows whose files cannot be read any more.
 * @param {Row[]} batch
 */
async function unreadable(batch) {
  const readable = await Promise.all(
    batch.map(({ file }) =>
      file
        .slice(0, 1)
        .arrayBuffer()
        .then(
          () => true,
          () => false,
        ),
    ),
  );
  return batch.filter((_, i) => !readable[i]);
}

/**
 * Return what an answer to an upload means that has no paths.
 * @param {Response} response
 * @param {Row[]} batch
 * @returns {Promise<Outcome>}
 */
async function refused(response, batch) {
  const { status } = response;
  if (status === 401 || status === 403) return { halt: LOGGED_OUT };
  if (status === 413) return { problem: batch.length > 1 ? "413" : TOO_LARGE };
  const text = await response.text().catch(() => "");
  /** @type {string | undefined} */
  let sentence;
  try {
    sentence = JSON.parse(text).error;
  } catch {
    // a page of a proxy, or a word of gradio
  }
  if (status === 507 && sentence) return { halt: sentence };
  return status >= 500 ? { lost: "sending" } : { problem: sentence ?? NOT_SENT };
}

/**
 * Upload a batch and have it scored.
 * @param {Row[]} batch
 * @param {object} page
 * @param {AbortSignal} page.signal ends the upload
 * @param {UploadNames} page.names
 * @param {string | null} page.profile of the speaker of all files
 * @param {(request: object) => Promise<any>} page.score
 * @param {(address: string, options: RequestInit) => Promise<Response>} [page.post]
 * @returns {Promise<Outcome>}
 */
export async function sendBatch(batch, { signal, names, profile, score, post = fetch }) {
  const form = new FormData();
  const uploaded = batch.map((row) => names.next(row.name));
  batch.forEach(({ file }, i) => form.append("files", file, uploaded[i]));
  let response;
  try {
    response = await post("gradio_api/upload", { method: "POST", body: form, signal });
  } catch {
    if (signal.aborted) return { aborted: true };
    const gone = await unreadable(batch);
    return gone.length ? { unreadable: gone } : { lost: "sending" };
  }
  if (!response.ok) return refused(response, batch);
  /** @type {string[] | null} */
  const paths = await response.json().catch(() => null);
  if (signal.aborted) return { aborted: true };
  if (!Array.isArray(paths) || paths.length !== batch.length) return { lost: "sending" };
  const answer = await score({ paths, profile }).catch(() => null);
  if (!answer || answer.gone) return { lost: "scoring" };
  if (answer.busy) return { busy: true };
  if (answer.problem) return { problem: answer.problem };
  // Sentences name the upload.
  const named = (/** @type {string | null} */ text, /** @type {number} */ i) =>
    text?.replaceAll(uploaded[i], batch[i].name) ?? null;
  const rows = answer.rows.map((/** @type {import("./rows.js").Answer} */ row, /** @type {number} */ i) => ({
    ...row,
    error: named(row.error, i),
    warning: named(row.warning, i),
  }));
  return { scored: { ...answer, rows } };
}
