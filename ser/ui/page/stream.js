// @ts-check
// Runs before gradio's own scripts. gradio's page receives its answers through one stream of events, which is open while
// any answer is pending. If the stream ends early (the app was stopped or restarted, or a proxy chose another process),
// gradio carries on as if it were open: later clicks get no answer, and no message says so. This script completes such a
// stream: it reports the pending events as failed and closes the stream, so the next click opens a new one. If the app
// closes the stream while it accepts another event, gradio would stop listening: here the stream is opened again.
const LOST = "The connection to the app was lost before its answer came: try again.";
const AWAY = "The app cannot be reached right now: try again in a minute.";
const END = "\n\n"; // of a message
// From an app that does not know the session. gradio would reload the page, and everything on it would be lost.
const NO_SESSION = '"session_not_found":true';
const original = window.fetch.bind(window);
const encoder = new TextEncoder();
const pending = new Set(); // ids of events that the app has accepted and not answered
const early = new Set(); // ids of events whose answer came before the app said that it accepted them
window.awaitedAnswers = pending; // for tests

window.fetch = (input, options) => {
  const { pathname } = new URL(input instanceof Request ? input.url : input, location.href);
  if (pathname.endsWith("/gradio_api/queue/data")) return listen(new Request(input, options));
  if (/\/gradio_api\/(queue\/join|run\/\w+)$/.test(pathname)) return send(input, options);
  return original(input, options);
};

async function send(input, options) {
  const response = await original(input, options);
  const json = response.headers.get("content-type")?.includes("json");
  // A proxy that cannot reach the app answers with an HTML page, for which gradio would show an error about JSON.
  if (response.status >= 500 && !json) return Response.json({ error: AWAY }, { status: 502 });
  const { event_id } =
    json && response.ok
      ? await response
          .clone()
          .json()
          .catch(() => ({}))
      : {};
  if (event_id && !early.delete(event_id)) pending.add(event_id);
  return response;
}

async function listen(request) {
  const messages = completed(request);
  const body = new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await messages.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      } catch (error) {
        controller.error(error); // gradio itself closed the stream
      }
    },
    cancel: () => messages.return(),
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

// Yield the app's messages, and at the end those that complete the stream.
async function* completed(request) {
  try {
    do {
      let closed = false;
      for await (const message of received(await original(request.clone()))) {
        closed = message.includes('"msg":"close_stream"');
        if (closed || message.includes(NO_SESSION)) continue;
        if (message.includes('"msg":"process_completed"')) answered(message);
        yield message + END;
      }
      if (!closed) break;
    } while (pending.size); // accepted after the app had decided to close
  } catch (error) {
    if (request.signal.aborted) throw error;
  }
  yield farewell();
}

async function* received(response) {
  const decoder = new TextDecoder();
  const reader = response.ok ? response.body.getReader() : null;
  let incomplete = "";
  for (let piece; reader && !(piece = await reader.read()).done;) {
    const messages = (incomplete + decoder.decode(piece.value, { stream: true })).split(END);
    incomplete = messages.pop();
    yield* messages;
  }
}

function answered(message) {
  const [, event_id] = message.match(/"event_id":"(\w+)"/) || [];
  if (event_id && !pending.delete(event_id)) early.add(event_id);
}

function farewell() {
  const messages = [...pending].map((event_id, index) => ({
    msg: "process_completed",
    event_id,
    success: false,
    output: { error: LOST, title: "Error", visible: index === 0 }, // shown once
  }));
  pending.clear();
  return [...messages, { msg: "close_stream" }]
    .map((message) => `data: ${JSON.stringify(message)}${END}`)
    .join("");
}
