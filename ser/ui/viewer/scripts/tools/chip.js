// @ts-check
// The handles on the picture by which the region and the scored window are moved.

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {import("../coordinates.js").Area} area
 * @param {string} text
 * @param {string} ground
 * @param {string} ink
 */
export function drawChip(ctx, { x, y, width, height }, text, ground, ink) {
  ctx.beginPath();
  ctx.roundRect(x, y, width, height, 5);
  ctx.fillStyle = ground;
  ctx.fill();
  ctx.lineWidth = 1;
  ctx.strokeStyle = "rgb(0 0 0 / 55%)";
  ctx.stroke();
  ctx.fillStyle = ink;
  ctx.font = "600 12px system-ui, sans-serif";
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, x + width / 2, y + height / 2 + 0.5, width - 8);
}

/**
 * Limit drawing to the picture.
 * @param {CanvasRenderingContext2D} ctx
 * @param {import("../coordinates.js").Area} plot
 */
export function clipToPlot(ctx, { x, y, width, height }) {
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
}
