// @ts-check
// A picture of a result, to take along: verdict, bars, spectrogram, timeline, name and date, in the colours of the page.
import { find, findAll, node } from "../page/dom.js";
import { english } from "../page/language.js";

const [WIDTH, HEIGHT, MARGIN, GAP] = [1600, 900, 56, 48];
const SIDE = 480; // of the spectrogram, a square
const LEFT = WIDTH - 2 * MARGIN - SIDE - GAP; // width of the bars and the timeline
const [NAMES, PERCENTS] = [150, 80]; // columns to the left and to the right of the bars
const MAX_ROW = 48;
const CAVEAT = "An estimate of how the voice sounds, not of what somebody feels.";
const [SVG_WIDTH, SVG_HEIGHT] = [1000, 100]; // as in timeline.py

/**
 * @typedef {{ pen: CanvasRenderingContext2D, font: string, text: string, muted: string, line: string, panel: string, accent: string }} Ink
 * @typedef {{ x: number, y: number, width: number, height: number }} Box
 */

/**
 * Break words into lines; where there is no room for all lines, the last one ends with dots.
 * @param {string} words
 * @param {(line: string) => number} measure its width
 * @param {{ width: number, lines: number }} room
 */
export function linesOf(words, measure, { width, lines }) {
  /** @type {string[]} */
  const broken = [];
  for (const word of words.split(/\s+/).filter(Boolean)) {
    const longer = broken.length ? `${broken[broken.length - 1]} ${word}` : word;
    if (broken.length && measure(longer) <= width) broken[broken.length - 1] = longer;
    else broken.push(word);
  }
  const shown = broken.slice(0, lines);
  const isWhole = broken.length === shown.length;
  return shown.map((line, i) =>
    isWhole || i < lines - 1 ? shortened(line, measure, width) : shortened(`${line} …`, measure, width),
  );
}

/**
 * Return a line, or its beginning and dots where it is too wide.
 * @param {string} line
 * @param {(line: string) => number} measure
 * @param {number} width
 */
function shortened(line, measure, width) {
  if (measure(line) <= width) return line;
  let start = line;
  while (start && measure(`${start}…`) > width) start = start.slice(0, -1);
  return `${start.trimEnd()}…`;
}

/** @param {Element | null} element */
const wordsOf = (element) => element?.textContent?.replace(/\s+/g, " ").trim() ?? "";

/**
 * Draw a result.
 * @param {HTMLElement} result
 * @param {{ name: string, time: string }} about of the recording
 * @returns {Promise<HTMLCanvasElement>}
 */
export async function drawResult(result, about) {
  const canvas = node("canvas", { width: WIDTH, height: HEIGHT });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const style = getComputedStyle(result);
  const colour = (/** @type {string} */ name) => resolved(result, `var(${name})`);
  /** @type {Ink} */
  const ink = {
    pen,
    font: style.fontFamily,
    text: style.color,
    muted: colour("--muted"),
    line: colour("--line"),
    panel: colour("--panel"),
    accent: colour("--accent"),
  };
  pen.fillStyle = ink.panel;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.textBaseline = "middle";
  const top = drawHeadline(ink, result);
  const bottom = HEIGHT - MARGIN - 40;
  const image = result.querySelector(".picture img");
  if (image instanceof HTMLImageElement) {
    await image.decode();
    drawSpectrogram(ink, result, image, { x: WIDTH - MARGIN - SIDE, y: top, width: SIDE, height: SIDE });
  }
  const lanes = findAll(result, ".timeline .lane");
  const timeline = lanes.length ? 80 + 30 * lanes.length + 70 : 210;
  const box = { x: MARGIN, y: top, width: LEFT, height: bottom - top - timeline - 20 };
  drawBars(ink, result, box);
  drawTimeline(ink, result, { ...box, y: bottom - timeline, height: timeline });
  drawFooter(ink, about);
  return canvas;
}

/**
 * Return a colour as the page shows it: a variable may name another one.
 * @param {HTMLElement} inside
 * @param {string} colour
 */
