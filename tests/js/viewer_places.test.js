// Places on the viewer's picture: rows and frequencies, ticks, tiles, the visible part, the waveform.
import assert from "node:assert/strict";
import test from "node:test";
import { barStep, hzTicks, timeStep } from "../../ser/ui/viewer/scripts/axes.js";
import { fitted, hzToRow, panned, rowToHz, within, zoomed } from "../../ser/ui/viewer/scripts/coordinates.js";
import { extremes, waveLevel, wavePairs } from "../../ser/ui/viewer/scripts/strips.js";
import * as tiles from "../../ser/ui/viewer/scripts/tiles.js";
import { inOrder, lanesOf } from "../../ser/ui/viewer/scripts/tools/label_track.js";
import { snapped, withEnd } from "../../ser/ui/viewer/scripts/tools/region/marking.js";

const CENTRES = [50, 100, 200, 400];
// Ten seconds in frames of 16 ms, four columns a tile.
const ABOUT = { frame_s: 0.016, frames: 626, levels: 5, tile_frames: 4, bands: 4, hz: CENTRES, scale: "mel" };

const near = (actual, expected) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test("the centre of a row is its frequency, and rows between are linear in Hz", () => {
  CENTRES.forEach((hz, row) => near(hzToRow(CENTRES, hz), row + 0.5));
  near(hzToRow(CENTRES, 150), 2);
  near(hzToRow(CENTRES, 0), -0.5);
  near(hzToRow(CENTRES, 500), 4);
});

test("a row has its frequency, inside what the network hears", () => {
  CENTRES.forEach((hz, row) => near(rowToHz(CENTRES, row + 0.5), hz));
  near(rowToHz(CENTRES, 2), 150);
  near(rowToHz(CENTRES, -3), 0);
  near(rowToHz([4000, 7000], 5), 8000);
});

test("rows and frequencies are inverse to each other", () => {
  for (const hz of [10, 99, 100, 101, 333, 480]) near(rowToHz(CENTRES, hzToRow(CENTRES, hz)), hz);
});

test("a visible part fits in the sound and keeps its middle", () => {
  assert.deepEqual(fitted({ start_s: 1, end_s: 2 }, 5), { start_s: 1, end_s: 2 });
  assert.deepEqual(fitted({ start_s: 4.5, end_s: 5.5 }, 5), { start_s: 4, end_s: 5 });
  assert.deepEqual(fitted({ start_s: -1, end_s: 9 }, 5), { start_s: 0, end_s: 5 });
  const short = fitted({ start_s: 2, end_s: 2.001 }, 5);
  near(short.end_s - short.start_s, 0.02);
  near((short.start_s + short.end_s) / 2, 2.0005);
  assert.deepEqual(fitted({ start_s: 0, end_s: 1 }, 0.01), { start_s: 0, end_s: 0.01 });
});

test("zooming keeps the time under the pointer in place", () => {
  const { start_s, end_s } = zoomed({ start_s: 0, end_s: 4 }, 2, 0.25, 4);
  near(end_s - start_s, 2);
  near(start_s + 0.25 * (end_s - start_s), 1);
  const out = zoomed({ start_s: 1, end_s: 2 }, 0.1, 0.5, 4);
  near(out.end_s - out.start_s, 4);
});

test("moving the visible part stops at the ends of the sound", () => {
  assert.deepEqual(panned({ start_s: 1, end_s: 2 }, 0.5, 4), { start_s: 1.5, end_s: 2.5 });
  assert.deepEqual(panned({ start_s: 1, end_s: 2 }, -9, 4), { start_s: 0, end_s: 1 });
  assert.deepEqual(panned({ start_s: 1, end_s: 2 }, 9, 4), { start_s: 3, end_s: 4 });
});

test("a place is in an area, its edges and what is spared around it included", () => {
  const area = { x: 10, y: 20, width: 30, height: 40 };
  assert.ok(within(area, 10, 60));
  assert.ok(!within(area, 9, 30));
  assert.ok(within(area, 9, 30, 1));
  assert.ok(!within(area, 20, 62, 1));
});

test("numbers on the time axis are at least 74 pixels apart", () => {
  assert.equal(timeStep(3 / 740), 0.5); // 0.3 s would be enough
  assert.equal(timeStep(1 / 74), 1);
  assert.equal(timeStep(0.02 / 740), 0.002);
  assert.equal(timeStep(100), 3600);
});

test("numbers on the frequency axis do not overlap, and the most useful ones come first", () => {
  const plot = { y: 0, height: 100 };
  const chosen = hzTicks("linear", (hz) => 100 - hz / 80, plot);
  assert.deepEqual(
    chosen.slice(0, 4).map(({ hz }) => hz),
    [8000, 4000, 2000, 6000],
  );
  for (const [i, one] of chosen.entries())
    for (const other of chosen.slice(i + 1)) assert.ok(Math.abs(one.y - other.y) >= 17);
  assert.equal(chosen[0].y, 6); // its number stays on the picture
  assert.ok(hzTicks("linear", (hz) => 1000 - hz / 8, { y: 0, height: 1000 }).length > chosen.length);
});

