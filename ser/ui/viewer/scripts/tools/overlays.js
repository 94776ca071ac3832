// @ts-check
// Pitch, intensity, formants and voiced parts over the spectrogram. The server computes them when they are first switched on, in
// blocks of ten seconds, which are kept while the clip is open.
import { node } from "../../../page/dom.js";
import { answerTo } from "../../../page/server.js";
import { smallButton } from "../elements.js";
import { clipToPlot } from "./chip.js";
import { MAX_PITCH_S, formantsAt, loudnessScale, valueAt, visibleBlocks, visibleValues } from "./curves.js";

const INTENSITY_SHARE = 0.3; // of the height of the picture, from the bottom: the intensity curve
const VOICED_PX = 6;
const DARK = "rgb(0 0 0 / 75%)";
/** @type {Record<string, { key: string, name: string, colour: string, title: string }>} */
export const KINDS = {
  pitch: { key: "p", name: "Pitch", colour: "#67e8f9", title: "Pitch of the voice over the picture" },
  intensity: { key: "i", name: "Intensity", colour: "#fde047", title: "Loudness over the picture, in dB" },
  formants: {
    key: "shift+f",
    name: "Formants",
    colour: "#fca5a5",
    title: "Resonances of the vocal tract, by linear prediction",
  },
  voiced: { key: "v", name: "Voiced", colour: "#86efac", title: "Parts with a pitch, as bars at the bottom" },
};

/** @typedef {import("../pane.js").Pane} Pane */
/** @typedef {import("../viewer.js").Viewer} Viewer */
/** @typedef {CanvasRenderingContext2D} Context */
/** @typedef {import("./curves.js").Track} Track */
/** @typedef {Partial<Track> & { spans?: [number, number][], points?: [number, number][], waiting?: boolean }} Block */

/**
 * The curves of a sound that were fetched, by kind and start.
 * @typedef {object} Curves
 * @property {string | null} token
 * @property {Record<string, Block>} blocks
 * @property {string} problem
 * @property {string} [hint] what to say while the first pitch is computed
 * @property {{ low: number, high: number } | null} [scale] of the intensity
 */

/** @param {Viewer} viewer */
const switches = (viewer) => /** @type {Record<string, boolean>} */ (viewer.overlays);

/**
 * @param {Viewer} viewer
 * @param {string} which
 */
export function toggleOverlay(viewer, which) {
  switches(viewer)[which] = !switches(viewer)[which];
  viewer.events.emit("overlays", { which });
}

/**
 * @param {Pane} pane
 * @param {import("../scope.js").Scope} scope
 * @returns {import("./tool.js").Tool}
 */
export function createOverlays(pane, scope) {
  const { viewer } = pane;
  const { events, server } = viewer;
  const isOn = switches(viewer);
  const legend = node("ul", { className: "overlay-legend", hidden: true, ariaLabel: "Overlays" });
  const buttons = Object.entries(KINDS).map(([which, { key, name, title, colour }]) => {
    const button = smallButton(scope, name, `${title} (${key})`, () => toggleOverlay(viewer, which));
    button.setAttribute("aria-pressed", String(isOn[which]));
    button.style.setProperty("--colour", colour);
    button.dataset.overlay = which;
    return button;
  });

  const drawLegend = () => fillLegend(legend, pane);
  const isStale = (/** @type {Curves} */ curves) => curves !== pane.overlays || scope.ended;

  // The first pitch after the app starts takes a while; the server says why.
  async function hint(/** @type {string} */ which, /** @type {Curves} */ curves) {
    if (which === "intensity" || curves.hint !== undefined) return;
    curves.hint = "";
    const request = { token: curves.token, which, start_s: 0, end_s: pane.duration_s, hint: true };
    curves.hint = (await answerTo(server.overlay(request))).hint || "";
    if (!isStale(curves)) drawLegend();
  }

  async function fetchAll(/** @type {string} */ which) {
    const curves = curvesOf(pane);
    hint(which, curves);
    for (const [start_s, end_s] of visibleBlocks(which, pane.range, pane.duration_s)) {
      const key = `${which}/${start_s}`;
      if (curves.blocks[key] || end_s <= start_s) continue;
      curves.blocks[key] = { waiting: true };
      drawLegend();
      const answer = await answerTo(server.overlay({ token: curves.token, which, start_s, end_s }));
      if (answer.problem) {
        curves.problem = answer.problem;
        delete curves.blocks[key];
        if (!isStale(curves)) drawLegend();
        return;
      }
      curves.blocks[key] = answer;
      if (isStale(curves)) return; // another clip was opened
      drawLegend();
      pane.redraw();
    }
  }

  function refresh() {
    for (const which of Object.keys(KINDS)) if (isOn[which]) fetchAll(which);
    drawLegend();
  }

  scope.on(events, "view", ({ pane: moved }) => moved === pane && refresh());
  scope.on(events, "time", ({ pane: moved }) => moved === pane && drawLegend());
  scope.on(events, "overlays", ({ which }) => {
    curvesOf(pane).problem = "";
    for (const button of buttons) {
      if (button.dataset.overlay === which) button.setAttribute("aria-pressed", String(isOn[which]));
    }
    if (isOn[which]) fetchAll(which);
    drawLegend();
    pane.redraw();
  });
  const layer = { name: "overlays", z: 20, draw };
  return { group: "overlays", buttons, panels: [legend], layer, begin: refresh };
}