function resolved(inside, colour) {
  const probe = node("i");
  probe.style.color = colour;
  inside.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/**
 * @param {Ink} ink
 * @param {string} words
 * @param {number} x
 * @param {number} y
 * @param {{ size: number, weight?: number, colour?: string, align?: CanvasTextAlign, width?: number }} look
 */
function write(
  { pen, font, text },
  words,
  x,
  y,
  { size, weight = 400, colour = text, align = "left", width },
) {
  pen.font = `${weight} ${size}px ${font}`;
  pen.fillStyle = colour;
  pen.textAlign = align;
  pen.fillText(words, x, y, width);
}

/**
 * @param {Ink} ink
 * @param {HTMLElement} result
 * @returns {number} where the next part begins
 */
function drawHeadline(ink, result) {
  const { pen, font } = ink;
  const words = wordsOf(result.querySelector("h2"));
  const size = words.length > 60 ? 40 : 54;
  const badge = wordsOf(result.querySelector(".badge"));
  const width = WIDTH - 2 * MARGIN - (badge ? 260 : 0);
  pen.font = `650 ${size}px ${font}`;
  const lines = linesOf(words, (line) => pen.measureText(line).width, { width, lines: 2 });
  lines.forEach((line, i) =>
    write(ink, line, MARGIN, MARGIN + size * (0.5 + 1.2 * i), { size, weight: 650 }),
  );
  write(ink, badge, WIDTH - MARGIN, MARGIN + size / 2, { size: 30, weight: 550, align: "right" });
  const said = wordsOf(result.querySelector(".listeners"));
  const bottom = MARGIN + size * 1.2 * lines.length;
  write(ink, said, MARGIN, bottom + 24, { size: 26, colour: ink.muted, width: WIDTH - 2 * MARGIN });
  return bottom + 72;
}

/**
 * @param {Ink} ink
 * @param {HTMLElement} result
 * @param {Box} box
 */
function drawBars(ink, result, { x, y, width, height }) {
  const { pen } = ink;
  const rows = findAll(result, ".bars li");
  const row = Math.min(MAX_ROW, height / rows.length);
  const size = Math.max(12, Math.round(row * 0.54));
  const room = width - NAMES - PERCENTS;
  rows.forEach((bar, i) => {
    const middle = y + row * (i + 0.5);
    const weight = bar.classList.contains("top") ? 650 : 400;
    const fill = find(bar, ".fill");
    write(ink, wordsOf(bar.querySelector(".name")), x, middle, { size, weight, width: NAMES - 12 });
    rounded(pen, { x: x + NAMES, y: middle - row * 0.3, width: room, height: row * 0.6 }, ink.line);
    const share = Number(fill.style.getPropertyValue("--score")) || 0;
    rounded(
      pen,
      { x: x + NAMES, y: middle - row * 0.3, width: room * share, height: row * 0.6 },
      getComputedStyle(fill).backgroundColor,
    );
    const percent = wordsOf(bar.querySelector(".percent"));
    write(ink, percent, x + width, middle, { size, weight, align: "right" });
  });
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Box} box
 * @param {string} colour
 */
function rounded(pen, { x, y, width, height }, colour) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.roundRect(x, y, width, height, Math.min(6, width / 2));
  pen.fill();
}

/**
 * @param {Ink} ink
 * @param {HTMLElement} result
 * @param {HTMLImageElement} image
 * @param {Box} box
 */
function drawSpectrogram(ink, result, image, { x, y, width, height }) {
  const { pen } = ink;
  pen.drawImage(image, x, y, width, height);
  const scored = /** @type {HTMLElement | null} */ (result.querySelector(".picture .window"));
  const share = scored ? parseFloat(scored.style.width) / 100 : 1;
  if (share < 1) {
    pen.fillStyle = "rgb(13 13 24 / 80%)"; // silence, added
    pen.fillRect(x + share * width, y, (1 - share) * width, height);
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 3;
    pen.strokeRect(x + 1.5, y + 1.5, share * width - 3, height - 3);
  }
  const [start, end] = findAll(result, ".picture .ends span").map(wordsOf);
  const look = { size: 22, colour: ink.muted };
  write(ink, start ?? "", x, y + height + 20, look);
  write(ink, end ?? "", x + width, y + height + 20, { ...look, align: "right" });
  write(ink, "time →, pitch ↑", x + width / 2, y + height + 20, { ...look, align: "center" });
}