test("numbers at the colour bar are at least 26 pixels apart", () => {
  assert.equal(barStep(-80, 400), 10); // 5 dB are 25 pixels
  assert.equal(barStep(-80, 416), 5);
  assert.equal(barStep(-100, 20), 40);
});

test("the level of detail has columns of about a pixel", () => {
  assert.equal(tiles.levelFor(ABOUT, 0.016), 0);
  assert.equal(tiles.levelFor(ABOUT, 0.0001), 0);
  assert.equal(tiles.levelFor(ABOUT, 0.016 / 0.75), 0);
  assert.equal(tiles.levelFor(ABOUT, 0.022), 1);
  assert.equal(tiles.levelFor(ABOUT, 4 * 0.022), 3);
  assert.equal(tiles.levelFor(ABOUT, 1000), 4);
});

test("columns halve with each level, and are centred on their frames", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((level) => tiles.columnsOf(ABOUT, level)),
    [626, 313, 157, 79, 40],
  );
  near(tiles.columnAt(ABOUT, 0, 0), 0.5);
  near(tiles.columnAt(ABOUT, 0, 0.016), 1.5);
  near(tiles.columnAt(ABOUT, 2, 0.024), 0.5);
  near(tiles.timeOf(ABOUT, 0, 0), -0.008);
  for (const level of [0, 3]) near(tiles.columnAt(ABOUT, level, tiles.timeOf(ABOUT, level, 7)), 7);
});

test("only tiles in view are wanted", () => {
  assert.deepEqual(tiles.tilesInView(ABOUT, { start_s: 0, end_s: 0.16 }, 100), {
    level: 0,
    first: 0,
    last: 2,
  });
  assert.deepEqual(tiles.tilesInView(ABOUT, { start_s: 0.064, end_s: 0.16 }, 100), {
    ...{ level: 0, first: 1, last: 2 },
  });
  assert.deepEqual(tiles.tilesInView(ABOUT, { start_s: 0, end_s: 10 }, 1), { level: 4, first: 0, last: 9 });
  assert.equal(tiles.tilesInView(ABOUT, { start_s: 0, end_s: 99 }, 1e6).last, 156); // the last of 626 columns
});

test("a tile that has not arrived is part of a coarser one", () => {
  assert.deepEqual(tiles.partOfCoarser(ABOUT, 0, 5, 0), {
    ...{ index: 5, from: 20, to: 24, sourceFrom: 0, sourceTo: 4 },
  });
  assert.deepEqual(tiles.partOfCoarser(ABOUT, 0, 5, 2), {
    ...{ index: 1, from: 20, to: 24, sourceFrom: 1, sourceTo: 2 },
  });
  assert.deepEqual(tiles.partOfCoarser(ABOUT, 0, 156, 1), {
    ...{ index: 78, from: 624, to: 626, sourceFrom: 0, sourceTo: 1 },
  });
});

const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const answered = async () => {
  for (let i = 0; i < 20; i++) await null;
};

test("the coarsest tile is fetched first, three at a time, each once", async () => {
  const asked = [];
  const answers = [];
  const server = {
    read_picture: ({ level, tile }) => {
      asked.push([level, tile]);
      return new Promise((resolve) => answers.push(resolve));
    },
  };
  let changes = 0;
  const kept = new tiles.Tiles(server, "token", { kinds: { full: ABOUT }, waveform: [] }, () => changes++);
  kept.want("full", 0, 0, 4);
  kept.want("full", 0, 0, 4);
  assert.deepEqual(asked, [
    [4, 0],
    [0, 0],
    [0, 1],
  ]);
  assert.ok(kept.busy);
  answers[0]({ bytes: base64([0, 128, 255]), bands: 1, frames: 3 });
  await answered();
  assert.deepEqual(asked.slice(3), [[0, 2]]);
  assert.deepEqual([...kept.tile("full", 4, 0).bytes], [0, 128, 255]);
  assert.equal(changes, 1);
});

test("after a problem nothing more is fetched until the next drawing", async () => {
  let asked = 0;
  const server = { read_picture: async () => ({ problem: `problem ${++asked}` }) };
  const kept = new tiles.Tiles(server, "token", { kinds: { full: ABOUT }, waveform: [] }, () => {});
  kept.want("full", 0, 0, 9);
  await answered();
  assert.equal(asked, 3);
  assert.equal(kept.problem, "problem 3");
  assert.ok(!kept.busy);
});

test("of many tiles the oldest are dropped, but not the coarsest", () => {
  const kept = new tiles.Tiles({}, "token", { kinds: { full: ABOUT }, waveform: [] }, () => {});
  kept.keep("full/4/0", {});
  for (let index = 0; index < 100; index++) kept.keep(`full/0/${index}`, {});
  assert.equal(kept.kept.size, 96);
  assert.ok(kept.tile("full", 4, 0));
  assert.equal(kept.tile("full", 0, 4), undefined);
  assert.ok(kept.tile("full", 0, 5));
});

