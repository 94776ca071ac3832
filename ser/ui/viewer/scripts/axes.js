// The axes of a pane: seconds below, Hz at the left, the colour bar in dB at the right.
const TICK_PX = 5;
const CAPTION_PX = 12; // above the picture: Hz and dB
const TIME_STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const TIME_PX = 74; // at least, between two numbers
const HZ_PX = 17;
// In order of preference.
const HZ_TICKS = {
  mel: [8000, 1000, 2000, 4000, 500, 250, 6000, 3000, 1500, 100, 5000, 750, 7000, 400, 300, 200, 600, 1250, 2500],
  linear: [8000, 4000, 2000, 6000, 1000, 3000, 5000, 7000, 500, 1500, 2500, 3500, 4500, 5500, 6500, 7500, 250],
};
const BAR_STEPS = [5, 10, 20, 40];

const axisFont = (weight = 400) => `${weight} 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
const crisp = (value) => Math.round(value - 0.5) + 0.5;

function timeStep(secondsPerPixel) {
  return TIME_STEPS.find((step) => step >= TIME_PX * secondsPerPixel) || TIME_STEPS.at(-1);
}

// Frequencies whose numbers do not overlap, the most useful ones first.
function hzTicks(pane) {
  const chosen = [];
  for (const hz of HZ_TICKS[pane.scale]) {
    const y = clampTo(pane.hzToY(hz), pane.plot.y + 6, pane.plot.y + pane.plot.height - 5);
    if (chosen.every((other) => Math.abs(other.y - y) >= HZ_PX)) chosen.push({ hz, y });
  }
  return chosen;
}

function drawTimeAxis(ctx, pane) {
  const { plot, range } = pane;
  const step = timeStep((range.end_s - range.start_s) / plot.width);
  const base = plot.y + plot.height;
  ctx.font = axisFont();
  ctx.textBaseline = "top";
  ctx.textAlign = "center";
  ctx.strokeStyle = ctx.fillStyle = pane.ink.muted;
  ctx.beginPath();
  const first = Math.ceil(range.start_s / step - 1e-9);
  for (let i = first; i * step <= range.end_s + 1e-9; i++) {
    const x = pane.timeToX(i * step);
    ctx.moveTo(crisp(x), base);
    ctx.lineTo(crisp(x), base + TICK_PX);
    const words = clockWords(i * step, step);
    const half = ctx.measureText(words).width / 2;
    if (x + half < plot.x + plot.width - 10) ctx.fillText(words, Math.max(x, half), base + TICK_PX + 3);
  }
  ctx.stroke();
  ctx.textAlign = "right";
  ctx.fillText("s", plot.x + plot.width, base + TICK_PX + 3);
}

function drawHzAxis(ctx, pane) {
  const { plot } = pane;
  ctx.font = axisFont();
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.strokeStyle = ctx.fillStyle = pane.ink.muted;
  ctx.beginPath();
  for (const { hz, y } of hzTicks(pane)) {
    ctx.moveTo(plot.x - TICK_PX, crisp(clampTo(pane.hzToY(hz), plot.y, plot.y + plot.height)));
    ctx.lineTo(plot.x, crisp(clampTo(pane.hzToY(hz), plot.y, plot.y + plot.height)));
    ctx.fillText(String(hz), plot.x - TICK_PX - 3, y);
  }
  ctx.stroke();
  ctx.fillText("Hz", plot.x - TICK_PX - 3, plot.y - CAPTION_PX);
}

function drawColourBar(ctx, pane) {
  const { plot, bar } = pane.areas;
  const height = plot.height;
  for (let y = 0; y < height; y++) {
    ctx.fillStyle = colourAt(placeOnMap(chosenView.floor_db * ((y + 0.5) / height)));
    ctx.fillRect(bar.x, plot.y + y, bar.width, 1.02);
  }
  ctx.strokeStyle = pane.ink.line;
  ctx.strokeRect(crisp(bar.x), crisp(plot.y), bar.width, height);
  const step = BAR_STEPS.find((each) => (each / -chosenView.floor_db) * height >= 26) || BAR_STEPS.at(-1);
  ctx.font = axisFont();
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillStyle = pane.ink.muted;
  for (let db = 0; db >= chosenView.floor_db; db -= step) {
    const y = plot.y + (db / chosenView.floor_db) * height;
    ctx.fillText(db === 0 ? "0" : `−${-db}`, bar.x + bar.width + 4, clampTo(y, plot.y + 6, plot.y + height - 5));
  }
  ctx.fillText("dB", bar.x + bar.width + 4, plot.y - CAPTION_PX);
}
