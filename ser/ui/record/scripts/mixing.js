// @ts-check
// Channels to mono, by the rule of ser/audio/mixing.py. It runs in the browser's audio thread, too.

const CANCELLED = 0.1; // of the power that the mean of unrelated channels has

/** Averages channels block by block, but takes the loudest one alone where they cancel each other: one has opposite phase. */
export class Mix {
  /** @type {{ n: number, sums: number[], squares: number[] } | null} of each channel and of their mean */
  #moments = null;

  /**
   * Return a block as one channel.
   * @param {Float32Array[]} channels of equal lengths, at least one
   * @returns {Float32Array}
   */
  mono(channels) {
    if (channels.length === 1) return channels[0];
    const mean = new Float32Array(channels[0].length);
    for (const channel of channels)
      for (let i = 0; i < mean.length; i++) mean[i] += channel[i] / channels.length;
    this.#add([...channels, mean]);
    return channels[this.#loudestOfCancelled()] ?? mean;
  }

  /** @param {Float32Array[]} signals */
  #add(signals) {
    const zeros = () => signals.map(() => 0);
    if (this.#moments?.sums.length !== signals.length)
      this.#moments = { n: 0, sums: zeros(), squares: zeros() };
    const { sums, squares } = this.#moments;
    this.#moments.n += signals[0].length;
    signals.forEach((signal, k) => {
      for (const sample of signal) {
        sums[k] += sample;
        squares[k] += sample * sample;
      }
    });
  }

  /** The number of the loudest channel if they cancel each other, else -1. */
  #loudestOfCancelled() {
    if (!this.#moments?.n) return -1;
    const { n, sums, squares } = this.#moments;
    const powers = squares.map((square, k) => square / n - (sums[k] / n) ** 2);
    const ofMean = powers.pop() ?? 0;
    const total = powers.reduce((sum, power) => sum + power, 0);
    const isCancelled = ofMean < (CANCELLED * total) / powers.length ** 2;
    return isCancelled ? powers.indexOf(Math.max(...powers)) : -1;
  }
}
