// The run of many files: batches, stop and go on, an app that goes away, files that bring it down.
import assert from "node:assert/strict";
import test from "node:test";
import { MAX_FILES, MAX_IN_FLIGHT, nextBatch, Run, timeLeft } from "../../../ser/ui/many/scripts/run.js";
import { sendBatch, TOO_LARGE, UploadNames } from "../../../ser/ui/many/scripts/sending.js";
import { answer, row, SIX, unscored } from "./rows.js";

const rows = (n, options) => Array.from({ length: n }, (_, i) => row(`clip ${i}.wav`, i, options));
const scoredBy = (batch, network = "small") => ({
  scored: { rows: batch.map(() => answer()), network, emotions: SIX },
});
const states = (run) => run.rows.map(({ state }) => state);

/** An app whose answers the test gives, in any order; `isThere` says whether it runs. */
class App {
  isThere = true;
  requests = [];
  run = new Run({
    send: (batch, signal) => new Promise((reply) => this.requests.push({ batch, signal, reply })),
    isThere: async () => this.isThere,
    changed: () => {},
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
  /** Answer the oldest request. */
  async answer(outcome) {
    const { batch, reply } = this.requests.shift();
    reply(typeof outcome === "function" ? outcome(batch) : outcome);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return batch;
  }
  async answerAll(outcome) {
    const batches = [];
    while (this.requests.length) batches.push(await this.answer(outcome));
    return batches;
  }
}

test("batches hold as many files and bytes as are allowed, and a larger file is sent by itself", () => {
  const [a, b, c] = rows(3, { bytes: 400 });
  const large = row("large.wav", 3, { bytes: 5000 });
  assert.deepEqual(nextBatch([a, b, c], 2, 10_000), [a, b]);
  assert.deepEqual(nextBatch([a, b, c], 9, 900), [a, b]);
  assert.deepEqual(nextBatch([large, a], 9, 900), [large]);
  a.state = "scored";
  b.tries = 2;
  assert.deepEqual(nextBatch([a, b, c], 9, 10_000), [b], "one that was lost twice");
});

test("few batches are in flight, the first is small, and every file is sent once", async () => {
  const app = new App();
  app.run.add(rows(150));
  assert.equal(app.requests.length, MAX_IN_FLIGHT);
  assert.ok(app.requests[0].batch.length < MAX_FILES);
  const sent = (await app.answerAll(scoredBy)).flat();
  assert.equal(new Set(sent).size, 150);
  assert.equal(sent.length, 150);
  assert.equal(app.run.state, "done");
});

test("what has an answer is kept when the run is stopped, and is not sent again when it goes on", async () => {
  const app = new App();
  app.run.add(rows(100));
  const first = await app.answer(scoredBy);
  app.run.stop();
  assert.ok(app.requests.every(({ signal }) => signal.aborted));
  await app.answerAll({ aborted: true });
  assert.equal(app.run.state, "stopped");
  assert.equal(states(app.run).filter((state) => state === "waiting").length, 100 - first.length);
  app.run.add(rows(1)); // while it is stopped
  assert.equal(app.requests.length, 0);
  app.run.go();
  const later = (await app.answerAll(scoredBy)).flat();
  assert.equal(later.length, 101 - first.length);
  assert.ok(!later.some((file) => first.includes(file)));
});

test("a run that is stopped when nothing is left to score is done, and offers to score no others", async () => {
  const app = new App();
  app.run.add(rows(4));
  app.run.stop();
  assert.equal(app.run.state, "stopped");
  await app.answerAll(scoredBy); // the answer was on its way already
  assert.equal(app.run.state, "done");
  app.run.add(rows(1));
  assert.equal(app.requests.length, 1, "a file that is added later is scored at once");
});

test("an app that goes away is waited for, and goes on where it was", async () => {
  const app = new App();
  app.run.add(rows(60));
  const first = await app.answer(scoredBy);
  app.isThere = false;
  app.requests.forEach(({ reply }) => reply({ lost: "scoring" }));
  app.requests = [];
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(app.run.state, "away");
  assert.equal(app.requests.length, 0);
  app.isThere = true;
  await new Promise((resolve) => setTimeout(resolve, 20));
  const later = (await app.answerAll(scoredBy)).flat();
  assert.equal(new Set([...first, ...later]).size, 60);
  assert.equal(later.length, 60 - first.length);
  assert.equal(app.run.state, "done");
});

test("a file that brings the app down is found, and the others are scored", async () => {
  const app = new App();
  app.run.add(rows(40));
  const killer = app.run.rows[7];
  await app.answerAll((batch) => (batch.includes(killer) ? { lost: "scoring" } : scoredBy(batch)));
  assert.equal(app.run.state, "done");
  assert.equal(states(app.run).filter((state) => state === "scored").length, 39);
  assert.match(killer.error, /no answer whenever/);
});

test("the app's reason against a batch is found file by file, and three in a row stop the run", async () => {
  const app = new App();
  app.run.add(rows(40));
  await app.answerAll({ problem: "The app is busy." });
  assert.equal(app.run.state, "stopped");
  assert.equal(app.run.why, "The app is busy.");
  assert.equal(states(app.run).filter((state) => state === "failed").length, 3);
  app.run.retry();
  await app.answerAll(scoredBy);
  assert.deepEqual(new Set(states(app.run)), new Set(["scored"]));
});

test("a turn that was too short for the batch is followed by one for the rest", async () => {
  const app = new App();
  app.run.add(rows(4));
  await app.answer((batch) => scoredBy(batch.slice(0, 1)));
  assert.deepEqual(app.requests[0].batch, app.run.rows.slice(1));
  await app.answer({ busy: true });
  assert.equal((await app.answerAll(scoredBy)).flat().length, 3);
});

test("answers for a list that was cleared, or that is scored again, are dropped", async () => {
  const app = new App();
  app.run.add(rows(2));
  const [old] = app.requests.splice(0);
  app.run.rescore();
  old.reply(scoredBy(old.batch, "old"));
  await app.answerAll((batch) => scoredBy(batch, "new"));
  assert.deepEqual(
    app.run.rows.map(({ by }) => by),
    ["new", "new"],
  );
  app.run.clear();
  assert.equal(app.run.state, "empty");
  assert.equal(app.run.emotions, null);
});

test("the time that is left follows the bytes, and is not guessed at once", () => {
  const done = row("a.wav", 0, { bytes: 80_000, scored: answer() });
  const open = row("b.wav", 1, { bytes: 80_000 });
  const many = (n) => [done, ...Array.from({ length: n }, () => open)];
  assert.equal(timeLeft(500, many(5), 0), "");
  assert.equal(timeLeft(2000, many(3), 0), "a few seconds");
  assert.equal(timeLeft(2000, many(17), 0), "about 40 seconds");
  assert.equal(timeLeft(2000, many(60), 0), "about 2 minutes");
  assert.equal(timeLeft(2000, many(3600), 0), "about 2 hours");
  assert.equal(timeLeft(2000, many(0), 0), "");
  assert.equal(timeLeft(2000, many(3), 100_000), "", "nothing was answered since it went on");
});

// ---- one batch

const json = (body, status = 200) => Response.json(body, { status });
const page = (post, score = async () => ({})) => ({
  ...{ signal: new AbortController().signal, names: new UploadNames(), profile: null, score, post },
});

test("a batch is uploaded under names of its own, and the sentences name the person's files", async () => {
  let form, request;
  const sending = page(
    async (_, { body }) => {
      form = body.getAll("files");
      return json(form.map(({ name }) => `/uploads/${name}`));
    },
    async (asked) => {
      request = asked;
      const error = `${asked.paths[1].split("/").at(-1)} is empty (0 bytes): record or copy it again.`;
      return { rows: [answer(), unscored(error)], network: "small", emotions: SIX };
    },
  );
  const outcome = await sendBatch([row("my secret.wav"), row("=1+1.WAV")], sending);
  assert.match(form[0].name, /^many-[0-9a-f]{12}-1\.wav$/);
  assert.match(form[1].name, /^many-[0-9a-f]{12}-2\.WAV$/);
  assert.deepEqual(
    request.paths,
    form.map(({ name }) => `/uploads/${name}`),
  );
  assert.equal(outcome.scored.rows[1].error, "=1+1.WAV is empty (0 bytes): record or copy it again.");
});

test("every way in which an upload can fail has its outcome", async () => {
  const gone = row("gone.wav");
  gone.file = { slice: () => ({ arrayBuffer: () => Promise.reject(new Error()) }) };
  const fails = () => Promise.reject(new TypeError("Failed to fetch"));
  const one = [row("a.wav")];
  const two = [row("a.wav"), row("b.wav")];
  const outcome = (batch, reply) =>
    sendBatch(
      batch,
      page(async () => reply),
    );
  assert.deepEqual(await sendBatch(one, page(fails)), { lost: "sending" });
  const form = { append: () => {} };
  const { FormData } = globalThis;
  globalThis.FormData = function () {
    return form;
  };
  assert.deepEqual(await sendBatch([gone], page(fails)), { unreadable: [gone] });
  globalThis.FormData = FormData;
  assert.deepEqual(await outcome(one, json({}, 413)), { problem: TOO_LARGE });
  assert.notEqual((await outcome(two, json({}, 413))).problem, TOO_LARGE, "then each is tried by itself");
  assert.match((await outcome(one, json({}, 401))).halt, /log in/);
  assert.deepEqual(await outcome(one, json({ error: "The disk is full." }, 507)), {
    halt: "The disk is full.",
  });
  assert.deepEqual(await outcome(one, new Response("<html>", { status: 502 })), { lost: "sending" });
  assert.deepEqual(await outcome(one, json({ error: "Not that." }, 400)), { problem: "Not that." });
  const uploaded = async () => json(["/a"]);
  const scored = (reply) => sendBatch(one, page(uploaded, reply));
  assert.deepEqual(await scored(() => Promise.reject(new Error())), { lost: "scoring" });
  assert.deepEqual(await scored(async () => undefined), { lost: "scoring" });
  assert.deepEqual(await scored(async () => ({ gone: true })), { lost: "scoring" });
  assert.deepEqual(await scored(async () => ({ busy: true })), { busy: true });
  assert.deepEqual(await scored(async () => ({ problem: "No." })), { problem: "No." });
});
