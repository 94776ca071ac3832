// @ts-check
// The samples of open sounds, fetched in pieces of ten seconds. Only some pieces are kept, so that long sounds can be played.
import { answerTo } from "../../../page/server.js";
import { SOUND_RATE, samplesOf } from "../numbers.js";

const PIECE = 10 * SOUND_RATE; // samples per request
const MAX_PIECES = 24; // 4 minutes, 15 MB

/** A part of a sound, from sample `start` to the one before `end`. */
/** @typedef {{ token: string, start: number, end: number }} Part */

export class Samples {
  /** @type {Map<string, Promise<Float32Array>>} The last used one is at the end. */
  #pieces = new Map();

  /** @param {ServerFunctions} server */
  constructor(server) {
    this.server = server;
  }

  /**
   * Return samples `first` to `first + count` of a part; zeros outside of it.
   * @param {Part} part
   * @param {number} first
   * @param {number} count
   */
  async read({ token, start, end }, first, count) {
    const samples = new Float32Array(count);
    const last = Math.min(first + count, end);
    for (let at = Math.max(first, start); at < last;) {
      const index = Math.floor(at / PIECE);
      const piece = await this.#piece(token, index);
      const here = piece.subarray(at - index * PIECE, last - index * PIECE);
      if (!here.length) break;
      samples.set(here, at - first);
      at += here.length;
    }
    return samples;
  }

  /**
   * @param {string} token
   * @param {number} index
   */
  #piece(token, index) {
    const key = `${token}/${index}`;
    const samples = this.#pieces.get(key) ?? this.#fetch(token, index);
    this.#pieces.delete(key);
    this.#pieces.set(key, samples);
    samples.catch(() => this.#pieces.delete(key));
    const [oldest] = this.#pieces.keys();
    if (this.#pieces.size > MAX_PIECES) this.#pieces.delete(oldest);
    return samples;
  }

  /**
   * @param {string} token
   * @param {number} index
   */
  async #fetch(token, index) {
    const answer = await answerTo(this.server.read_samples({ token, first: index * PIECE, count: PIECE }));
    if (answer.problem) throw new Error(answer.problem);
    return samplesOf(answer.bytes);
  }
}
