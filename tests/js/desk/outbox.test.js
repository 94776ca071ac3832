// Changes of labels on their way from the browser to the server: none may be lost, and none may overtake another.
import assert from "node:assert/strict";
import { test } from "node:test";

import { MAX_RETRY_MS, MIN_RETRY_MS, PREFIX, content } from "../../../ser/ui/desk/scripts/outbox.js";
import { DESK, FakeServer, FakeStorage, makePage } from "../helpers/outbox_page.js";

const visit = (key = "a.wav") => ({
  request: { kind: "queue", key, name: key },
  clip: { hash: key, name: key },
  token: "t",
});
const label = (id, emotion = "ANG", revision = 0) => ({ id, emotion, revision, annotator: "Ann", note: "" });

/** Post a change of Ann's. */
const post = (page, kind, given, of = visit()) => page.outbox.post(kind, given, of, "Ann");

test("a change is in the storage before the server has answered, and gone after", async () => {
  const page = makePage();
  const letter = post(page, "write", label("1"));
  assert.deepEqual(page.storage.letters, [content(letter)]);
  assert.equal(page.outbox.wouldLose, false);
  assert.equal([...page.storage.entries.keys()][0], `${PREFIX}2026-11-28T09:00:00.000Z.${letter.id}`);
  await page.outbox.send();
  assert.equal(page.storage.length, 0);
  assert.deepEqual(page.outbox.letters, []);
  assert.equal(page.server.stored.get("1").emotion, "ANG");
});

test("what is stored and sent has the clip and the annotator, but not the visit of the page", async () => {
  const page = makePage();
  post(page, "write", label("1"), visit("b.wav"));
  await page.outbox.send();
  const [sent] = page.server.received;
  assert.deepEqual(Object.keys(sent).sort(), [
    "annotator",
    "clip",
    "desk",
    "id",
    "kind",
    "label",
    "request",
    "time",
  ]);
  assert.deepEqual([sent.annotator, sent.desk, sent.kind], ["Ann", DESK, "write"]);
  assert.equal(sent.label.clip_key, "b.wav");
});

test("changes arrive one after the other, in their order", async () => {
  const page = makePage();
  let release;
  page.server.held = new Promise((resolve) => (release = resolve));
  for (const id of ["1", "2", "3"]) post(page, "write", label(id));
  assert.equal(page.server.received.length, 1); // the second waits for the answer to the first
  release();
  await page.outbox.send();
  assert.deepEqual(
    page.server.received.map((letter) => letter.label.id),
    ["1", "2", "3"],
  );
  assert.deepEqual(
    page.settled.map(([id]) => id),
    ["1", "2", "3"],
  );
  assert.equal(page.calls.finished, 1);
});

test("a change of a label that is being saved builds on what was saved", async () => {
  const page = makePage();
  let release;
  page.server.held = new Promise((resolve) => (release = resolve));
  post(page, "write", label("1", "ANG"));
  const second = post(page, "write", label("1", "SAD"));
  const other = post(page, "write", label("2", "HAP"));
  release();
  await page.outbox.send();
  assert.equal(second.label.revision, 1);
  assert.equal(other.label.revision, 0);
  assert.deepEqual(page.server.stored.get("1"), { ...second.label, revision: 2 });
  assert.equal(page.outbox.letters.length, 0);
});

test("waiting changes follow when the server knows the label by another id, in the storage as well", async () => {
  const server = new FakeServer();
  const page = makePage({ server, settled: () => (server.down = true) }); // after its first answer
  server.answers.push({ label: label("elsewhere", "ANG", 7) });
  post(page, "write", label("1", "ANG"));
  post(page, "write", label("1", "FEA"));
  await page.outbox.send();
  assert.equal(page.outbox.unsent.length, 1);
  const [waiting] = page.storage.letters;
  assert.deepEqual(
    [waiting.label.id, waiting.label.revision, waiting.label.emotion],
    ["elsewhere", 7, "FEA"],
  );
});

