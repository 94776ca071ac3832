// Live mode: the sound that waits, its file, and the times of its timeline.
import assert from "node:assert/strict";
import test from "node:test";
import { areOthers } from "../../ser/ui/record/scripts/live_emotions.js";
import { Mix } from "../../ser/ui/record/scripts/mixing.js";
import { base64, judgePeak, LiveSound, peakOf, wav } from "../../ser/ui/record/scripts/live_sound.js";
import {
  axisStep,
  columnWidth,
  lastMinute,
  pixelOf,
  spanOf,
  usualStep,
} from "../../ser/ui/record/scripts/live_timeline.js";

const chunk = (...samples) => Int16Array.from(samples);

function filled(count) {
  const sound = new LiveSound();
  for (let i = 0; i < count; i++) sound.add(chunk(i));
  return sound;
}

const samplesOf = (sound) =>
  new Int16Array(Uint8Array.from(atob(sound), (letter) => letter.charCodeAt(0)).buffer);

test("fewer than four chunks are not sent", () => {
  const sound = filled(3);
  assert.equal(sound.next(), null);
  sound.add(chunk(3));
  const { sound: sent, lost_s } = sound.next();
  assert.deepEqual([...samplesOf(sent)], [0, 1, 2, 3]);
  assert.equal(lost_s, 0);
  assert.equal(sound.next(), null);
});

test("of a backlog, the newest three seconds are sent, with the gap before them; later ones have none", () => {
  const sound = filled(47);
  const { sound: sent, lost_s } = sound.next();
  assert.equal(lost_s, 1.7);
  assert.deepEqual([...samplesOf(sent)].slice(0, 2), [17, 18]);
  assert.equal(samplesOf(sent).length, 30);
  assert.equal(sound.heard_s, 4.7);
  for (let i = 0; i < 4; i++) sound.add(chunk(i));
  assert.equal(sound.next().lost_s, 0);
});

test("after an interruption, no sound from before it is sent, and its time counts", () => {
  const sound = filled(6);
  sound.skip(12.3);
  assert.equal(sound.next(), null);
  for (let i = 0; i < 4; i++) sound.add(chunk(50 + i));
  const { sound: sent, lost_s } = sound.next();
  assert.deepEqual([...samplesOf(sent)], [50, 51, 52, 53]);
  assert.equal(lost_s, 12.9);
  assert.equal(sound.heard_s, 13.3);
});

test("the newest half minute is kept, and one second is too little for a take", () => {
  assert.equal(filled(10).isKeepable, false);
  assert.equal(filled(11).isKeepable, true);
  const long = filled(305);
  assert.equal(long.newest.length, 300);
  assert.equal(long.newest[0][0], 5);
  assert.equal(long.kept_s, 30);
  assert.equal(filled(39).kept_s, 3);
});

test("base64 has the bytes of a view, and not those around it", () => {
  const view = new Int16Array(chunk(1, 2, 3).buffer, 2, 1);
  assert.equal(base64([view]), "AgA=");
  assert.equal(base64([chunk(-1), chunk(258)]), btoa("\xff\xff\x02\x01"));
});

test("a peak is quiet below -36 dB and clipped from 0.99 on", () => {
  assert.equal(peakOf(chunk(-32768, 5)), 1);
  assert.equal(peakOf(chunk(100, -16384)), 0.5);
  assert.deepEqual(judgePeak(0), { level: 0, loudness: "quiet" });
  assert.deepEqual(judgePeak(1), { level: 1, loudness: "clipping" });
  assert.equal(judgePeak(0.015).loudness, "quiet"); // -36.5 dB
  assert.equal(judgePeak(0.017).loudness, "good"); // -35.4 dB
  assert.equal(judgePeak(0.989).loudness, "good");
});

