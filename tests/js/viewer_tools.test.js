// The viewer's tools, as far as they need no page: playing, regions, scores, curves, evidence.
import assert from "node:assert/strict";
import test from "node:test";
import {
  formantsAt,
  loudnessScale,
  valueAt,
  visibleBlocks,
  visibleValues,
} from "../../ser/ui/viewer/scripts/tools/curves.js";
import { heatOf, outlineLimit, outlineOf } from "../../ser/ui/viewer/scripts/tools/evidence.js";
import {
  FRAME,
  HALF,
  SEARCH,
  bestShift,
  crossfade,
  SPEEDS,
  nextSlowed,
  nextSpeed,
} from "../../ser/ui/viewer/scripts/tools/speed.js";
import {
  goOnFrom,
  goToPhrase,
  isPhrase,
  phraseBeside,
} from "../../ser/ui/viewer/scripts/tools/region/phrases.js";
import { edgesAt, shifted, tidy } from "../../ser/ui/viewer/scripts/tools/region/region_shape.js";
import { Samples } from "../../ser/ui/viewer/scripts/tools/samples.js";
import { tellingWindow, top } from "../../ser/ui/viewer/scripts/tools/score_columns.js";
import { Requests } from "../../ser/ui/viewer/scripts/tools/scored_window.js";
import { inWords } from "../../ser/ui/viewer/scripts/tools/scores_table.js";
import { firstSample, heard_s, partToPlay } from "../../ser/ui/viewer/scripts/tools/sound_player.js";

const NO_BAND = { low_hz: null, high_hz: null };
const RATE = 16000;

// ---- half speed

test("the best shift is where the sound goes on", () => {
  const voice = Float32Array.from(
    { length: 2000 },
    (_, i) => Math.sin(i / 9) + 0.4 * Math.sin(i / 3.1 + 1) + i / 4000,
  );
  for (const shift of [0, 1, 77, 2 * SEARCH])
    assert.equal(bestShift(voice.subarray(500 + shift, 500 + shift + HALF), voice.subarray(500)), shift);
});

test("the best shift does not depend on loudness", () => {
  const wanted = [1, -1, 2];
  assert.equal(bestShift(wanted, [9, 9, 9, 0.1, -0.1, 0.2, 8, 8], 3, 5), 3);
});

test("in silence there is no shift", () => {
  assert.equal(bestShift(new Float32Array(HALF), new Float32Array(HALF + 2 * SEARCH)), 0);
});

test("a fade between equal sounds changes nothing", () => {
  const sound = new Float32Array(HALF).fill(0.5);
  crossfade(sound, new Float32Array(HALF).fill(0.5));
  for (const value of sound) assert.ok(Math.abs(value - 0.5) < 1e-6);
  const risen = new Float32Array(HALF).fill(1);
  crossfade(risen, new Float32Array(HALF));
  assert.ok(risen[0] < 0.001 && risen[HALF - 1] > 0.999);
});

test("half speed repeats each period, so a tone of half-speed sound has the same pitch", async () => {
  const period = 80; // 200 Hz
  const sound = Float32Array.from({ length: 8000 }, (_, i) => Math.sin((2 * Math.PI * i) / period));
  const read = async (first, count) => Float32Array.from({ length: count }, (_, i) => sound[first + i] ?? 0);
  const slowed = { start: 0, end: 8000, position: 1000, speed: 0.5, tail: null };
  const played = [];
  for (let i = 0; i < 20; i++) {
    played.push(...(await nextSlowed(slowed, read)));
    slowed.position += HALF * 0.5;
  }
  assert.equal(played.length, 20 * HALF);
  for (let i = 0; i + period < played.length; i++)
    assert.ok(Math.abs(played[i] - played[i + period]) < 0.01, `at ${i}`);
  assert.equal(FRAME, 2 * HALF);
});

test("speeds are a step apart, and end at a quarter and at double", () => {
  assert.deepEqual(SPEEDS, [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2]);
  assert.deepEqual(
    [nextSpeed(1, 1), nextSpeed(1, -1), nextSpeed(2, 1), nextSpeed(0.25, -1)],
    [1.25, 0.75, 2, 0.25],
  );
});

