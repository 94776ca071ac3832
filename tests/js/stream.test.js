// The stream of answers is always complete, however the app's own ends.
import assert from "node:assert/strict";
import { test } from "node:test";

import { AnswerStreams, AWAY, LOST } from "../../ser/ui/page/stream.js";

const STREAM = "http://localhost/gradio_api/queue/data?session_hash=1";
const JOIN = "http://localhost/gradio_api/queue/join";
/** @param {object} message */
const sse = (message) => `data: ${JSON.stringify(message)}\n\n`;
/** @param {string} event_id */
const answer = (event_id) => sse({ msg: "process_completed", event_id, success: true });
const CLOSE = sse({ msg: "close_stream" });

/**
 * A response whose body comes in these pieces, and then ends, or breaks off with an error.
 * @param {(string | Uint8Array)[]} pieces
 * @param {Error} [error]
 */
function streamOf(pieces, error) {
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
      if (!error) controller.close();
    },
    pull(controller) {
      if (error) controller.error(error);
    },
  });
  return new Response(body);
}

/**
 * Streams whose requests get these responses, one after the other. An error is thrown.
 * @param {...(Response | Error)} responses
 */
function streamsWith(...responses) {
  return new AnswerStreams(async () => {
    const response = responses.shift();
    assert.ok(response, "one request too many");
    if (response instanceof Error) throw response;
    return response;
  });
}

/**
 * All messages of a stream, parsed.
 * @param {AnswerStreams} streams
 * @returns {Promise<any[]>}
 */
async function messagesOf(streams) {
  const text = await streams.listen(new Request(STREAM)).text();
  assert.ok(text.endsWith("\n\n"));
  return text
    .split("\n\n")
    .filter(Boolean)
    .map((message) => JSON.parse(message.replace(/^data: /, "")));
}

/** @param {any[]} messages */
const kinds = (messages) => messages.map(({ msg }) => msg);
/** @param {string} event_id */
const accepted = (event_id) => Response.json({ event_id });

test("a stream that the app closes is passed on and closed once", async () => {
  const streams = streamsWith(accepted("e1"), streamOf([answer("e1"), CLOSE]));
  await streams.send(JOIN);
  assert.deepEqual([...streams.pending], ["e1"]);
  const messages = await messagesOf(streams);
  assert.deepEqual(kinds(messages), ["process_completed", "close_stream"]);
  assert.equal(messages[0].success, true);
  assert.equal(streams.pending.size, 0);
});

test("if the stream breaks off, each pending event fails, and only one says so", async () => {
  const broken = streamOf([sse({ msg: "estimation", event_id: "e1" })], new TypeError("network error"));
  const streams = streamsWith(accepted("e1"), accepted("e2"), broken);
  await streams.send(JOIN);
  await streams.send(JOIN);
  const messages = await messagesOf(streams);
  assert.deepEqual(kinds(messages), [
    ...["estimation", "process_completed", "process_completed", "close_stream"],
  ]);
  assert.deepEqual(
    messages.slice(1, 3).map(({ event_id, success, output }) => [event_id, success, output.visible]),
    [
      ["e1", false, true],
      ["e2", false, false],
    ],
  );
  assert.equal(messages[1].output.error, LOST);
  assert.equal(streams.pending.size, 0);
});

test("an app that is gone when the stream is opened is a lost connection, too", async () => {
  const streams = streamsWith(accepted("e1"), new TypeError("Failed to fetch"));
  await streams.send(JOIN);
  assert.deepEqual(kinds(await messagesOf(streams)), ["process_completed", "close_stream"]);
});

test("a proxy's error page is no message", async () => {
  const streams = streamsWith(accepted("e1"), new Response("<h1>Bad gateway</h1>\n\n", { status: 502 }));
  await streams.send(JOIN);
  assert.deepEqual(kinds(await messagesOf(streams)), ["process_completed", "close_stream"]);
});

test("messages come whole, in whatever pieces they arrive", async () => {
  const bytes = new TextEncoder().encode(sse({ msg: "log", log: "Ä 🎙" }) + CLOSE);
  for (let cut = 1; cut < bytes.length; cut++) {
    const messages = await messagesOf(streamsWith(streamOf([bytes.slice(0, cut), bytes.slice(cut)])));
    assert.deepEqual(messages, [{ msg: "log", log: "Ä 🎙" }, { msg: "close_stream" }]);
  }
});

test("a message that breaks off in the middle is left out", async () => {
  const messages = await messagesOf(streamsWith(streamOf([answer("e1"), 'data: {"msg":"proc'])));
  assert.deepEqual(kinds(messages), ["process_completed", "close_stream"]);
});

test("an event that is accepted while the app closes the stream is answered by the next stream", async () => {
  const second = streamOf([answer("e2"), CLOSE]);
  const streams = streamsWith(...[accepted("e1"), accepted("e2"), streamOf([answer("e1"), CLOSE]), second]);
  await streams.send(JOIN);
  await streams.send(JOIN);
  const messages = await messagesOf(streams);
  assert.deepEqual(
    messages.map(({ msg, event_id, success }) => [msg, event_id, success]),
    [
      ["process_completed", "e1", true],
      ["process_completed", "e2", true],
      ["close_stream", undefined, undefined],
    ],
  );
});

test("an answer that overtakes the app's acceptance leaves nothing pending", async () => {
  const streams = streamsWith(streamOf([answer("e1"), CLOSE]), accepted("e1"));
  await messagesOf(streams);
  await streams.send(JOIN);
  assert.equal(streams.pending.size, 0);
  assert.equal(streams.early.size, 0);
});

test("an app that does not know the session does not reload the page", async () => {
  const unknown = sse({ msg: "process_completed", event_id: "e1", session_not_found: true });
  const streams = streamsWith(accepted("e1"), streamOf([unknown]));
  await streams.send(JOIN);
  const [failed] = await messagesOf(streams);
  assert.equal(failed.session_not_found, undefined);
  assert.equal(failed.output.error, LOST);
});

test("a stream that gradio itself gave up ends with its error", async () => {
  const controller = new AbortController();
  const request = new Request(STREAM, { signal: controller.signal });
  const streams = streamsWith(new DOMException("aborted", "AbortError"));
  controller.abort();
  await assert.rejects(streams.completed(request).next(), { name: "AbortError" });
});

test("a proxy that cannot reach the app gets a sentence as its answer", async () => {
  const streams = streamsWith(new Response("<h1>502</h1>", { status: 502 }));
  const response = await streams.send(JOIN);
  assert.equal(response.status, 502);
  assert.deepEqual(await response.json(), { error: AWAY });
});

test("answers that accept nothing are passed on as they are", async () => {
  const problem = Response.json({ detail: "full" }, { status: 503 });
  const broken = new Response("{", { headers: { "content-type": "application/json" } });
  const streams = streamsWith(problem, broken);
  assert.equal(await streams.send(JOIN), problem);
  assert.equal(await (await streams.send(JOIN)).text(), "{");
  assert.equal(streams.pending.size, 0);
});