test("without an answer, changes are sent again, at first soon and then less often", async () => {
  const page = makePage();
  page.server.down = true;
  post(page, "write", label("1"));
  const waits = [];
  for (let i = 0; i < 6; i++) {
    await page.outbox.send();
    waits.push(page.clock.waits[0].wait_ms);
  }
  assert.deepEqual(waits, [MIN_RETRY_MS, 2000, 4000, 8000, MAX_RETRY_MS, MAX_RETRY_MS]);
  assert.equal(page.clock.waits.length, 1); // sending by hand replaces the retry
  assert.equal(page.outbox.tries, 6);
  assert.equal(page.storage.length, 1);
  page.server.down = false;
  await page.clock.pass();
  assert.equal(page.outbox.tries, 0);
  assert.equal(page.storage.length, 0);
  assert.equal(page.clock.waits.length, 0);
});

test("a request that fails counts as no answer", async () => {
  const send = () => {
    throw new TypeError("network");
  };
  const page = makePage({ send });
  post(page, "write", label("1"));
  await page.outbox.send();
  assert.equal(page.storage.length, 1);
  assert.equal(page.clock.waits.length, 1);
});

test("after a reload, the changes of the earlier page are sent in their order", async () => {
  const storage = new FakeStorage();
  const server = new FakeServer();
  const before = makePage({ storage, server });
  server.down = true;
  for (const emotion of ["ANG", "SAD"]) post(before, "write", label("1", emotion));
  post(before, "write", label("2", "HAP"));
  await before.outbox.send();
  const reversed = [...storage.entries].reverse();
  storage.entries = new Map(reversed); // a browser promises no order
  server.down = false;
  server.received = [];

  const after = makePage({ storage, server });
  after.outbox.read();
  assert.equal(after.outbox.unsent.length, 3);
  await after.outbox.send();
  assert.deepEqual(
    server.received.map((letter) => [letter.label.id, letter.label.emotion, letter.label.revision]),
    [
      ["1", "ANG", 0],
      ["1", "SAD", 1],
      ["2", "HAP", 0],
    ],
  );
  assert.equal(storage.length, 0);
});

test("two tabs do not overwrite each other's changes", async () => {
  const storage = new FakeStorage();
  const server = new FakeServer();
  server.down = true;
  const [one, other] = [makePage({ storage, server }), makePage({ storage, server })]; // their clocks are the same
  post(one, "write", label("1"));
  post(other, "write", label("2"));
  await Promise.all([one.outbox.send(), other.outbox.send()]);
  assert.equal(storage.length, 2);
  server.down = false;
  await one.outbox.send();
  assert.deepEqual(
    storage.letters.map((letter) => letter.label.id),
    ["2"],
  );
  one.outbox.read();
  one.outbox.read(); // it reads the other's once
  assert.equal(one.outbox.letters.length, 1);
});

test("undo has to wait for what is waiting: sending resolves when all is saved, also what came meanwhile", async () => {
  const page = makePage();
  let release;
  page.server.held = new Promise((resolve) => (release = resolve));
  post(page, "write", label("1"));
  const sent = page.outbox.send();
  post(page, "delete", label("1"));
  assert.equal(page.outbox.send(), sent);
  release();
  await sent;
  assert.equal(page.outbox.unsent.length, 0);
  assert.equal(page.server.stored.size, 0);
  assert.equal(page.outbox.send(), null); // nothing to wait for
});

test("undo while the server is down finds that changes still wait", async () => {
  const page = makePage();
  page.server.down = true;
  post(page, "write", label("1"));
  await page.outbox.send();
  assert.equal(page.outbox.unsent.length, 1);
});

test("a conflict waits for the annotator, not for the server, also after a reload", async () => {
  const page = makePage();
  page.server.stored.set("1", label("1", "SAD", 3));
  const letter = post(page, "write", label("1", "ANG"));
  post(page, "write", label("2", "HAP"));
  await page.outbox.send();
  assert.deepEqual(page.outbox.letters, [letter]);
  assert.deepEqual(page.outbox.unsent, []);
  assert.equal(page.server.stored.get("1").emotion, "SAD"); // nothing was overwritten
  assert.equal(page.server.stored.get("2").emotion, "HAP"); // and nothing held up
  assert.deepEqual(page.settled[0][1].conflict.stored, label("1", "SAD", 3));
  const after = makePage({ storage: page.storage, server: page.server });
  after.outbox.read();
  assert.equal(after.outbox.letters[0].conflict.wanted.emotion, "ANG");
  assert.equal(after.outbox.send(), null);
  after.outbox.forget(after.outbox.letters[0]); // the annotator has chosen
  assert.equal(page.storage.length, 0);
});

