// @ts-check
// The sound of the open clips: play, pause, seek, loop and other speeds, exact to the sample.
//
// It plays the server's samples, the same ones that are drawn and scored, in blocks that follow each other on the audio
// clock. That way every format plays, nothing is shifted against the picture (browsers and servers disagree about the
// silence before an MP3 by tens of milliseconds), a region starts, ends and repeats on its sample, and only some blocks
// of ten minutes of sound are in memory. Another speed is a short overlap-add of the same blocks: a media element with
// preservesPitch has neither exact ends nor exact loops.
import { SOUND_RATE, clamp } from "../numbers.js";
import { HALF, nextSlowed, nextSpeed } from "./speed.js";
import { Samples } from "./samples.js";

// The audio context uses the sounds' rate as well, or each block would be resampled on its own.
const RATE = SOUND_RATE;
const BLOCK = RATE / 2; // frames per scheduled buffer
const LEAD_S = 2; // scheduled ahead: the browser runs a page in the background only once a second
const SOON_S = 0.03;
const PUMP_MS = 200;
const WAKE_MS = 1500;
const NEEDS_CLICK = "Your browser needs a click before it plays sound: press Play.";

/** @typedef {import("../pane.js").Pane} Pane */
/** @typedef {import("../scope.js").Scope} Scope */

/** Which sample the frames of the audio clock from `at` on play. */
/** @typedef {{ at: number, count: number, sample: number }} Run */

/**
 * What is playing. Positions are samples of the sound; frames count on the audio clock.
 * @typedef {object} Job
 * @property {Pane} pane
 * @property {string} token
 * @property {Scope} scope ends when it stops
 * @property {number} start of the part that is played
 * @property {number} end
 * @property {boolean} whole whether the part is the whole clip
 * @property {boolean} loop
 * @property {number} speed
 * @property {number} position the sample that is scheduled next
 * @property {number} first_s where playing started
 * @property {number} next the frame after those that are scheduled; 0 before the first
 * @property {Run[]} runs
 * @property {Float32Array | null} tail see speed.js
 * @property {boolean} done whether all is scheduled
 * @property {boolean} busy whether blocks are being read
 * @property {AudioNode | null} input
 */

export class SoundPlayer {
  state = { loop: false, speed: 1 };
  /** @type {AudioContext | null} */
  context = null;
  /** @type {GainNode | null} */
  output = null;
  /** @type {Job | null} */
  #job = null;