test("at double and at quarter speed, a tone keeps its pitch", async () => {
  const period = 80;
  const sound = Float32Array.from({ length: 40_000 }, (_, i) => Math.sin((2 * Math.PI * i) / period));
  const read = async (first, count) => Float32Array.from({ length: count }, (_, i) => sound[first + i] ?? 0);
  for (const speed of [0.25, 2]) {
    const slowed = { start: 0, end: 40_000, position: 1000, speed, tail: null };
    const played = [];
    for (let i = 0; i < 20; i++) {
      played.push(...(await nextSlowed(slowed, read)));
      slowed.position += HALF * speed;
    }
    for (let i = 0; i + period < played.length; i++)
      assert.ok(Math.abs(played[i] - played[i + period]) < 0.01, `${speed}: at ${i}`);
  }
});

// ---- formants

test("formants at a time are those of the nearest frame", () => {
  /** @type {[number, number][]} */
  const points = [
    [0.1, 500],
    [0.1, 1500],
    [0.12, 600],
  ];
  assert.deepEqual(formantsAt(points, 0.104), [500, 1500]);
  assert.deepEqual(formantsAt(points, 0.129), [600]);
  assert.deepEqual(formantsAt(points, 0.2), []);
  assert.deepEqual(formantsAt([], 0), []);
});

// ---- playing

test("samples are fetched once a piece, and are zero outside of the part", async () => {
  const asked = [];
  const server = {
    read_samples: async ({ first, count }) => {
      asked.push(first);
      const numbers = Int16Array.from(
        { length: Math.min(count, 200_000 - first) },
        (_, i) => (first + i) % 1000,
      );
      return { bytes: Buffer.from(numbers.buffer).toString("base64") };
    },
  };
  const samples = new Samples(server);
  const part = { token: "token", start: 159_999, end: 160_002 };
  const read = await samples.read(part, 159_997, 7);
  assert.deepEqual(
    [...read].map((value) => value * 32768),
    [0, 0, 999, 0, 1, 0, 0],
  );
  await samples.read(part, 159_997, 7);
  assert.deepEqual(asked, [0, 160_000]);
});

test("a problem with samples is reported, and the next try asks again", async () => {
  let asked = 0;
  const samples = new Samples({ read_samples: async () => ({ problem: `problem ${++asked}` }) });
  const part = { token: "token", start: 0, end: 10 };
  await assert.rejects(samples.read(part, 0, 10), { message: "problem 1" });
  await assert.rejects(samples.read(part, 0, 10), { message: "problem 2" });
});

test("Play plays the region, from the playhead if that is in it", () => {
  const region = { start_s: 0.5, end_s: 1.001, ...NO_BAND };
  assert.deepEqual(partToPlay({ region, duration_s: 2 }), { start: 8000, end: 16016, whole: false });
  assert.deepEqual(partToPlay({ region: null, duration_s: 2 }), { start: 0, end: 32000, whole: true });
  const part = { start: 8000, end: 16016 };
  assert.equal(firstSample(part, 9000), 9000);
  assert.equal(firstSample(part, 7999), 8000);
  assert.equal(firstSample(part, 16015), 8000); // at the end: from the start again
});

test("the playhead is at the sample that is heard", () => {
  const runs = () => [
    { at: 1000, count: 8000, sample: 16000 },
    { at: 9000, count: 8000, sample: 16000 }, // a loop
  ];
  const job = (speed = 1) => ({ runs: runs(), speed, first_s: 1 });
  assert.equal(heard_s(job(), 0), 1);
  assert.equal(heard_s(job(), 1000), 1);
  assert.equal(heard_s(job(), 5000), 1.25);
  assert.equal(heard_s(job(), 9000), 1);
  assert.equal(heard_s(job(), 99_000), 1.5); // nothing is scheduled after it
  assert.equal(heard_s(job(0.5), 5000), 1.125);
  assert.equal(heard_s({ runs: [], speed: 1, first_s: 3 }, RATE), 3);
});

