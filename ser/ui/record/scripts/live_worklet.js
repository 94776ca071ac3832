// @ts-check
/// <reference path="./live_worklet.d.ts" />
/* global AudioWorkletProcessor, registerProcessor, sampleRate */
// Runs in the browser's audio thread. Posts all channels as one, in 16-bit samples, in chunks of a tenth of a second.
import { Mix } from "./mixing.js";

const CHUNKS_PER_S = 10;

class Chunks extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunk = new Int16Array(Math.round(sampleRate / CHUNKS_PER_S));
    this.filled = 0;
    this.mix = new Mix();
  }

  /**
   * @param {Float32Array[][]} inputs
   * @returns {boolean} whether to go on
   */
  process([channels]) {
    const mono = channels.length ? this.mix.mono(channels) : [];
    for (const sample of mono) {
      this.chunk[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      if (this.filled === this.chunk.length) {
        this.port.postMessage(this.chunk);
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("chunks", Chunks);
