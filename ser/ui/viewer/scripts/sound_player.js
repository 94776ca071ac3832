// The sound of the open clips: play, pause, seek, loop and half speed, exact to the sample.
//
// It plays the server's samples, the same ones that are drawn and scored, in blocks that follow each other on the audio
// clock. That way every format plays, nothing is shifted against the picture (browsers and servers disagree about the
// silence before an MP3 by tens of milliseconds), a region starts, ends and repeats on its sample, and only some blocks
// of ten minutes of sound are in memory. Half speed is a short overlap-add of the same blocks: a media element with
// preservesPitch has neither exact ends nor exact loops.
const soundPlayer = (() => {
  const RATE = 16000; // Hz, of the network's input; the audio context uses it as well, or each block would be resampled on its own
  const PIECE = 10 * RATE; // samples per request
  const MAX_PIECES = 24; // 4 minutes, 15 MB
  const BLOCK = RATE / 2; // frames per scheduled buffer
  const LEAD_S = 2; // scheduled ahead: the browser runs a page in the background only once a second
  const SOON_S = 0.03;
  const FRAME = 640; // of the overlap-add, 40 ms: two periods of a deep voice
  const HALF = FRAME / 2;
  const SEARCH = 128; // 8 ms each way, which reaches the next period of most voices
  const RISE = Float32Array.from({ length: HALF }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / HALF));

  let context = null;
  let output = null;
  let job = null; // what is playing
  const pieces = new Map(); // "token/index" -> Promise of Float32Array, the last used one at the end

  const state = { loop: false, speed: 1 };

  // ---- samples

  function piece(token, index) {
    const key = `${token}/${index}`;
    const samples = pieces.get(key) || fetchPiece(token, index);
    pieces.delete(key);
    pieces.set(key, samples);
    samples.catch(() => pieces.delete(key));
    if (pieces.size > MAX_PIECES) pieces.delete(pieces.keys().next().value);
    return samples;
  }

  async function fetchPiece(token, index) {
    const answer = await window.answerTo(server.read_samples({ token, first: index * PIECE, count: PIECE }));
    if (answer.problem) throw new Error(answer.problem);
    const bytes = Uint8Array.from(atob(answer.bytes), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true) / 32768);
  }

  // Samples first to first + count of the part that a job plays; zeros outside of it.
  async function read(from, first, count) {
    const samples = new Float32Array(count);
    const begin = Math.max(first, from.start);
    const end = Math.min(first + count, from.end);
    for (let at = begin; at < end; ) {
      const index = Math.floor(at / PIECE);
      const samplesHere = (await piece(from.token, index)).subarray(at - index * PIECE, end - index * PIECE);
      if (!samplesHere.length) break;
      samples.set(samplesHere, at - first);
      at += samplesHere.length;
    }
    return samples;
  }

  // ---- half speed: overlapping frames of 40 ms, each placed where it continues the previous one best

  function bestShift(wanted, around) {
    let best = 0;
    let highest = -Infinity;
    for (let shift = 0; shift <= 2 * SEARCH; shift++) {
      let product = 0;
      let power = 1e-9;
      for (let i = 0; i < HALF; i++) {
        product += wanted[i] * around[shift + i];
        power += around[shift + i] ** 2;
      }
      const alike = product / Math.sqrt(power);
      if (alike > highest) [highest, best] = [alike, shift];
    }
    return best;
  }

  // The next HALF frames of the slowed sound.
  async function stretched(from) {
    const step = HALF * from.speed;
    // Put the middle of the frame where the clock is.
    const nominal = Math.round(from.position - (HALF - step));
    const latest = Math.max(from.start, from.end - FRAME);
    let at = Math.min(Math.max(nominal, from.start), latest);
    if (from.tail) {
      const lowest = at - SEARCH;
      const around = await read(from, lowest, HALF + 2 * SEARCH);
      at = Math.min(Math.max(lowest + bestShift(from.wanted, around), from.start), latest);
    }
    const frame = await read(from, at, FRAME);
    const sound = frame.slice(0, HALF);
    if (from.tail) for (let i = 0; i < HALF; i++) sound[i] = sound[i] * RISE[i] + from.tail[i] * (1 - RISE[i]);
    from.wanted = frame.slice(HALF);
    from.tail = from.wanted;
    return sound;
  }

  // ---- blocks on the clock

  // Fill a block with the next part of the sound, and record which sample each of its frames is.
  async function nextBlock(from) {
    const block = new Float32Array(BLOCK);
    const runs = [];
    let filled = 0;
    while (filled < BLOCK && !from.done) {
      const remaining = Math.round((from.end - from.position) / from.speed);
      const count = Math.min(remaining, BLOCK - filled, from.speed === 1 ? BLOCK : HALF);
      const sound = from.speed === 1 ? await read(from, from.position, count) : (await stretched(from)).subarray(0, count);
      block.set(sound, filled);
      runs.push({ at: filled, count, sample: from.position });
      filled += count;
      from.position += count * from.speed;
      if (from.position >= from.end - 0.5) wrap(from);
    }
    return { block: block.subarray(0, filled), runs };
  }

  function wrap(from) {
    from.tail = null;
    from.position = from.start;
    from.done = !from.loop;
  }

  async function pump(from) {
    if (from.busy) return;
    from.busy = true;
    try {
      while (from === job && !from.done && from.next < (context.currentTime + LEAD_S) * RATE) {
        const { block, runs } = await nextBlock(from);
        if (from !== job) return;
        schedule(from, block, runs);
      }
    } catch (error) {
      if (from === job) stop(from.pane, error.message);
    } finally {
      from.busy = false;
    }
  }

  function schedule(from, block, runs) {
    // The first block starts when it arrives; a later one is late only if the server is slow.
    const soon = Math.ceil((context.currentTime + SOON_S) * RATE);
    const start = from.next === 0 ? soon : Math.max(from.next, Math.ceil(context.currentTime * RATE));
    const buffer = context.createBuffer(1, block.length, RATE);
    buffer.copyToChannel(block, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(from.input);
    source.start(start / RATE);
    source.addEventListener("ended", () => from.sources.delete(source));
    from.sources.add(source);
    from.runs.push(...runs.map((run) => ({ ...run, at: start + run.at })));
    from.next = start + block.length;
  }

  // A region with a pitch range plays only that range: two filters in a row at each end, 24 dB per octave.
  function filtered({ low_hz, high_hz }) {
    const filters = [];
    if (low_hz > 20) filters.push(["highpass", low_hz], ["highpass", low_hz]);
    if (high_hz && high_hz < RATE / 2 - 100) filters.push(["lowpass", high_hz], ["lowpass", high_hz]);
    const nodes = filters.map(([type, frequency]) => new BiquadFilterNode(context, { type, frequency, Q: 0 }));
    let first = output;
    for (const node of nodes) {
      node.connect(first);
      first = node;
    }
    return first;
  }

  // ---- the playhead

  // The frame that leaves the loudspeaker now, as far as the browser can tell.
  function heardFrame() {
    const stamp = context.getOutputTimestamp?.();
    if (stamp?.performanceTime > 0) {
      const since = (performance.now() - stamp.performanceTime) / 1000;
      return Math.min(stamp.contextTime + since, context.currentTime) * RATE;
    }
    return (context.currentTime - (context.outputLatency || context.baseLatency || 0)) * RATE;
  }

  // The time in the sound that is audible now, in seconds.
  function heard_s() {
    const frame = heardFrame();
    while (job.runs.length > 1 && job.runs[1].at <= frame) job.runs.shift();
    const run = job.runs[0];
    if (!run || frame < run.at) return job.first_s;
    return (run.sample + Math.min(frame - run.at, run.count) * job.speed) / RATE;
  }

  function follow(from) {
    if (from !== job) return;
    place(from.pane, heard_s());
    if (from.done && heardFrame() >= from.next) finish(from);
    else requestAnimationFrame(() => follow(from));
  }

  function place(pane, time_s) {
    pane.time_s = time_s;
    window.inspect.emit("time", { pane, time_s });
  }

  function finish(from) {
    drop();
    place(from.pane, (from.whole ? from.end : from.start) / RATE);
    tell(from.pane);
  }

  // ---- controls

  function drop() {
    const from = job;
    job = null;
    if (!from) return;
    clearInterval(from.timer);
    from.sources.forEach((source) => source.stop());
  }

  const tell = (pane, problem = "") => window.inspect.emit("playing", { pane, playing: Boolean(job), problem });

  // The part that Play plays: the region if there is one, else the whole clip.
  function partToPlay(pane) {
    const part = pane.region || { start_s: 0, end_s: pane.sound.duration_s };
    return { start: Math.round(part.start_s * RATE), end: Math.round(part.end_s * RATE), whole: !pane.region };
  }

  async function play(pane, from_s = pane.time_s) {
    drop();
    const part = partToPlay(pane);
    const sample = Math.round((from_s || 0) * RATE);
    const first = sample >= part.start && sample < part.end - 1 ? sample : part.start;
    const mine = { ...state, ...part, pane, token: pane.token, position: first, first_s: first / RATE, next: 0, runs: [], sources: new Set(), done: false };
    job = mine;
    tell(pane);
    place(pane, mine.first_s);
    if (!(await wake()) && job === mine) return stop(pane, "Your browser needs a click before it plays sound: press Play.");
    if (job !== mine) return;
    mine.input = filtered(pane.region || {});
    await pump(mine);
    if (job !== mine) return;
    mine.timer = setInterval(() => pump(mine), 200);
    follow(mine);
  }

  async function wake() {
    if (!context) {
      context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
      output = new GainNode(context);
      output.connect(context.destination);
    }
    if (context.state !== "running") await Promise.race([context.resume(), new Promise((late) => setTimeout(late, 1500))]);
    return context.state === "running";
  }

  function stop(pane, problem = "") {
    const mine = job && (!pane || job.pane === pane);
    if (mine && job.runs.length) place(job.pane, heard_s());
    if (mine) drop();
    tell(pane, problem);
  }

  const isPlaying = (pane) => Boolean(job) && (!pane || job.pane === pane);
  const toggle = (pane) => (isPlaying(pane) ? stop(pane) : play(pane));

  function seek(pane, time_s) {
    const at = Math.min(Math.max(0, time_s), pane.sound.duration_s);
    if (isPlaying(pane)) play(pane, at);
    else place(pane, at);
  }

  // Loop, speed or the region changed: continue from the same place.
  function renew() {
    if (job) play(job.pane, job.runs.length ? heard_s() : job.first_s);
  }

  function set(name, value) {
    state[name] = value;
    renew();
    window.inspect.emit("player", { ...state });
  }

  return {
    play, stop, toggle, seek, renew, isPlaying, state,
    setLoop: (on) => set("loop", Boolean(on)),
    setSpeed: (speed) => set("speed", speed),
    get context() { return context; },
    get output() { return output; },
  };
})();