/**
 * @param {Ink} ink
 * @param {HTMLElement} result
 * @param {Box} box
 */
function drawTimeline(ink, result, { x, y, width, height }) {
  const timeline = /** @type {HTMLElement | null} */ (result.querySelector(".timeline"));
  if (!timeline) return;
  const { pen } = ink;
  const place = { x: x + NAMES, width: width - NAMES };
  const lanes = findAll(timeline, ".lane");
  const waveHeight = lanes.length ? 70 : height - 40;
  const wave = timeline.querySelector(".wave path");
  if (wave) {
    pen.strokeStyle = ink.text;
    pen.lineWidth = 1.4;
    pen.stroke(placed(new Path2D(wave.getAttribute("d") ?? ""), { ...place, y, height: waveHeight }));
  }
  let below = y + waveHeight + 4;
  for (const lane of lanes) {
    write(ink, wordsOf(lane.querySelector(".name")), x, below + 18, { size: 20, colour: ink.muted });
    const points = lane.querySelector("polygon")?.getAttribute("points") ?? "";
    pen.fillStyle = resolved(lane, "var(--colour)");
    pen.fill(placed(new Path2D(`M${points}Z`), { ...place, y: below + 2, height: 26 }));
    pen.fillStyle = ink.line;
    pen.fillRect(place.x, below + 28, place.width, 1);
    below += 30;
  }
  below += drawPhrases(ink, result, { ...place, y: below + 6, height: 30 });
  for (const mark of findAll(timeline, ".seconds span")) {
    const isEnd = mark.classList.contains("end");
    const left = isEnd ? 1 : parseFloat(mark.style.left) / 100;
    const align = isEnd ? "right" : "left";
    write(ink, wordsOf(mark), place.x + left * place.width, below + 18, {
      size: 20,
      colour: ink.muted,
      align,
    });
  }
}

/**
 * @param {Path2D} path in the coordinates of the page's drawing
 * @param {Box} box
 */
function placed(path, { x, y, width, height }) {
  const moved = new Path2D();
  moved.addPath(path, new DOMMatrix([width / SVG_WIDTH, 0, 0, height / SVG_HEIGHT, x, y]));
  return moved;
}

/**
 * @param {Ink} ink
 * @param {HTMLElement} result
 * @param {Box} box
 * @returns {number} the height that they take
 */
function drawPhrases(ink, result, { x, y, width, height }) {
  const { pen } = ink;
  const phrases = findAll(result, ".phrases .phrase");
  for (const phrase of phrases) {
    const [left, share] = [phrase.style.left, phrase.style.width].map((part) => parseFloat(part) / 100);
    const box = { x: x + left * width, y, width: Math.max(share * width - 3, 2), height };
    pen.strokeStyle = resolved(phrase, "var(--colour, var(--muted))");
    pen.lineWidth = 2;
    pen.setLineDash(phrase.matches(".unsure, .no_voice") ? [4, 4] : []);
    pen.strokeRect(box.x, box.y, box.width, box.height);
    pen.setLineDash([]);
    pen.font = `400 18px ${ink.font}`;
    const [word = ""] = linesOf(wordsOf(phrase), (line) => pen.measureText(line).width, {
      width: box.width - 10,
      lines: 1,
    });
    if (word.length > 2) write(ink, word, box.x + 5, y + height / 2, { size: 18 });
  }
  return phrases.length ? height + 10 : 0;
}

/**
 * @param {Ink} ink
 * @param {{ name: string, time: string }} about
 */
function drawFooter(ink, { name, time }) {
  const y = HEIGHT - MARGIN + 8;
  const date = time && new Date(time).toLocaleString(english, { dateStyle: "long", timeStyle: "short" });
  const look = { size: 22, colour: ink.muted };
  write(ink, [name, date].filter(Boolean).join(", "), MARGIN, y, { ...look, width: 640 });
  write(ink, `${CAVEAT} Emotion Listener`, WIDTH - MARGIN, y, { ...look, align: "right" });
}