// ---- regions

test("the ends of a region are whole milliseconds, in order, inside the sound", () => {
  assert.deepEqual(tidy({ start_s: 0.12345, end_s: 0.98761 }, 2), {
    start_s: 0.123,
    end_s: 0.988,
    ...NO_BAND,
  });
  assert.deepEqual(tidy({ start_s: 1.5, end_s: 0.5 }, 2), { start_s: 0.5, end_s: 1.5, ...NO_BAND });
  assert.deepEqual(tidy({ start_s: -3, end_s: 99 }, 2.0005), { start_s: 0, end_s: 2.0005, ...NO_BAND });
});

test("a region has at least ten milliseconds", () => {
  assert.deepEqual(tidy({ start_s: 1, end_s: 1.001 }, 2), { start_s: 1, end_s: 1.01, ...NO_BAND });
  assert.deepEqual(tidy({ start_s: 2, end_s: 2 }, 2), { start_s: 1.99, end_s: 2, ...NO_BAND });
  assert.deepEqual(tidy({ start_s: 0, end_s: 0 }, 0.005), { start_s: 0, end_s: 0.005, ...NO_BAND });
});

test("a pitch range is in order, in whole Hz, and at least ten", () => {
  const band = (low_hz, high_hz) => {
    const region = tidy({ start_s: 0, end_s: 1, low_hz, high_hz }, 2);
    return [region.low_hz, region.high_hz];
  };
  assert.deepEqual(band(3000.4, 600.6), [601, 3000]);
  assert.deepEqual(band(-5, 9000), [0, 8000]);
  assert.deepEqual(band(300, 301), [300, 310]);
  assert.deepEqual(band(8000, 8000), [7990, 8010]);
  assert.deepEqual(band(null, 300), [null, null]);
});

test("a region that is moved stops at the ends of the sound and keeps its length", () => {
  const region = { start_s: 0.5, end_s: 1, low_hz: 100, high_hz: 200 };
  assert.deepEqual(shifted(region, 0.2504, 2), { start_s: 0.75, end_s: 1.25, low_hz: 100, high_hz: 200 });
  assert.deepEqual(shifted(region, -9, 2), { start_s: 0, end_s: 0.5, low_hz: 100, high_hz: 200 });
  assert.deepEqual(shifted(region, 9, 2), { start_s: 1.5, end_s: 2, low_hz: 100, high_hz: 200 });
});

test("a pointer holds the nearest edges", () => {
  const box = { left: 100, right: 200, top: 50, bottom: 150 };
  assert.deepEqual(edgesAt(box, 103, 80, 6, true), ["left"]);
  assert.deepEqual(edgesAt(box, 195, 146, 6, true), ["right", "bottom"]);
  assert.deepEqual(edgesAt(box, 150, 52, 6, true), ["top"]);
  assert.deepEqual(edgesAt(box, 150, 52, 6, false), []);
  assert.deepEqual(edgesAt(box, 150, 100, 6, true), []);
  assert.deepEqual(edgesAt(box, 100, 157, 6, true), []);
  assert.deepEqual(edgesAt({ ...box, right: 106 }, 105, 80, 6, false), ["right"]);
});

// ---- scores

test("the telling window has the highest score of the clip's top emotion", () => {
  const windows = [
    { start_s: 0, end_s: 3, scores: [0.9, 0.1] },
    { start_s: 1, end_s: 4, scores: [0.2, 0.8] },
    { start_s: 2, end_s: 5, scores: [0.4, 0.6] },
  ];
  assert.equal(top([0.2, 0.5, 0.3]), 1);
  assert.equal(tellingWindow({ scores: [0.45, 0.55], windows }).start_s, 1);
  assert.equal(tellingWindow({ scores: [0.55, 0.45], windows }).start_s, 0);
});

