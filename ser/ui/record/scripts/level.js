// @ts-check
// How loud the voice at the microphone is.

const FLOOR_DB = -60;
const CLIPPED = 0.99; // of full scale
const HOLD_MS = 2000; // a pause between words is not "too quiet", and the warning about a clipped word stays for a while
const LOOK_MS = 50;
const CHANNELS = 2;
const SAMPLES = 4096; // 85 ms at 48 kHz

/**
 * @typedef {{ db: number, peak: number }} Loudness level in dB of full scale, and the highest sample
 * @typedef {"waiting" | "quiet" | "good" | "clipping"} Level
 */

/**
 * @param {Float32Array} samples
 * @returns {Loudness}
 */
export function loudness(samples) {
  let square = 0;
  let peak = 0;
  for (const sample of samples) {
    square += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  return { db: 10 * Math.log10(square / samples.length + 1e-12), peak };
}

/**
 * Return the level of the loudest of several channels.
 * @param {Loudness[]} channels
 */
export const louder = (channels) => channels.reduce((a, b) => (b.db > a.db ? b : a));

/**
 * Judge the level of the last two seconds.
 * @param {Loudness[]} recent
 * @param {number} since_ms time since the recording began
 * @param {number} quietDb root mean square of the loudest tenth of a second, below which a voice is too quiet
 * @returns {Level}
 */
export function judge(recent, since_ms, quietDb) {
  if (recent.some(({ peak }) => peak >= CLIPPED)) return "clipping";
  if (recent.some(({ db }) => db >= quietDb)) return "good";
  return since_ms < HOLD_MS ? "waiting" : "quiet";
}

/**
 * Return the share of the meter that is filled: 0 at -60 dB and below, 1 at full scale.
 * @param {number} db
 */
export const meterShare = (db) => Math.min(Math.max(1 - db / FLOOR_DB, 0), 1);

/**
 * Measure a stream until the function that is returned is called.
 * @param {MediaStream} stream
 * @param {number} quietDb
 * @param {(level: Level, db: number, seconds: number) => void} show
 * @returns {() => void}
 */
export function watchLevel(stream, quietDb, show) {
  const context = new AudioContext();
  // Each channel has its own analyser: their average would be silent where one is of opposite phase.
  const splitter = new ChannelSplitterNode(context, { numberOfOutputs: CHANNELS });
  context.createMediaStreamSource(stream).connect(splitter);
  const analysers = Array.from({ length: CHANNELS }, (_, channel) => {
    const analyser = new AnalyserNode(context, { fftSize: SAMPLES });
    splitter.connect(analyser, channel);
    return analyser;
  });
  const samples = new Float32Array(SAMPLES);
  const started = performance.now();
  /** @type {(Loudness & { now: number })[]} */
  let recent = [];
  const look = () => {
    const now = performance.now();
    const levels = analysers.map((analyser) => {
      analyser.getFloatTimeDomainData(samples);
      return loudness(samples);
    });
    const latest = { now, ...louder(levels) };
    recent = [...recent.filter((past) => now - past.now < HOLD_MS), latest];
    show(judge(recent, now - started, quietDb), latest.db, (now - started) / 1000);
  };
  const ticking = setInterval(look, LOOK_MS); // animation frames would stop in a hidden window
  look();
  return () => {
    clearInterval(ticking);
    if (context.state !== "closed") context.close();
  };
}
