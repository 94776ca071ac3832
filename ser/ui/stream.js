// Runs before gradio's own scripts. gradio's page hears its answers through one stream of events, which is open while an
// answer is awaited. Where that ends early (the app was ended, started again, or is behind a proxy that found another),
// gradio goes on as if it were open: no later click would be answered, and nothing said so. Here a stream that ends
// early gets the messages that it lacks: what was awaited has failed, and the stream is closed. The next click opens
// another.
(() => {
  const LOST = "The connection to the app was lost before its answer came: try again.";
  const AWAY = "The app cannot be reached at this moment: try again in a minute.";
  const END = "\n\n"; // of a message
  // What an app says that knows nothing of what is awaited: gradio would load the page anew, and all on it were gone.
  const NO_SESSION = '"session_not_found":true';
  const original = window.fetch.bind(window);
  const encoder = new TextEncoder();
  const awaited = new Set(); // the events that the app took and has not answered

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
    const { event_id } = json ? await answer.clone().json().catch(() => ({})) : {};
    if (answer.ok && event_id) awaited.add(event_id);
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
    const decoder = new TextDecoder();
    let rest = "";
    let closed = false;
    try {
      const answer = await original(request);
      const reader = answer.ok ? answer.body.getReader() : null;
      for (let piece; reader && !(piece = await reader.read()).done; ) {
        rest += decoder.decode(piece.value, { stream: true });
        const end = rest.lastIndexOf(END) + END.length;
        if (end < END.length) continue;
        const whole = rest.slice(0, end);
        rest = rest.slice(end);
        const messages = whole.split(END).filter((message) => !message.includes(NO_SESSION));
        for (const message of messages) closed = note(message) || closed;
        yield messages.join(END);
      }
    } catch (error) {
      if (request.signal.aborted) throw error;
    }
    if (!closed) yield farewell();
  }

  // Whether a message closes the stream; whose answer it is, is no longer awaited.
  function note(message) {
    if (message.includes('"msg":"close_stream"')) return true;
    if (message.includes('"msg":"process_completed"')) {
      for (const id of awaited) if (message.includes(`"event_id":"${id}"`)) awaited.delete(id);
    }
    return false;
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
