// @ts-check
// The sound of a live session in this page: what waits to be sent, and the newest half minute.
import { chosenMicrophone } from "../../page/microphone.js";

const MIN_CHUNKS_SENT = 4;
const MAX_CHUNKS_WAITING = 30;
const MAX_CHUNKS_KEPT = 300; // half a minute, in the memory of this page, which can become a take after Stop
const CHUNKS_PER_S = 10;
const WORKLET = new URL("live_worklet.js", import.meta.url).href;

/** Chunks of a tenth of a second. Only the newest three seconds wait, so that the scores never fall behind. */
export class LiveSound {
  constructor() {
    /** @type {Int16Array[]} */
    this.waiting = [];
    /** @type {Int16Array[]} */
    this.newest = [];
    this.chunks = 0; // in the whole session
    this.lost = 0; // left out since something was sent
  }

  get heard_s() {
    return this.chunks / CHUNKS_PER_S;
  }

  get kept_s() {
    return Math.floor(this.newest.length / CHUNKS_PER_S);
  }

  /** Whether a take can be made of it. */
  get isKeepable() {
    return this.newest.length > CHUNKS_PER_S;
  }

  /** @param {Int16Array} chunk */
  add(chunk) {
    this.chunks += 1;
    this.waiting.push(chunk);
    this.newest.push(chunk);
    if (this.newest.length > MAX_CHUNKS_KEPT) this.newest.shift();
    if (this.waiting.length > MAX_CHUNKS_WAITING) {
      this.waiting.shift();
      this.lost += 1;
    }
  }

  /**
   * Leave out a time without sound, and what still waits from before it: no score is of both sides.
   * @param {number} seconds
   */
  skip(seconds) {
    const chunks = Math.round(seconds * CHUNKS_PER_S);
    this.chunks += chunks;
    this.lost += chunks + this.waiting.length;
    this.waiting = [];
  }

  /**
   * Take out what waits, as base64, and the seconds that were left out before it; null if there is too little.
   * @returns {{ sound: string, lost_s: number } | null}
   */
  next() {
    if (this.waiting.length < MIN_CHUNKS_SENT) return null;
    const next = { sound: base64(this.waiting), lost_s: this.lost / CHUNKS_PER_S };
    this.waiting = [];
    this.lost = 0;
    return next;
  }
}

/** One session, from Start to Stop. */
export class Session {
  constructor() {
    this.sound = new LiveSound();
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {AudioWorkletNode | null} */
    this.worklet = null;
    /** @type {MediaStreamAudioSourceNode | null} */
    this.input = null;
    /** @type {string | null} the server's name of the session */
    this.id = null;
    this.rate = 0;
    this.isAsking = false;
    this.isReopening = false;
    this.wasInterrupted = false;
    /** @type {number | null} when the sound was interrupted */
    this.interrupted_ms = null;
  }

  get track() {
    return this.stream?.getAudioTracks()[0];
  }

  get isUnplugged() {
    return this.track?.readyState === "ended";
  }

  /** Whether the browser gives no sound now, as during a call, behind a locked screen or from an unplugged microphone. */
  get isSilenced() {
    return this.isUnplugged || Boolean(this.track?.muted) || this.context?.state !== "running";
  }

  /** @param {string} [id] of the only microphone that will do; by default, the chosen one or the system's */
  async openMicrophone(id) {
    if (!window.isSecureContext || !navigator.mediaDevices) throw new DOMException("", "insecure");
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: id ? { deviceId: { exact: id } } : true,
    });
    stopAll(this.stream);
    this.stream = stream;
    if (this.context?.state === "closed") this.close();
  }

  /** Go on with the microphone that was unplugged if it is there again, or else with the chosen one. */
  async replug() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const present = devices.filter(({ kind }) => kind === "audioinput").map(({ deviceId }) => deviceId);
    const id = [this.track?.getSettings().deviceId, chosenMicrophone()].find(
      (id) => id && present.includes(id),
    );
    if (id) await this.changeMicrophone(id);
  }

  /** @param {string} [id] see `openMicrophone` */
  async changeMicrophone(id) {
    await this.openMicrophone(id);
    this.connect();
  }

  async prepareSound() {
    this.context = new AudioContext();
    await this.context.audioWorklet.addModule(WORKLET);
    await this.context.resume();
  }

  /** @param {(chunk: Int16Array) => void} take called with each chunk */
  listen(take) {
    if (!this.context) return;
    this.rate = this.context.sampleRate;
    this.worklet = new AudioWorkletNode(this.context, "chunks");
    this.worklet.port.onmessage = ({ data }) => take(data);
    this.worklet.connect(this.context.destination); // it outputs silence, but unconnected nodes do not run
    this.connect();
  }

  /** Hear the microphone that is open, and no other. */
  connect() {
    if (!this.context || !this.stream || !this.worklet || this.context.state === "closed") return;
    this.input?.disconnect();
    this.input = this.context.createMediaStreamSource(this.stream);
    this.input.connect(this.worklet);
  }

  close() {
    stopAll(this.stream);
    if (this.context && this.context.state !== "closed") this.context.close();
  }
}

/** @param {MediaStream | null} stream */
const stopAll = (stream) => stream?.getTracks().forEach((track) => track.stop());

/**
 * Return the bytes of chunks as base64.
 * @param {Int16Array[]} chunks
 */
export function base64(chunks) {
  let text = "";
  for (const { buffer, byteOffset, byteLength } of chunks)
    text += String.fromCharCode(...new Uint8Array(buffer, byteOffset, byteLength));
  return btoa(text);
}

/**
 * Return the largest sample of a chunk, as a share of full scale.
 * @param {Int16Array} chunk
 */
export const peakOf = (chunk) =>
  chunk.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0) / 32768;

/**
 * Judge a peak: the level of the meter from 0 to 1, and how loud it is.
 * @param {number} peak
 * @returns {{ level: number, loudness: "clipping" | "quiet" | "good" }}
 */
export function judgePeak(peak) {
  const db = 20 * Math.log10(Math.max(peak, 1e-3)); // -60 to 0
  const loudness = peak >= 0.99 ? "clipping" : db < -36 ? "quiet" : "good";
  return { level: 1 + db / 60, loudness };
}

/**
 * Return a mono WAV file with 16-bit samples.
 * @param {Int16Array[]} chunks
 * @param {number} rate in Hz
 */
export function wav(chunks, rate) {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  const head = new DataView(new ArrayBuffer(44));
  const text = (/** @type {number} */ at, /** @type {string} */ letters) =>
    [...letters].forEach((letter, i) => head.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  head.setUint32(4, 36 + bytes, true);
  text(8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true); // PCM
  head.setUint16(22, 1, true); // channels
  head.setUint32(24, rate, true);
  head.setUint32(28, 2 * rate, true);
  head.setUint16(32, 2, true);
  head.setUint16(34, 16, true);
  text(36, "data");
  head.setUint32(40, bytes, true);
  return new Blob(/** @type {BlobPart[]} */ ([head, ...chunks]));
}
