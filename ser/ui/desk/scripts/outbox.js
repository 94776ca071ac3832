// @ts-check
// The outbox: each change stays in this browser's storage until the server has acknowledged it. Changes are sent in order
// and repeated, even after a reload or a restart of the app.
import { newId } from "./label.js";

/** @import { ChangeAnswer, Label, Letter, Visit } from "./types.d.ts" */

export const PREFIX = "emotion-listener.outbox.";
export const MIN_RETRY_MS = 1000;
export const MAX_RETRY_MS = 10000;

/**
 * @typedef {object} Clock
 * @property {() => Date} now
 * @property {(action: () => void, wait_ms: number) => () => void} after acts once after a wait; returns how to cancel it
 *
 * @typedef {object} Surroundings
 * @property {string} desk id of the store that the page's labels go to
 * @property {() => Storage} storage a function, because a browser may forbid even to look at it
 * @property {(letter: Letter) => Promise<ChangeAnswer | null | undefined>} send nothing if the server does not answer
 * @property {(letter: Letter, answer: ChangeAnswer) => void} settled called when the server has answered a change
 * @property {() => void} changed called when the changes that wait may be others
 * @property {() => void} finished called after all changes were sent, or the server did not answer
 * @property {Clock} [clock]
 */

/** @type {Clock} */
const CLOCK = {
  now: () => new Date(),
  after(action, wait_ms) {
    const timer = setTimeout(action, wait_ms);
    return () => clearTimeout(timer);
  },
};

/**
 * One entry per change: two pages must not overwrite each other. The keys sort by time.
 * @param {Letter} letter
 */
const place = (letter) => `${PREFIX}${letter.time}.${letter.id}`;

/**
 * A change as it is stored and sent.
 * @param {Letter} letter
 */
export function content(letter) {
  const stored = { ...letter };
  delete stored.visit; // it belongs to the page
  return stored;
}

export class Outbox {
  /** @type {Letter[]} changes in their order, those of other stores included */
  letters = [];
  tries = 0; // since the server last answered
  /** @type {Promise<void> | null} while changes are being sent */
  #sending = null;
  #cancelRetry = () => {};
  #around;
  #clock;

  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    this.#around = surroundings;
    this.#clock = surroundings.clock ?? CLOCK;
  }

  /** The changes of the page's own store. */
  get ours() {
    return this.letters.filter((letter) => letter.desk === this.#around.desk);
  }

  /** Those that wait for the server, not for the annotator. */
  get unsent() {
    return this.ours.filter(({ refused, conflict }) => !refused && !conflict);
  }

  /** Whether closing the page would lose a change. */
  get wouldLose() {
    return this.unsent.some((letter) => !this.#isStored(letter));
  }

  /** Add what earlier pages left in the storage. */
  read() {
    for (const key of this.#keys().sort()) this.#readOne(key);
  }

  #keys() {
    try {
      const storage = this.#around.storage();
      const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "");
      return keys.filter((key) => key.startsWith(PREFIX));
    } catch {
      return []; // the browser forbids it
    }
  }

  /**
   * Keep a change and send it.
   * @param {"write" | "delete"} kind
   * @param {Label} label
   * @param {Visit} visit
   * @param {string} annotator
   */
  post(kind, label, visit, annotator) {
    const { request, clip } = visit;
    /** @type {Letter} */
    const letter = {
      id: newId(),
      desk: this.#around.desk,
      kind,
      request,
      clip,
      label: { ...label, clip_key: request.key },
      annotator,
      time: this.#clock.now().toISOString(),
      visit,
    };
    this.letters.push(letter);
    this.#store(letter);
    this.send();
    return letter;
  }

  /** Send what waits. Resolves when all changes are acknowledged, or when the server does not answer. */
  send() {
    this.#cancelRetry();
    if (!this.#sending && this.unsent.length) this.#sending = this.#sendAll();
    else if (!this.#sending) this.#around.changed();
    return this.#sending;
  }

  /**
   * Send changes again that the server refused.
   * @param {Letter[]} letters
   */
  resend(letters) {
    for (const letter of letters) delete letter.refused;
    this.send();
  }

  /** @param {Letter} letter */
  forget(letter) {
    this.letters = this.letters.filter((other) => other !== letter);
    try {
      this.#around.storage().removeItem(place(letter));
    } catch {
      // nothing was stored
    }
  }

  /** @param {Letter} letter */
  #store(letter) {
    try {
      this.#around.storage().setItem(place(letter), JSON.stringify(content(letter)));
    } catch {
      // it lasts as long as the page, which warns before it is closed
    }
  }

  /** @param {Letter} letter */
  #isStored(letter) {
    try {
      return this.#around.storage().getItem(place(letter)) !== null;
    } catch {
      return false;
    }
  }

  /** @param {string} key */
  #readOne(key) {
    try {
      const text = this.#around.storage().getItem(key);
      const letter = parsed(text);
      if (!letter)
        this.#around.storage().removeItem(key); // half written when the browser crashed: it was never shown as saved
      else if (letter.label && !this.letters.some(({ id }) => id === letter.id)) this.letters.push(letter);
    } catch {
      // the browser forbids it now: the entry stays for the next page
    }
  }

  /** @param {Letter} letter */
  async #answer(letter) {
    try {
      return await this.#around.send(letter);
    } catch {
      return null; // as good as no answer: the change is sent again
    }
  }

  async #sendAll() {
    try {
      for (let letter = this.unsent[0]; letter; letter = this.unsent[0]) {
        const answer = await this.#answer(letter);
        if (!answer) {
          const wait_ms = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** this.tries++);
          this.#cancelRetry = this.#clock.after(() => this.send(), wait_ms);
          break;
        }
        this.tries = 0;
        this.#deliver(letter, answer);
      }
    } finally {
      this.#sending = null;
      this.#around.changed();
      this.#around.finished();
    }
  }

  /**
   * @param {Letter} letter
   * @param {ChangeAnswer} answer
   */
  #deliver(letter, answer) {
    if (answer.problem) {
      letter.refused = answer.problem;
      this.#store(letter);
    } else if (answer.conflict) {
      // Keep it until the annotator has chosen, who may be at another clip by now. The latest version counts.
      for (const old of this.letters) if (old.conflict && old.label.id === letter.label.id) this.forget(old);
      letter.conflict = answer.conflict;
      this.#store(letter);
    } else {
      this.forget(letter);
      if (answer.label) this.#rebase(letter.label.id, answer.label);
    }
    this.#around.settled(letter, answer);
  }

  /**
   * A second change that was made before the first was saved builds on the first.
   * @param {string} id of the label, as the page had it
   * @param {Label} saved
   */
  #rebase(id, saved) {
    for (const later of this.letters) {
      if (later.label.id !== id) continue;
      later.label.id = saved.id; // differs if the annotator had labelled the clip elsewhere
      later.label.revision = saved.revision;
      this.#store(later);
    }
  }
}

/**
 * @param {string | null} text
 * @returns {Letter | null}
 */
function parsed(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