/**
 * Return the curves of the sound in a pane.
 * @param {Pane} pane
 * @returns {Curves}
 */
function curvesOf(pane) {
  if (pane.overlays?.token !== pane.token || !pane.overlays)
    pane.overlays = { token: pane.token, blocks: {}, problem: "" };
  return pane.overlays;
}

/**
 * Return what has arrived of a kind of curve.
 * @param {Pane} pane
 * @param {string} which
 */
function blocksOf(pane, which) {
  const blocks = Object.entries(curvesOf(pane).blocks);
  return blocks.filter(([key, block]) => key.startsWith(which) && !block.waiting).map(([, block]) => block);
}

/**
 * @param {Pane} pane
 * @param {string} which
 */
const tracksOf = (pane, which) => /** @type {Track[]} */ (blocksOf(pane, which));

/** @param {Pane} pane */
const formantPoints = (pane) => blocksOf(pane, "formants").flatMap(({ points }) => points ?? []);

/** @param {Pane} pane */
const voicedSpans = (pane) => blocksOf(pane, "voiced").flatMap(({ spans }) => spans ?? []);

// ---- drawing

/**
 * @param {Context} ctx
 * @param {Pane} pane
 */
function draw(ctx, pane) {
  const { pitch, intensity, voiced, formants } = pane.viewer.overlays;
  if (!pitch && !intensity && !voiced && !formants) return;
  ctx.save();
  clipToPlot(ctx, pane.plot);
  if (voiced) drawVoiced(ctx, pane);
  if (intensity) drawIntensity(ctx, pane);
  if (formants) drawFormants(ctx, pane);
  if (pitch) {
    for (const track of tracksOf(pane, "pitch")) {
      trace(ctx, pane, track, (hz) => pane.hzToY(hz));
      stroke(ctx, KINDS.pitch.colour, 2.5);
    }
  }
  ctx.restore();
}

/**
 * Make a line through the visible values, with a gap where a value is missing.
 * @param {Context} ctx
 * @param {Pane} pane
 * @param {Track} track
 * @param {(value: number) => number} yOf
 */
function trace(ctx, pane, track, yOf) {
  const { first, last } = visibleValues(track, pane.range);
  let drawing = false;
  ctx.beginPath();
  for (let i = first; i <= last; i++) {
    const value = track.values[i];
    if (value === null) {
      drawing = false;
      continue;
    }
    const [x, y] = [pane.timeToX(track.first_s + i * track.step_s), yOf(value)];
    if (drawing) {
      ctx.lineTo(x, y);
    } else {
      ctx.moveTo(x, y);
      ctx.lineTo(x + 0.1, y);
    }
    drawing = true;
  }
}

/**
 * @param {Context} ctx
 * @param {string} colour
 * @param {number} width
 */
function stroke(ctx, colour, width) {
  ctx.lineJoin = ctx.lineCap = "round";
  ctx.strokeStyle = DARK;
  ctx.lineWidth = width + 2.5;
  ctx.stroke();
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.stroke();
}

/**
 * @param {Context} ctx
 * @param {Pane} pane
 */
