// What surrounds the desk's outbox: a storage, a clock and a server that do what a test wants.
import { Outbox, content } from "../../../ser/ui/desk/scripts/outbox.js";

export const DESK = "desk-1";

/** The storage of a browser, which lasts longer than a page. */
export class FakeStorage {
  entries = new Map();
  full = false;
  get length() {
    return this.entries.size;
  }
  key(i) {
    return [...this.entries.keys()][i] ?? null;
  }
  getItem(key) {
    return this.entries.get(key) ?? null;
  }
  setItem(key, text) {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.entries.set(key, text);
  }
  removeItem(key) {
    this.entries.delete(key);
  }
  get letters() {
    return [...this.entries.keys()].sort().map((key) => JSON.parse(this.entries.get(key)));
  }
}

/** Time that passes only when a test lets it. */
class FakeClock {
  time_ms = Date.UTC(2026, 10, 28, 9);
  waits = [];
  now = () => new Date(this.time_ms++); // each change is a millisecond later
  after = (action, wait_ms) => {
    const wait = { action, wait_ms };
    this.waits.push(wait);
    return () => (this.waits = this.waits.filter((other) => other !== wait));
  };
  pass() {
    const [{ action }] = this.waits.splice(0, 1);
    return action();
  }
}

/** A server that stores labels by id as the real one does, unless it is down, or a test answers for it. */
export class FakeServer {
  down = false;
  answers = []; // before its own
  received = [];
  stored = new Map();
  held = null; // a promise that its answers wait for
  async send(letter) {
    this.received.push(structuredClone(content(letter)));
    if (this.held) await this.held;
    if (this.down) return undefined;
    return this.answers.shift() ?? this.answer(letter);
  }
  answer({ kind, label }) {
    const now = this.stored.get(label.id);
    if ((now?.revision ?? 0) !== label.revision)
      return { conflict: { wanted: { ...label }, stored: now ?? null } };
    if (kind === "delete") this.stored.delete(label.id);
    else this.stored.set(label.id, { ...label, revision: label.revision + 1 });
    return { label: kind === "delete" ? null : this.stored.get(label.id) };
  }
}

/** A page with its outbox; pages may share a storage and a server. */
export function makePage({
  storage = new FakeStorage(),
  server = new FakeServer(),
  desk = DESK,
  readStorage,
  ...rest
} = {}) {
  const clock = new FakeClock();
  const settled = [];
  const calls = { changed: 0, finished: 0 };
  const outbox = new Outbox({
    desk,
    storage: readStorage ?? (() => storage),
    send: (letter) => server.send(letter),
    settled: (letter, answer) => settled.push([letter.label.id, answer]),
    changed: () => calls.changed++,
    finished: () => calls.finished++,
    clock,
    ...rest,
  });
  return { calls, clock, outbox, server, settled, storage };
}
