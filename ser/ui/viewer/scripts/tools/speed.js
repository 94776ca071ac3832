// @ts-check
// Other speeds at the same pitch: overlapping frames of 40 ms, each placed where it continues the previous one best.

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];

/**
 * Return the speed that is next to one, or the same at the end of the list.
 * @param {number} speed one of `SPEEDS`
 * @param {1 | -1} by
 */
export const nextSpeed = (speed, by) => SPEEDS[SPEEDS.indexOf(speed) + by] ?? speed;

export const FRAME = 640; // samples, 40 ms: two periods of a deep voice
export const HALF = FRAME / 2;
export const SEARCH = 128; // 8 ms each way, which reaches the next period of most voices
const RISE = Float32Array.from(
  { length: HALF },
  (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / HALF),
);

/**
 * Return the shift, in samples, at which a sound is most similar to the one wanted, whatever its loudness.
 * @param {ArrayLike<number>} wanted `length` samples
 * @param {ArrayLike<number>} around at least `length + shifts` samples
 * @param {number} [length]
 * @param {number} [shifts] the largest shift
 */
export function bestShift(wanted, around, length = HALF, shifts = 2 * SEARCH) {
  let best = 0;
  let highest = -Infinity;
  for (let shift = 0; shift <= shifts; shift++) {
    let product = 0;
    let power = 1e-9;
    for (let i = 0; i < length; i++) {
      product += wanted[i] * around[shift + i];
      power += around[shift + i] ** 2;
    }
    const alike = product / Math.sqrt(power);
    if (alike > highest) [highest, best] = [alike, shift];
  }
  return best;
}

/**
 * Fade from the end of one frame, `tail`, to the start of the next. The shares add up to 1 at each sample.
 * @param {Float32Array} sound HALF samples, changed in place
 * @param {Float32Array} tail HALF samples
 */
export function crossfade(sound, tail) {
  for (let i = 0; i < HALF; i++) sound[i] = sound[i] * RISE[i] + tail[i] * (1 - RISE[i]);
}

/**
 * What is played at another speed: `position` is the sample that is next, `tail` the second half of the previous frame.
 * @typedef {{ start: number, end: number, position: number, speed: number, tail: Float32Array | null }} Slowed
 */

/**
 * Return the next HALF samples of a sound at another speed, and set its tail.
 * @param {Slowed} slowed
 * @param {(first: number, count: number) => Promise<Float32Array>} read
 */
export async function nextSlowed(slowed, read) {
  const { start, end, position, speed, tail } = slowed;
  // Put the middle of the frame where the clock is.
  const nominal = Math.round(position - (HALF - HALF * speed));
  const latest = Math.max(start, end - FRAME);
  let at = Math.min(Math.max(nominal, start), latest);
  if (tail) {
    const lowest = at - SEARCH;
    const around = await read(lowest, HALF + 2 * SEARCH);
    at = Math.min(Math.max(lowest + bestShift(tail, around), start), latest);
  }
  const frame = await read(at, FRAME);
  const sound = frame.slice(0, HALF);
  if (tail) crossfade(sound, tail);
  slowed.tail = frame.slice(HALF);
  return sound;
}
