// Runs before gradio's own scripts. gradio's page hears its answers through one stream of events, which is open while an
// answer is awaited. Where that ends early (the app was ended, started again, or is behind a proxy that found another),
// gradio goes on as if it were open: no later click would be answered, and nothing said so. Here a stream that ends
// early gets the messages that it lacks: what was awaited has failed, and the stream is closed. The next click opens
// another. And where the app closes it while it takes another event, gradio listens no more: here it is opened again.
(() => {
  const LOST = "The connection to the app was lost before its answer came: try again.";
  const AWAY = "The app cannot be reached at this moment: try again in a minute.";
  const END = "\n\n"; // of a message
  // What an app says that knows nothing of what is awaited: gradio would load the page anew, and all on it were gone.
  const NO_SESSION = '"session_not_found":true';
  const original = window.fetch.bind(window);
  const encoder = new TextEncoder();
  const awaited = new Set(); // the events that the app took and has not answered
  const early = new Set(); // those whose answer came before the app had said that it took them
  window.awaitedAnswers = awaited;

  window.fetch = (input, options) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input, location.href);
    if (pathname.endsWith("/gradio_api/queue/data")) return listen(new Request(input, options));
    if (/\/gradio_api\/(queue\/join|run\/\w+)$/.test(pathname)) return ask(input, options);
    return original(input, options);
  };

  async function ask(input, options) {
    const answer = await original(input, options);
    const json = answer.headers.get("content-type")?.includes("json");
    // A proxy without an app behind it answers with a page of its own, of which gradio would say that it is no JSON.
    if (answer.status >= 500 && !json) return Response.json({ error: AWAY }, { status: 502 });
    const { event_id } = json && answer.ok ? await answer.clone().json().catch(() => ({})) : {};
    if (event_id && !early.delete(event_id)) awaited.add(event_id);
    return answer;
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
          controller.error(error); // gradio itself has closed the stream
        }
      },
      cancel: () => messages.return(),
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  // Whole messages of the app, and at the end those that are lacking.
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
      } while (awaited.size); // taken after the app had decided to close
    } catch (error) {
      if (request.signal.aborted) throw error;
    }
    yield farewell();
  }

  async function* received(answer) {
    const decoder = new TextDecoder();
    const reader = answer.ok ? answer.body.getReader() : null;
    let rest = "";
    for (let piece; reader && !(piece = await reader.read()).done; ) {
      const messages = (rest + decoder.decode(piece.value, { stream: true })).split(END);
      rest = messages.pop(); // not whole yet
      yield* messages;
    }
  }

  function answered(message) {
    const [, event_id] = message.match(/"event_id":"(\w+)"/) || [];
    if (event_id && !awaited.delete(event_id)) early.add(event_id);
  }

  function farewell() {
    const messages = [...awaited].map((event_id, index) => ({
      msg: "process_completed",
      event_id,
      success: false,
      output: { error: LOST, title: "Error", visible: index === 0 }, // said once
    }));
    awaited.clear();
    return [...messages, { msg: "close_stream" }].map((message) => `data: ${JSON.stringify(message)}${END}`).join("");
  }
})();

// Ask the app: the answer, or { problem } where the app does not answer: gradio then throws or returns nothing.
window.answerTo = async (answer, silent = "The app does not answer: is it still running?") => (await answer.catch(() => null)) ?? { problem: silent };