test("a WAV file says its length and rate", async () => {
  const file = new DataView(await wav([chunk(1, -2), chunk(3)], 48_000).arrayBuffer());
  const text = (at) => String.fromCharCode(...[0, 1, 2, 3].map((i) => file.getUint8(at + i)));
  assert.deepEqual([0, 8, 12, 36].map(text), ["RIFF", "WAVE", "fmt ", "data"]);
  assert.equal(file.byteLength, 50);
  assert.deepEqual(
    [4, 24, 28, 40].map((at) => file.getUint32(at, true)),
    [42, 48_000, 96_000, 6],
  );
  assert.deepEqual(
    [44, 46, 48].map((at) => file.getInt16(at, true)),
    [1, -2, 3],
  );
});

test("the timeline shows the last minute, and after Stop the whole session", () => {
  assert.deepEqual(spanOf({ shown_s: 3, whole: false }), { from_s: 0, span_s: 10 });
  assert.deepEqual(spanOf({ shown_s: 20, whole: false }), { from_s: 0, span_s: 20 });
  assert.deepEqual(spanOf({ shown_s: 90, whole: false }), { from_s: 30, span_s: 60 });
  assert.deepEqual(spanOf({ shown_s: 90, whole: true }), { from_s: 0, span_s: 90 });
  assert.deepEqual(spanOf({ shown_s: 2, whole: true }), { from_s: 0, span_s: 5 });
  const span = spanOf({ shown_s: 90, whole: false });
  assert.deepEqual(
    [30, 60, 90, 15].map((time) => pixelOf(time, span, 600)),
    [0, 300, 600, -150],
  );
});

test("times on the axis are at least 62 pixels apart", () => {
  assert.equal(axisStep(60, 600), 10); // 5 s would be 50 pixels
  assert.equal(axisStep(60, 3720), 1);
  assert.equal(axisStep(7 * 86_400, 300), 86_400);
});

test("a column reaches back to the previous reading, but not across a gap", () => {
  assert.equal(columnWidth(2, null, 0.9), 0.4);
  assert.equal(columnWidth(3, 2, 0.9), 1);
  assert.equal(columnWidth(4, 2, 0.9), 0.4);
  const thinned = {
    readings: [
      [2, null],
      [5, null],
      [8, null],
    ],
    whole: true,
  };
  assert.equal(usualStep(thinned), 3);
  assert.equal(usualStep({ ...thinned, whole: false }), 0.9);
});

test("readings that have left the last minute are forgotten", () => {
  const readings = [
    [1, null],
    [2, null],
    [3, null],
    [64, null],
  ];
  assert.deepEqual(
    lastMinute(readings, 64).map(([time]) => time),
    [2, 3, 64],
  );
});

test("channels are averaged, but of two with opposite phase the louder one is taken", () => {
  const sine = Float32Array.from({ length: 128 }, (_, i) => 0.5 * Math.sin(i / 5));
  const times = (gain) => sine.map((sample) => gain * sample);
  const noise = Float32Array.from(sine, (_, i) => Math.sin(i * i));
  assert.equal(new Mix().mono([sine]), sine);
  assert.deepEqual(new Mix().mono([sine, times(0.5)]), times(0.75));
  assert.deepEqual(new Mix().mono([times(-1), sine]), times(-1));
  assert.deepEqual(new Mix().mono([times(-0.8), sine]), sine);
  assert.deepEqual(
    new Mix().mono([sine, noise]),
    sine.map((sample, i) => sample / 2 + noise[i] / 2),
  );
  const silence = new Float32Array(128);
  assert.deepEqual(new Mix().mono([silence, silence]), silence);
});

test("one block that cancels does not outweigh those before it", () => {
  const sine = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i / 5));
  const opposite = sine.map((sample) => -sample);
  const mix = new Mix();
  for (let block = 0; block < 3; block++) assert.deepEqual(mix.mono([sine, sine]), sine);
  assert.deepEqual(mix.mono([sine, opposite]), new Float32Array(128));
});

test("bars and lanes are drawn again only for other emotions", () => {
  const moods = ["calm", "keen"].map((code) => ({ code, name: code, colour: "#000" }));
  assert.equal(areOthers(moods, ["calm", "keen"]), false);
  assert.equal(areOthers(moods, ["keen", "calm"]), true);
  assert.equal(areOthers(moods, ["calm", "keen", "tense"]), true);
});