function drawIntensity(ctx, pane) {
  const tracks = tracksOf(pane, "intensity");
  const ends = (curvesOf(pane).scale ||= loudnessScale(tracks));
  if (!ends) return;
  const { plot } = pane;
  const [bottom, height] = [plot.y + plot.height - VOICED_PX - 4, plot.height * INTENSITY_SHARE];
  const yOf = (/** @type {number} */ db) =>
    bottom - (Math.max(0, db - ends.low) / (ends.high - ends.low)) * height;
  for (const track of tracks) {
    trace(ctx, pane, track, yOf);
    stroke(ctx, KINDS.intensity.colour, 2);
  }
  ctx.font = "600 11px system-ui, sans-serif";
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.lineWidth = 3;
  ctx.strokeStyle = DARK;
  ctx.fillStyle = KINDS.intensity.colour;
  for (const db of [ends.low, (ends.low + ends.high) / 2, ends.high]) {
    ctx.strokeText(`${db} dB`, plot.x + plot.width - 4, yOf(db));
    ctx.fillText(`${db} dB`, plot.x + plot.width - 4, yOf(db));
  }
}

/**
 * @param {Context} ctx
 * @param {Pane} pane
 */
function drawVoiced(ctx, pane) {
  const { plot } = pane;
  const y = plot.y + plot.height - VOICED_PX - 1;
  for (const [start_s, end_s] of voicedSpans(pane)) {
    const [left, right] = [pane.timeToX(start_s), pane.timeToX(end_s)];
    if (right < plot.x || left > plot.x + plot.width) continue;
    ctx.fillStyle = DARK;
    ctx.fillRect(left - 1, y - 1, right - left + 2, VOICED_PX + 2);
    ctx.fillStyle = KINDS.voiced.colour;
    ctx.fillRect(left, y, Math.max(1, right - left), VOICED_PX);
  }
}

/**
 * Formants are points: which of them belong together is for the eye to say.
 * @param {Context} ctx
 * @param {Pane} pane
 */
function drawFormants(ctx, pane) {
  const { start_s, end_s } = pane.range;
  for (const [time_s, hz] of formantPoints(pane)) {
    if (time_s < start_s || time_s > end_s) continue;
    const [x, y] = [pane.timeToX(time_s), pane.hzToY(hz)];
    ctx.fillStyle = DARK;
    ctx.fillRect(x - 2, y - 2, 4, 4);
    ctx.fillStyle = KINDS.formants.colour;
    ctx.fillRect(x - 1.25, y - 1.25, 2.5, 2.5);
  }
}

// ---- the legend: names of the curves, and their values at the playhead

/**
 * @param {HTMLElement} legend
 * @param {Pane} pane
 */
function fillLegend(legend, pane) {
  const curves = curvesOf(pane);
  const chosen = Object.keys(KINDS).filter((which) => switches(pane.viewer)[which]);
  legend.hidden = !chosen.length;
  const items = chosen.map((which) => {
    const sign = node("span", { className: "sign" });
    sign.style.setProperty("--colour", KINDS[which].colour);
    const waiting = Object.entries(curves.blocks).some(
      ([key, block]) => key.startsWith(which) && block.waiting,
    );
    const text = waiting ? curves.hint || "computing…" : words(pane, which);
    const name = node("strong", { textContent: KINDS[which].name });
    return node("li", { className: waiting ? "waiting" : "" }, sign, name, ` ${text}`);
  });
  if (curves.problem) items.push(node("li", { className: "problem", textContent: curves.problem }));
  legend.replaceChildren(...items);
}

/**
 * @param {Pane} pane
 * @param {string} which
 */
function words(pane, which) {
  if (which !== "intensity" && pane.range.end_s - pane.range.start_s > MAX_PITCH_S)
    return "zoom in to a minute or less to see it";
  const time_s = pane.time_s || 0;
  const at = `at ${time_s.toFixed(2)} s`;
  if (which === "voiced") {
    const spans = voicedSpans(pane);
    const total_s = spans.reduce((sum, [from, to]) => sum + to - from, 0);
    return spans.length ? `bars at the bottom, ${total_s.toFixed(1)} s` : "none found";
  }
  if (which === "formants") {
    const near = formantsAt(formantPoints(pane), time_s);
    return near.length ? `${near.map((hz) => hz.toFixed(0)).join(", ")} Hz ${at}` : `none ${at}`;
  }
  const value = valueAt(tracksOf(pane, which), time_s);
  if (which === "pitch") return value === null ? `no pitch ${at}` : `${value.toFixed(0)} Hz ${at}`;
  return value === null ? "dB" : `${value.toFixed(0)} dB ${at}`;
}
