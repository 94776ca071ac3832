// The time and the level that the page shows while it records.
import assert from "node:assert/strict";
import test from "node:test";
import { clock } from "../../ser/ui/record/scripts/clock.js";
import { uploadFailure } from "../../ser/ui/record/scripts/gradio_recorder.js";
import { judge, louder, loudness, meterShare } from "../../ser/ui/record/scripts/level.js";
import { microphonesOf } from "../../ser/ui/record/scripts/microphone_choice.js";
import { kindOf } from "../../ser/ui/record/scripts/microphone_note.js";

const QUIET_DB = -36;
const at = (db, peak = 0.1) => ({ db, peak });

test("a time has hours only from one hour on, and never rounds up", () => {
  const times = [0, 0.99, 9, 60, 754.5, 3599.9, 3600, 3665, 36_000];
  const texts = ["0:00", "0:00", "0:09", "1:00", "12:34", "59:59", "1:00:00", "1:01:05", "10:00:00"];
  assert.deepEqual(times.map(clock), texts);
});

test("the loudness of silence, of full scale and of a sine", () => {
  assert.deepEqual(loudness(new Float32Array(8)), { db: -120, peak: 0 });
  const full = loudness(Float32Array.of(1, -1, 1, -1));
  assert.ok(Math.abs(full.db) < 1e-9);
  assert.equal(full.peak, 1);
  const sine = Float32Array.from({ length: 1000 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * i) / 100));
  assert.ok(Math.abs(loudness(sine).db - -9.03) < 0.01);
  assert.equal(loudness(Float32Array.of(0.1, -0.75)).peak, 0.75);
});

test("one clipped moment outweighs everything, and one loud one is enough to be good", () => {
  assert.equal(judge([at(-50), at(-20), at(-10, 0.99)], 5000, QUIET_DB), "clipping");
  assert.equal(judge([at(-50), at(QUIET_DB), at(-80)], 5000, QUIET_DB), "good");
  assert.equal(judge([at(-10, 0.98)], 5000, QUIET_DB), "good");
});

test("a voice is too quiet only after two seconds", () => {
  assert.equal(judge([at(-50)], 1999, QUIET_DB), "waiting");
  assert.equal(judge([at(-50)], 2000, QUIET_DB), "quiet");
  assert.equal(judge([], 0, QUIET_DB), "waiting");
});

test("the meter is empty at -60 dB and full at full scale", () => {
  assert.deepEqual([-120, -60, -30, 0, 3].map(meterShare), [0, 0, 0.5, 1, 1]);
});

test("an upload that was refused for its size has another sentence than one that failed", () => {
  assert.equal(uploadFailure({ ok: true, status: 200 }), null);
  assert.equal(uploadFailure({ ok: false, status: 413 }), "large");
  assert.equal(uploadFailure({ ok: false, status: 502 }), "lost");
});

test("each failure of the microphone has its sentence", () => {
  const names = ["NotAllowedError", "NotFoundError", "insecure", "NotReadableError", ""];
  assert.deepEqual(names.map(kindOf), ["denied", "missing", "insecure", "failed", "failed"]);
});

test("the level is that of the louder channel, as of a microphone that speaks on one side only", () => {
  assert.deepEqual(louder([at(-120, 0), at(-20, 0.3)]), at(-20, 0.3));
  assert.deepEqual(louder([at(-20, 0.3), at(-30, 0.2)]), at(-20, 0.3));
});

test("microphones are offered once each, with the system's own first, and none before their names are known", () => {
  const device = (deviceId, label, kind = "audioinput") => ({ deviceId, label, kind });
  assert.deepEqual(microphonesOf([device("", "")]), []);
  assert.deepEqual(microphonesOf([device("a", "Camera", "videoinput")]), []);
  const devices = [
    device("default", "Default - Headset"),
    device("communications", "Communications - Headset"),
    device("a", "Headset"),
    device("b", ""),
    device("c", "Loudspeaker", "audiooutput"),
  ];
  assert.deepEqual(microphonesOf(devices), [
    ["", "Default microphone"],
    ["a", "Headset"],
    ["b", "Microphone 2"],
  ]);
});