test("of requests that wait only the latest is sent, for each column", () => {
  const requests = new Requests();
  const part = (start_s) => ({ start_s, end_s: start_s + 3 });
  assert.equal(requests.add("window", part(0)), false);
  assert.deepEqual(requests.next("window"), part(0));
  assert.equal(requests.add("window", part(1)), true);
  assert.equal(requests.add("window", part(2)), true);
  assert.equal(requests.add("clip", part(0)), false);
  assert.ok(requests.isWaiting("window"));
  assert.deepEqual(requests.next("window"), part(2));
  assert.ok(!requests.isWaiting("window"));
  assert.equal(requests.next("window"), null);
  assert.equal(requests.add("window", part(3)), false);
});

test("a sentence about less than half a second has a warning", () => {
  const answer = { sentence: "Sounds sad." };
  assert.equal(inWords({ start_s: 0, end_s: 0.5, answer }), "Sounds sad.");
  assert.match(inWords({ start_s: 0, end_s: 0.499, answer }), /^Sounds sad\. A part this short/);
  assert.equal(inWords({ start_s: 0, end_s: 0.1 }), "");
});

// ---- curves

test("pitch is fetched in blocks of ten seconds of what is visible", () => {
  assert.deepEqual(visibleBlocks("pitch", { start_s: 8, end_s: 21 }, 24), [
    [0, 10],
    [10, 20],
    [20, 24],
  ]);
  assert.deepEqual(visibleBlocks("voiced", { start_s: 10, end_s: 20 }, 24), [[10, 20]]);
  assert.deepEqual(visibleBlocks("pitch", { start_s: 0, end_s: 61 }, 100), []);
  assert.deepEqual(visibleBlocks("intensity", { start_s: 0, end_s: 61 }, 100), [[0, 100]]);
  assert.deepEqual(visibleBlocks("pitch", { start_s: 30, end_s: 40 }, 5), []); // after the end of the shorter sound
});

test("loudness is drawn from 60 dB below to the next ten", () => {
  const track = (...values) => ({ first_s: 0, step_s: 1, values });
  assert.deepEqual(loudnessScale([track(40, null, 61.2), track(55)]), { low: 10, high: 70 });
  assert.deepEqual(loudnessScale([track(60)]), { low: 0, high: 60 });
  assert.deepEqual(loudnessScale([track(-25)]), { low: -80, high: -20 });
  assert.equal(loudnessScale([track(null)]), null);
  assert.equal(loudnessScale([]), null);
});

test("the value of a curve is that of the nearest time", () => {
  const tracks = [
    { first_s: 0.5, step_s: 0.1, values: [100, null, 120] },
    { first_s: 10, step_s: 0.1, values: [200] },
  ];
  assert.equal(valueAt(tracks, 0.54), 100);
  assert.equal(valueAt(tracks, 0.6), null);
  assert.equal(valueAt(tracks, 0.71), 120);
  assert.equal(valueAt(tracks, 10.02), 200);
  assert.equal(valueAt(tracks, 5), null);
});

test("a curve is drawn to just outside of the visible part", () => {
  const track = { first_s: 0, step_s: 0.5, values: [1, 2, 3, 4, 5] };
  assert.deepEqual(visibleValues(track, { start_s: 0.6, end_s: 1.1 }), { first: 1, last: 3 });
  assert.deepEqual(visibleValues(track, { start_s: -5, end_s: 99 }), { first: 0, last: 4 });
});

// ---- evidence

test("a tenth of the cells is outlined, and never one without evidence", () => {
  assert.equal(outlineLimit(Uint8Array.from({ length: 100 }, (_, i) => i)), 90);
  assert.equal(outlineLimit(new Uint8Array(100)), 1);
});

test("cells that touch have one outline", () => {
  assert.deepEqual(outlineOf(Uint8Array.of(0, 9, 0, 0), 5, 2, 2), [
    [1, 1, 2, 1],
    [1, 0, 2, 0],
    [1, 0, 1, 1],
    [2, 0, 2, 1],
  ]);
  assert.equal(outlineOf(Uint8Array.of(9, 9, 0, 0), 5, 2, 2).length, 6);
  assert.equal(outlineOf(Uint8Array.of(9, 9, 9, 9), 5, 2, 2).length, 8);
});