  /** @param {import("../viewer.js").Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    this.samples = new Samples(viewer.server);
    viewer.scope.add(() => {
      this.#drop();
      this.context?.close();
    });
  }

  // ---- controls

  /**
   * Play the region if there is one, else the whole clip.
   * @param {Pane} pane
   * @param {number} [from_s]
   */
  async play(pane, from_s = pane.time_s) {
    this.#drop();
    const part = partToPlay(pane);
    const position = firstSample(part, Math.round((from_s || 0) * RATE));
    /** @type {Job} */
    const job = {
      ...{ ...this.state, ...part, pane, token: pane.token ?? "", position, first_s: position / RATE },
      ...{ next: 0, runs: [], tail: null, done: false, busy: false, input: null },
      scope: this.viewer.scope.child(),
    };
    this.#job = job;
    this.#tell(pane);
    this.#place(pane, job.first_s);
    const context = await this.#wake();
    if (this.#job !== job) return;
    if (!context) return this.stop(pane, NEEDS_CLICK);
    job.input = this.#filtered(context, pane.region);
    await this.#pump(job, context);
    if (this.#job !== job) return;
    job.scope.every(PUMP_MS, () => this.#pump(job, context));
    this.#follow(job, context);
  }

  /**
   * @param {Pane} [pane] only if this one is playing
   * @param {string} [problem]
   */
  stop(pane, problem = "") {
    const job = this.#job;
    if (job && (!pane || job.pane === pane)) {
      if (this.context && job.runs.length) this.#place(job.pane, heard_s(job, heardFrame(this.context)));
      this.#drop();
    }
    this.#tell(pane, problem);
  }

  /** @param {Pane} [pane] any if left out */
  isPlaying(pane) {
    return Boolean(this.#job) && (!pane || this.#job?.pane === pane);
  }

  /** @param {Pane} pane */
  toggle(pane) {
    return this.isPlaying(pane) ? this.stop(pane) : this.play(pane);
  }

  /**
   * @param {Pane} pane
   * @param {number} time_s
   */
  seek(pane, time_s) {
    const at = clamp(time_s, 0, pane.duration_s);
    if (this.isPlaying(pane)) this.play(pane, at);
    else this.#place(pane, at);
  }

  /** Continue from the same place, after loop, speed or the region changed. */
  renew() {
    const job = this.#job;
    if (!job) return;
    const heard = this.context && job.runs.length ? heard_s(job, heardFrame(this.context)) : job.first_s;
    this.play(job.pane, heard);
  }

  /** @param {boolean} on */
  setLoop(on) {
    this.#set({ loop: Boolean(on) });
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.#set({ speed });
  }

  toggleSpeed() {
    this.setSpeed(this.state.speed === 1 ? 0.5 : 1);
  }

  /** @param {1 | -1} by */
  stepSpeed(by) {
    this.setSpeed(nextSpeed(this.state.speed, by));
  }

  /** @param {{ loop?: boolean, speed?: number }} changes */
  #set(changes) {
    Object.assign(this.state, changes);
    this.renew();
    this.viewer.events.emit("player", { ...this.state });
  }

  #drop() {
    this.#job?.scope.end();
    this.#job = null;
  }

  /**
   * @param {Pane} [pane]
   * @param {string} [problem]
   */
  #tell(pane, problem = "") {
    this.viewer.events.emit("playing", { pane, playing: Boolean(this.#job), problem });
  }

  // ---- blocks on the clock

  /** Return the audio context once it runs, or null if the browser does not let it. */
  async #wake() {
    if (!this.context) {
      this.context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
      this.output = new GainNode(this.context);
      this.output.connect(this.context.destination);
    }
    const { context } = this;
    if (context.state !== "running")
      await Promise.race([context.resume(), new Promise((late) => setTimeout(late, WAKE_MS))]);
    return context.state === "running" ? context : null;
  }

  /**
   * Schedule blocks until enough sound is ahead.
   * @param {Job} job
   * @param {AudioContext} context
   */
  async #pump(job, context) {
    if (job.busy) return;
    job.busy = true;
    try {
      while (job === this.#job && !job.done && job.next < (context.currentTime + LEAD_S) * RATE) {
        const { block, runs } = await this.#nextBlock(job);
        if (job !== this.#job) return;
        schedule(job, context, block, runs);
      }
    } catch (error) {
      if (job === this.#job) this.stop(job.pane, error instanceof Error ? error.message : String(error));
    } finally {
      job.busy = false;
    }
  }

  /**
   * Fill a block with the next part of the sound, and record which sample each of its frames is.
   * @param {Job} job
   */
  async #nextBlock(job) {
    const read = (/** @type {number} */ first, /** @type {number} */ count) =>
      this.samples.read(job, first, count);
    const block = new Float32Array(BLOCK);
    /** @type {Run[]} */
    const runs = [];
    let filled = 0;
    while (filled < BLOCK && !job.done) {
      const remaining = Math.round((job.end - job.position) / job.speed);
      const count = Math.min(remaining, BLOCK - filled, job.speed === 1 ? BLOCK : HALF);
      const sound =
        job.speed === 1 ? await read(job.position, count) : (await nextSlowed(job, read)).subarray(0, count);
      block.set(sound, filled);
      runs.push({ at: filled, count, sample: job.position });
      filled += count;
      job.position += count * job.speed;
      if (job.position >= job.end - 0.5) wrap(job);
    }
    return { block: block.subarray(0, filled), runs };
  }

  /**
   * Return where to send the sound. A region with a pitch range plays only that range: two filters in a row at each end,
   * 24 dB per octave.
   * @param {AudioContext} context
   * @param {import("./region/region_shape.js").Region | null} region
   */
  #filtered(context, region) {
    /** @type {[BiquadFilterType, number][]} */
    const filters = [];
    const { low_hz, high_hz } = region ?? { low_hz: null, high_hz: null };
    if (low_hz && low_hz > 20) filters.push(["highpass", low_hz], ["highpass", low_hz]);
    if (high_hz && high_hz < RATE / 2 - 100) filters.push(["lowpass", high_hz], ["lowpass", high_hz]);
    /** @type {AudioNode} */
    let first = this.output ?? context.destination;
    for (const [type, frequency] of filters) {
      const filter = new BiquadFilterNode(context, { type, frequency, Q: 0 });
      filter.connect(first);
      first = filter;
    }
    return first;
  }

  // ---- the playhead

  /**
   * Move the playhead with the sound, frame by frame.
   * @param {Job} job
   * @param {AudioContext} context
   */
  #follow(job, context) {
    const frame = heardFrame(context);
    this.#place(job.pane, heard_s(job, frame));
    if (job !== this.#job) return; // a listener stopped it
    if (job.done && frame >= job.next) this.#finish(job);
    else job.scope.frame(() => this.#follow(job, context));
  }

  /** @param {Job} job */
  #finish(job) {
    this.#drop();
    this.#place(job.pane, (job.whole ? job.end : job.start) / RATE);
    this.#tell(job.pane);
  }

  /**
   * @param {Pane} pane
   * @param {number} time_s
   */
  #place(pane, time_s) {
    pane.time_s = time_s;
    this.viewer.events.emit("time", { pane, time_s });
  }
}

/**
 * Return the part that Play plays, in samples.
 * @param {{ region: import("./region/region_shape.js").Region | null, duration_s: number }} pane
 */
export function partToPlay({ region, duration_s }) {
  const { start_s, end_s } = region ?? { start_s: 0, end_s: duration_s };
  return { start: Math.round(start_s * RATE), end: Math.round(end_s * RATE), whole: !region };
}

/**
 * Return the sample to start with: the one wanted if it is in the part and not its last, else the part's first.
 * @param {{ start: number, end: number }} part
 * @param {number} sample
 */
export const firstSample = ({ start, end }, sample) => (sample >= start && sample < end - 1 ? sample : start);

/** @param {Job} job */
function wrap(job) {
  job.tail = null;
  job.position = job.start;
  job.done = !job.loop;
}

/**
 * @param {Job} job
 * @param {AudioContext} context
 * @param {Float32Array<ArrayBuffer>} block
 * @param {Run[]} runs
 */
function schedule(job, context, block, runs) {
  // The first block starts when it arrives; a later one is late only if the server is slow.
  const soon = Math.ceil((context.currentTime + SOON_S) * RATE);
  const start = job.next === 0 ? soon : Math.max(job.next, Math.ceil(context.currentTime * RATE));
  const buffer = context.createBuffer(1, block.length, RATE);
  buffer.copyToChannel(block, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(job.input ?? context.destination);
  source.start(start / RATE);
  const stop = job.scope.add(() => source.stop());
  source.addEventListener("ended", stop, { once: true });
  job.runs.push(...runs.map((run) => ({ ...run, at: start + run.at })));
  job.next = start + block.length;
}

/**
 * Return the frame that leaves the loudspeaker now, as far as the browser can tell.
 * @param {AudioContext} context
 */
function heardFrame(context) {
  const stamp = context.getOutputTimestamp?.();
  if (stamp?.contextTime !== undefined && stamp.performanceTime !== undefined && stamp.performanceTime > 0) {
    const since = (performance.now() - stamp.performanceTime) / 1000;
    return Math.min(stamp.contextTime + since, context.currentTime) * RATE;
  }
  return (context.currentTime - (context.outputLatency || context.baseLatency || 0)) * RATE;
}

/**
 * Return the time in the sound that is audible at a frame, in seconds, and forget the runs before it.
 * @param {{ runs: Run[], speed: number, first_s: number }} job
 * @param {number} frame
 */
export function heard_s({ runs, speed, first_s }, frame) {
  while (runs.length > 1 && runs[1].at <= frame) runs.shift();
  const [run] = runs;
  if (!run || frame < run.at) return first_s;
  return (run.sample + Math.min(frame - run.at, run.count) * speed) / RATE;
}
