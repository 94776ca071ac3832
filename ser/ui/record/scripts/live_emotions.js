// @ts-check
// The emotions that Live shows: the six, or those of an adaptation that has its own. Their colours are --live-0, --live-1, …
import { find, node } from "../../page/dom.js";

const SHORTEST = 9; // letters: type is never larger than for the six, whose longest name is Disgusted

/** @typedef {{ code: string, name: string, colour: string }} Emotion */

/**
 * Return whether Live shows other emotions.
 * @param {Emotion[]} emotions
 * @param {string[]} shown their codes
 */
export const areOthers = (emotions, shown) =>
  emotions.length !== shown.length || emotions.some(({ code }, i) => code !== shown[i]);

/**
 * Draw a bar and a lane for each emotion.
 * @param {HTMLElement} live
 * @param {Emotion[]} emotions
 */
export function drawEmotions(live, emotions) {
  const bars = emotions.map(({ code, name }, i) => {
    const fill = node("span", { className: "fill" });
    fill.style.setProperty("--score", "0");
    fill.style.setProperty("--colour", `var(--live-${i})`);
    const word = node("span", { className: "name", textContent: name });
    word.dataset.name = name;
    const row = node("li", {}, word);
    row.dataset.label = code;
    row.append(node("span", { className: "track", ariaHidden: "true" }, fill));
    row.append(node("span", { className: "percent", textContent: "–" }));
    return row;
  });
  find(live, ".live-bars").replaceChildren(...bars);
  const lanes = emotions.map(({ name }, i) => {
    const lane = node("li", {}, node("span", { textContent: name, title: name }));
    lane.style.setProperty("--colour", `var(--live-${i})`);
    return lane;
  });
  const list = find(live, ".live-timeline ul");
  list.replaceChildren(...lanes);
  colour(
    live,
    emotions.map((emotion) => emotion.colour),
  );
  const longest = Math.max(...emotions.map(({ name }) => name.length), SHORTEST);
  live.style.setProperty("--rows", String(emotions.length));
  live.style.setProperty("--letters", String(longest));
}

/**
 * Colour what is drawn before the first Start.
 * @param {HTMLElement} live
 * @param {string[]} labels
 */
export const colourTheSix = (live, labels) =>
  colour(
    live,
    labels.map((label) => `var(--emotion-${label})`),
  );

/**
 * @param {HTMLElement} live
 * @param {string[]} colours
 */
const colour = (live, colours) => colours.forEach((one, i) => live.style.setProperty(`--live-${i}`, one));