test("the cells of a window are unpacked with their outline", () => {
  const map = new Uint8Array(188 * 128);
  map[188 * 5 + 7] = 200;
  const { cells, outline } = heatOf(Buffer.from(map).toString("base64"));
  assert.equal(cells[188 * 5 + 7], 200);
  assert.deepEqual(outline.at(0), [7, 6, 8, 6]);
  assert.equal(outline.length, 4);
});

// ---- phrases

const PHRASES = /** @type {[number, number][]} */ ([
  [0.5, 2],
  [2.6, 4],
  [5, 7.25],
]);
const between = (/** @type {number} */ start_s, /** @type {number} */ end_s) => ({ start_s, end_s });

/** A pane whose clip has the phrases; it counts the questions to the server, and keeps what is played. */
function paneOf(phrases = PHRASES) {
  const pane = {
    token: "t",
    sound: {},
    region: /** @type {any} */ (null),
    asked: 0,
    played: /** @type {number[]} */ ([]),
    emitted: /** @type {string[]} */ ([]),
    regionTool: { set: (/** @type {any} */ draft) => (pane.region = draft) },
    viewer: {
      server: { read_phrases: async () => (pane.asked++, { phrases }) },
      events: { emit: (/** @type {string} */ name) => pane.emitted.push(name) },
      player: { play: (/** @type {any} */ _pane, /** @type {number} */ from_s) => pane.played.push(from_s) },
    },
  };
  return /** @type {any} */ (pane);
}

test("without a region, forward is the first phrase and back the last one", () => {
  assert.deepEqual(phraseBeside(PHRASES, null, 1), [0.5, 2]);
  assert.deepEqual(phraseBeside(PHRASES, null, -1), [5, 7.25]);
});

test("from a phrase, or from a region between two, the next and the previous one are chosen", () => {
  assert.deepEqual(phraseBeside(PHRASES, between(0.5, 2), 1), [2.6, 4]);
  assert.deepEqual(phraseBeside(PHRASES, between(2.6, 4), -1), [0.5, 2]);
  assert.deepEqual(phraseBeside(PHRASES, between(2.1, 2.4), 1), [2.6, 4]);
  assert.equal(phraseBeside(PHRASES, between(5, 7.25), 1), undefined);
  assert.equal(phraseBeside([], null, 1), undefined);
});

test("a region is a phrase where both ends are, to the millisecond", () => {
  assert.ok(isPhrase(PHRASES, between(2.6004, 3.9996)));
  assert.ok(!isPhrase(PHRASES, between(2.6, 3.9)));
  assert.ok(!isPhrase(PHRASES, { start_s: null, end_s: null }));
});

test("a key chooses and plays a phrase, and the server is asked once for a clip", async () => {
  const pane = paneOf();
  assert.ok(await goToPhrase(pane, 1));
  assert.ok(await goToPhrase(pane, 1));
  assert.deepEqual([pane.region.start_s, pane.region.end_s, pane.played], [2.6, 4, [0.5, 2.6]]);
  assert.deepEqual([pane.asked, pane.emitted], [1, ["marked", "marked"]]);
});

test("after a labelled phrase comes the next one, but not after the last, and not after any other region", async () => {
  const pane = paneOf();
  assert.equal(await goOnFrom(pane, between(0.5, 2)), false, "phrases were not asked for");
  await goToPhrase(pane, 1);
  assert.equal(await goOnFrom(pane, between(1, 2)), false);
  assert.equal(await goOnFrom(pane, pane.region), true);
  assert.equal(pane.region.start_s, 2.6);
  await goToPhrase(pane, 1);
  assert.equal(await goOnFrom(pane, pane.region), false);
});

test("a clip without speech has no phrases to go to", async () => {
  assert.equal(await goToPhrase(paneOf([]), 1), false);
});
