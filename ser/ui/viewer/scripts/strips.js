// The two strips above the picture: the whole clip with the visible part marked, and the waveform of that part.
const MIN_PEAK = 0.02; // quieter sounds are not scaled to the full height

function wavePairs(about) {
  return about.waveform.map((level) => ({ ...level, ends: new Int8Array(bytesOf(level.bytes).buffer) }));
}

// One line per screen pixel, from the lowest to the highest sample in it.
function drawWave(ctx, pane, area, { start_s, end_s }) {
  const wave = pane.waves;
  const pixel_s = (end_s - start_s) / area.width;
  const level = wave.find(({ step }) => step <= pixel_s * SOUND_RATE) || wave.at(-1);
  const { ends, pairs, step } = level;
  const middle = area.y + area.height / 2;
  const scale = (area.height / 2 - 1) / 127 / Math.max(level.peak, MIN_PEAK);
  const pixels = Math.ceil(area.width);
  ctx.beginPath();
  for (let i = 0; i < pixels; i++) {
    const from = Math.floor(((start_s + i * pixel_s) * SOUND_RATE) / step);
    const to = Math.max(from + 1, Math.ceil(((start_s + (i + 1) * pixel_s) * SOUND_RATE) / step));
    if (from >= pairs) break;
    let [low, high] = [127, -127];
    for (let pair = Math.max(0, from); pair < Math.min(to, pairs); pair++) {
      low = Math.min(low, ends[2 * pair]);
      high = Math.max(high, ends[2 * pair + 1]);
    }
    const [top, bottom] = [middle - high * scale, middle - low * scale];
    ctx.rect(area.x + i, top - 0.4, 1, Math.max(0.8, bottom - top + 0.8));
  }
  ctx.fill();
}

function drawOverview(ctx, pane) {
  const { overview } = pane.areas;
  const end_s = longest_s();
  ctx.fillStyle = pane.ink.strip;
  ctx.fillRect(overview.x, overview.y, overview.width, overview.height);
  ctx.fillStyle = pane.ink.faint;
  drawWave(ctx, pane, overview, { start_s: 0, end_s });
  const [left, right] = viewBox(pane);
  ctx.fillStyle = pane.ink.veil;
  ctx.fillRect(overview.x, overview.y, left - overview.x, overview.height);
  ctx.fillRect(right, overview.y, overview.x + overview.width - right, overview.height);
  ctx.strokeStyle = pane.ink.accent;
  ctx.lineWidth = 2;
  ctx.strokeRect(left + 1, overview.y + 1, Math.max(2, right - left - 2), overview.height - 2);
  ctx.lineWidth = 1;
  drawHead(ctx, overview, overview.x + ((pane.time_s || 0) / end_s) * overview.width, 1.5, pane.ink.text);
}

// Left and right edge of the visible part on the overview.
function viewBox(pane) {
  const { overview } = pane.areas;
  const place = (time_s) => overview.x + (time_s / longest_s()) * overview.width;
  return [place(pane.range.start_s), place(pane.range.end_s)];
}

function drawWaveform(ctx, pane) {
  const { wave } = pane.areas;
  ctx.fillStyle = pane.ink.wave;
  drawWave(ctx, pane, wave, pane.range);
  if (pane.region) {
    const { start_s, end_s } = pane.region;
    const [left, right] = [start_s, end_s].map((time_s) => clampTo(pane.timeToX(time_s), wave.x, wave.x + wave.width));
    ctx.fillStyle = pane.ink.region;
    ctx.fillRect(left, wave.y, right - left, wave.height);
  }
}

function drawHead(ctx, area, x, width, colour) {
  if (x < area.x - 1 || x > area.x + area.width + 1) return;
  ctx.fillStyle = colour;
  ctx.fillRect(x - width / 2, area.y, width, area.height);
}

// The playhead. On the picture it is white with dark edges, which shows on any colour.
function drawPlayhead(ctx, pane) {
  const x = pane.timeToX(pane.time_s || 0);
  const { plot } = pane;
  drawHead(ctx, pane.areas.wave, x, 2, pane.ink.text);
  drawHead(ctx, plot, x, 4, "rgb(0 0 0 / 60%)");
  drawHead(ctx, plot, x, 2, "#ffffff");
}
