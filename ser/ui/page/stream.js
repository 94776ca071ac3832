// @ts-check
// Runs before gradio's own scripts. gradio's page receives its answers through one stream of events, which is open while
// any answer is pending. If the stream ends early (the app was stopped or restarted, or a proxy chose another process),
// gradio carries on as if it were open: later clicks get no answer, and no message says so. This script completes such a
// stream: it reports the pending events as failed and closes the stream, so the next click opens a new one. If the app
// closes the stream while it accepts another event, gradio would stop listening: here the stream is opened again.
export const LOST = "The connection to the app was lost before its answer came: try again.";
export const AWAY = "The app cannot be reached right now: try again in a minute.";
const END = "\n\n"; // of a message
// From an app that does not know the session. gradio would reload the page, and everything on it would be lost.
const NO_SESSION = '"session_not_found":true';

/** The requests of gradio's page for answers, with streams that are always complete. */
export class AnswerStreams {
  /** @param {typeof window.fetch} fetch the browser's own */
  constructor(fetch) {
    this.fetch = fetch;
    /** @type {Set<string>} ids of events that the app has accepted and not answered */
    this.pending = new Set();
    /** @type {Set<string>} ids of events whose answer came before the app said that it accepted them */
    this.early = new Set();
  }

  /**
   * Send a request that may be answered through the stream.
   * @param {RequestInfo | URL} input
   * @param {RequestInit} [options]
   */
  async send(input, options) {
    const response = await this.fetch(input, options);
    const json = response.headers.get("content-type")?.includes("json");
    // A proxy that cannot reach the app answers with an HTML page, for which gradio would show an error about JSON.
    if (response.status >= 500 && !json) return Response.json({ error: AWAY }, { status: 502 });
    if (!json || !response.ok) return response;
    const { event_id } = await response
      .clone()
      .json()
      .catch(() => ({}));
    if (event_id && !this.early.delete(event_id)) this.pending.add(event_id);
    return response;
  }

  /**
   * Open the stream of answers.
   * @param {Request} request
   */
  listen(request) {
    const messages = this.completed(request);
    const encoder = new TextEncoder();
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
      cancel: async () => void (await messages.return()),
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  /**
   * Yield the app's messages, and at the end those that complete the stream.
   * @param {Request} request
   * @returns {AsyncGenerator<string, void, void>}
   */
  async *completed(request) {
    try {
      do {
        let closed = false;
        for await (const message of received(await this.fetch(request.clone()))) {
          closed = message.includes('"msg":"close_stream"');
          if (closed || message.includes(NO_SESSION)) continue;
          if (message.includes('"msg":"process_completed"')) this.answered(message);
          yield message + END;
        }
        if (!closed) break;
      } while (this.pending.size); // accepted after the app had decided to close
    } catch (error) {
      if (request.signal.aborted) throw error;
    }
    yield this.farewell();
  }

  /** @param {string} message */
  answered(message) {
    const event_id = message.match(/"event_id":"(\w+)"/)?.[1];
    if (event_id && !this.pending.delete(event_id)) this.early.add(event_id);
  }

  // The messages that complete a stream.
  farewell() {
    const messages = [...this.pending].map((event_id, index) => ({
      msg: "process_completed",
      event_id,
      success: false,
      output: { error: LOST, title: "Error", visible: index === 0 }, // shown once
    }));
    this.pending.clear();
    return [...messages, { msg: "close_stream" }]
      .map((message) => `data: ${JSON.stringify(message)}${END}`)
      .join("");
  }
}

/**
 * Yield the messages of a stream. One that broke off in the middle is left out.
 * @param {Response} response
 */
async function* received(response) {
  const decoder = new TextDecoder();
  const reader = response.ok ? response.body?.getReader() : null;
  let incomplete = "";
  for (let piece; reader && !(piece = await reader.read()).done;) {
    const messages = (incomplete + decoder.decode(piece.value, { stream: true })).split(END);
    incomplete = messages.pop() ?? "";
    yield* messages;
  }
}

export function completeStreams() {
  const fetch = window.fetch.bind(window);
  const streams = new AnswerStreams(fetch);
  window.awaitedAnswers = streams.pending; // for tests
  window.fetch = async (input, options) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input, location.href);
    if (pathname.endsWith("/gradio_api/queue/data")) return streams.listen(new Request(input, options));
    if (/\/gradio_api\/(queue\/join|run\/\w+)$/.test(pathname)) return streams.send(input, options);
    return fetch(input, options);
  };
}
