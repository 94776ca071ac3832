// @ts-check
// Numbers as text, bytes and whole milliseconds.

export const SOUND_RATE = 16000; // Hz, of the network's input

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/**
 * Round seconds to whole milliseconds, which are whole samples.
 * @param {number} seconds
 */
export const ms = (seconds) => Math.round(seconds * 1000) / 1000;

/**
 * Unpack base64.
 * @param {string} text
 */
export const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/**
 * Unpack 16-bit samples, lowest byte first, to numbers from -1 to 1.
 * @param {string} text base64
 */
export function samplesOf(text) {
  const bytes = bytesOf(text);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true) / 32768);
}

/**
 * Return a time such as 12.3, 1:02.5 or 1:00:00, with as many decimals as times that are `apart` seconds apart need.
 * @param {number} seconds
 * @param {number} [apart]
 */
export function clockWords(seconds, apart = 1) {
  const decimals = apart >= 1 ? 0 : Math.min(3, Math.ceil(-Math.log10(apart) - 1e-9));
  const whole = Number(seconds.toFixed(decimals));
  if (whole < 60) return whole.toFixed(decimals);
  const minutes = Math.floor(whole / 60);
  const rest = (whole - 60 * minutes).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}