test("while the window is dragged, only its latest place is read", async () => {
  const asked = [];
  const answers = [];
  const server = {
    read_window: ({ start_s }) => {
      asked.push(start_s);
      return new Promise((resolve) => answers.push(() => resolve({ bytes: base64([7]), start_s })));
    },
  };
  const kept = new tiles.Tiles(server, "token", { kinds: { full: ABOUT }, waveform: [] }, () => {});
  for (const start_s of [0, 0.5, 1, 1.5]) assert.equal(kept.window(start_s), null);
  answers[0]();
  await answered();
  answers[1]();
  await answered();
  assert.deepEqual(asked, [0, 1.5]);
  assert.deepEqual([...kept.window(1.5).bytes], [7]);
  assert.ok(!kept.readingWindow);
});

test("the waveform's pairs are signed", () => {
  const [wave] = wavePairs({ waveform: [{ bytes: base64([129, 127, 0, 1]), pairs: 2, step: 8, peak: 1 }] });
  assert.deepEqual([...wave.ends], [-127, 127, 0, 1]);
  assert.equal(wave.pairs, 2);
});

test("the waveform is drawn from the coarsest level that is fine enough", () => {
  const waves = [{ step: 64 }, { step: 8 }];
  assert.equal(waveLevel(waves, 64 / 16000).step, 64);
  assert.equal(waveLevel(waves, 63 / 16000).step, 8);
  assert.equal(waveLevel(waves, 1e-6).step, 8);
});

test("a pixel shows the lowest and highest sample in it, and none after the end", () => {
  const wave = { ends: Int8Array.of(-1, 1, -5, 2, -3, 9), pairs: 3, step: 16 };
  assert.deepEqual(extremes(wave, 0, 0.001), { low: -1, high: 1 });
  assert.deepEqual(extremes(wave, 0, 0.002), { low: -5, high: 2 });
  assert.deepEqual(extremes(wave, 0.001, 0.00101), { low: -5, high: 2 });
  assert.deepEqual(extremes(wave, 0.001, 9), { low: -5, high: 9 });
  assert.equal(extremes(wave, 0.003, 0.004), null);
});

// ---- regions that keys mark

const between = (/** @type {number} */ start_s, /** @type {number} */ end_s) => ({ start_s, end_s });

test("an end that is marked keeps the other end, or takes that of the clip", () => {
  assert.deepEqual(withEnd(null, "start_s", 1.5, 4), between(1.5, 4));
  assert.deepEqual(withEnd(null, "end_s", 1.5, 4), between(0, 1.5));
  assert.deepEqual(withEnd(between(1, 3), "start_s", 2, 4), between(2, 3));
  assert.deepEqual(withEnd(between(1, 3), "end_s", 2, 4), between(1, 2));
  assert.deepEqual(withEnd(between(1, 3), "start_s", 3.5, 4), between(3.5, 4));
  assert.deepEqual(withEnd(between(1, 3), "end_s", 0.5, 4), between(0, 0.5));
});

test("ends snap to where a silence ends or begins, if that is near", () => {
  /** @type {[number, number][]} */
  const silences = [
    [0, 0.4],
    [1.2, 1.5],
    [2.8, 4],
  ];
  assert.deepEqual(snapped(between(0.5, 1.3), silences, ["start_s", "end_s"]), between(0.4, 1.2));
  assert.deepEqual(snapped(between(0.1, 2.9), silences, ["end_s"]), between(0.1, 2.8));
  assert.deepEqual(snapped(between(0.8, 2.2), silences, ["start_s", "end_s"]), between(0.8, 2.2));
  assert.deepEqual(snapped(between(1.25, 1.4), silences, ["start_s", "end_s"]), between(1.25, 1.4)); // nothing would be left
  assert.deepEqual(snapped(between(1, 2), [], ["start_s", "end_s"]), between(1, 2));
});

// ---- the track of labels

test("labels that overlap are in lanes of their own, below that of the whole clip", () => {
  const label = (/** @type {number | null} */ start_s, /** @type {number | null} */ end_s) => ({
    ...{ start_s, end_s, id: `${start_s}`, code: "ANG", words: "Angry" },
  });
  const labels = inOrder([label(2, 3), label(null, null), label(0, 1), label(0.5, 2.5), label(1, 2)]);
  assert.deepEqual(
    labels.map(({ start_s }) => start_s),
    [null, 0, 0.5, 1, 2],
  );
  assert.deepEqual(lanesOf(labels), [0, 1, 2, 1, 1]);
  assert.deepEqual(lanesOf(Array.from({ length: 6 }, () => label(0, 9))), [0, 1, 2, 3, 3, 3]);
});
