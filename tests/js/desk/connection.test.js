// Requests of the desk: what goes with each, and what counts as lost.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Connection } from "../../../ser/ui/desk/scripts/connection.js";

const SOON_MS = 20;

/** A connection to server functions, and what they received. */
function connect(answer, props = {}) {
  const received = [];
  const queue_rows = (request) => {
    received.push(request);
    return answer();
  };
  return { connection: new Connection({ server: { queue_rows }, props }), props, received };
}

test("each request says which browser, annotator and page it comes from, as they are then", async () => {
  const { connection, props, received } = connect(async () => ({ kind: "queue" }));
  await connection.ask("queue_rows", { source: "folder" }, SOON_MS);
  connection.annotator = "Ann";
  props.sitting = { token: "t" };
  assert.deepEqual(await connection.ask("queue_rows", {}, SOON_MS), { kind: "queue" });
  const [before, after] = received;
  assert.match(before.browser, /^[0-9a-f]{32}$/);
  assert.deepEqual(before, { browser: before.browser, annotator: "", sitting: null, source: "folder" });
  assert.deepEqual(after, { browser: before.browser, annotator: "Ann", sitting: "t" });
});

test("a change keeps the annotator who made it", async () => {
  const { connection, received } = connect(async () => ({}));
  connection.annotator = "Bob";
  await connection.ask("queue_rows", { annotator: "Ann" }, SOON_MS);
  assert.equal(received[0].annotator, "Ann");
});

test("a request that fails, at once or later, or is not answered in time is lost", async () => {
  const answers = [
    () => {
      throw new TypeError("network");
    },
    () => Promise.reject(new Error("server")),
    () => new Promise(() => {}),
  ];
  for (const answer of answers)
    assert.equal(await connect(answer).connection.ask("queue_rows", {}, SOON_MS), undefined);
});