test("of two conflicts about a label, the later one stays", async () => {
  const page = makePage();
  page.server.stored.set("1", label("1", "SAD", 3));
  post(page, "write", label("1", "ANG"));
  const later = post(page, "write", label("1", "FEA"));
  await page.outbox.send();
  assert.deepEqual(page.outbox.letters, [later]);
  assert.equal(page.storage.length, 1);
  assert.equal(page.storage.letters[0].label.emotion, "FEA");
});

test("a refused change does not hold up the others, and can be sent again", async () => {
  const page = makePage();
  page.server.answers.push({ problem: "The folder is read-only." });
  const refused = post(page, "write", label("1"));
  post(page, "write", label("2"));
  await page.outbox.send();
  assert.deepEqual(page.outbox.letters, [refused]);
  assert.equal(page.storage.letters[0].refused, "The folder is read-only.");
  assert.deepEqual(page.outbox.unsent, []);
  page.outbox.resend([refused]);
  await page.outbox.send();
  assert.equal(page.server.stored.size, 2);
  assert.equal(page.storage.length, 0);
});

/** The app is away, a change waits for it, and it is back: only then would closing the page lose nothing. */
async function sendOnceTheAppIsBack(page) {
  page.server.down = true;
  post(page, "write", label("1"));
  await page.outbox.send();
  assert.equal(page.outbox.wouldLose, true);
  page.server.down = false;
  await page.clock.pass();
  assert.equal(page.server.stored.size, 1);
  assert.equal(page.outbox.wouldLose, false);
}

test("with a full storage, changes are still sent, and closing the page would lose them until then", async () => {
  const page = makePage();
  page.storage.full = true;
  await sendOnceTheAppIsBack(page);
});

test("with a forbidden storage, changes are still sent, and closing the page would lose them until then", async () => {
  const storage = () => {
    throw new DOMException("forbidden", "SecurityError");
  };
  const page = makePage({ readStorage: storage });
  page.outbox.read();
  await sendOnceTheAppIsBack(page);
});

test("a half-written entry is removed, and entries of other scripts are left alone", () => {
  const page = makePage();
  page.storage.setItem(`${PREFIX}2026-11-28T09:00:00.000Z.x`, '{"id": "x", "lab');
  page.storage.setItem("emotion-listener.browser", "abc");
  page.outbox.read();
  assert.deepEqual(page.outbox.letters, []);
  assert.deepEqual([...page.storage.entries.keys()], ["emotion-listener.browser"]);
});

test("an entry that the browser does not let us read is not removed", () => {
  const page = makePage();
  page.storage.setItem(`${PREFIX}2026-11-28T09:00:00.000Z.x`, "{}");
  page.storage.getItem = () => {
    throw new DOMException("forbidden", "SecurityError");
  };
  page.outbox.read();
  assert.equal(page.storage.length, 1);
});

test("changes of another folder wait until the app is started with that folder", async () => {
  const storage = new FakeStorage();
  const server = new FakeServer();
  server.down = true;
  const there = makePage({ storage, server, desk: "desk-2" });
  post(there, "write", label("1"));
  await there.outbox.send();
  server.down = false;
  server.received = [];
  const here = makePage({ storage, server });
  here.outbox.read();
  post(here, "write", label("2"));
  await here.outbox.send();
  assert.deepEqual(
    server.received.map((letter) => letter.label.id),
    ["2"],
  );
  assert.equal(here.outbox.letters.length - here.outbox.ours.length, 1);
  assert.equal(storage.length, 1);
});

test("a mistake in drawing does not stop the changes that follow", async () => {
  let broken = true;
  const page = makePage({
    settled() {
      if (broken) throw new Error("drawing");
    },
  });
  page.server.down = true;
  post(page, "write", label("1"));
  post(page, "write", label("2"));
  await page.outbox.send();
  page.server.down = false;
  await assert.rejects(page.outbox.send(), /drawing/);
  broken = false;
  await page.outbox.send();
  assert.deepEqual([...page.server.stored.keys()], ["1", "2"]);
});
