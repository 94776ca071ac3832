// @ts-check
// Times as text.

/**
 * Return "0:07", "12:30" or "1:00:05".
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (/** @type {number} */ number) => String(number % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (whole < 3600) return `${minutes}:${two(whole)}`;
  return `${Math.floor(whole / 3600)}:${two(minutes)}:${two(whole)}`;
}
