// Numbers of the viewer: clock text, bytes, colours, and the words of values.
import assert from "node:assert/strict";
import test from "node:test";
import { COLOUR_MAPS, colourAt, dbOf, paletteOf, placeOnMap } from "../../ser/ui/viewer/scripts/colours.js";
import { bytesOf, clamp, clockWords, ms, samplesOf } from "../../ser/ui/viewer/scripts/numbers.js";
import { withLatest } from "../../ser/ui/viewer/scripts/open.js";
import { PictureChoices, nextOf } from "../../ser/ui/viewer/scripts/picture_choices.js";
import { dbWords } from "../../ser/ui/viewer/scripts/picture.js";

const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const USUAL = { colours: "magma", floor_db: -80, contrast: 1 };

test("clock text has as many decimals as its neighbours need", () => {
  assert.equal(clockWords(12, 1), "12");
  assert.equal(clockWords(12.3, 0.1), "12.3");
  assert.equal(clockWords(12.25, 0.01), "12.25");
  assert.equal(clockWords(0.5, 0.02), "0.50");
  assert.equal(clockWords(1.5, 0.0001), "1.500");
  assert.equal(clockWords(12.3, 5), "12");
});

test("clock text has minutes and hours, padded with zeros", () => {
  assert.equal(clockWords(62.5, 0.1), "1:02.5");
  assert.equal(clockWords(60), "1:00");
  assert.equal(clockWords(3600), "1:00:00");
  assert.equal(clockWords(3725.25, 0.01), "1:02:05.25");
});

test("a time that is rounded up to a minute is a minute", () => {
  assert.equal(clockWords(59.96, 0.1), "1:00.0");
  assert.equal(clockWords(59.94, 0.1), "59.9");
  assert.equal(clockWords(3599.6), "1:00:00");
});

test("base64 becomes bytes", () => {
  assert.deepEqual([...bytesOf(base64([0, 1, 127, 128, 255]))], [0, 1, 127, 128, 255]);
  assert.equal(bytesOf("").length, 0);
});

test("samples are 16 bits, lowest byte first, from -1 to just below 1", () => {
  const samples = samplesOf(base64([0x00, 0x80, 0xff, 0x7f, 0x00, 0x00, 0x00, 0x40, 0xff, 0xff]));
  assert.deepEqual([...samples], [-1, 32767 / 32768, 0, 0.5, -1 / 32768]);
});

test("seconds are rounded to milliseconds and limited", () => {
  assert.equal(ms(1.23449), 1.234);
  assert.equal(ms(1.2346), 1.235);
  assert.deepEqual([clamp(-1, 0, 2), clamp(1, 0, 2), clamp(3, 0, 2)], [0, 1, 2]);
});

test("loudness is placed between the floor and the maximum", () => {
  assert.equal(placeOnMap(0, USUAL), 255);
  assert.equal(placeOnMap(-80, USUAL), 0);
  assert.equal(placeOnMap(-100, USUAL), 0);
  assert.equal(placeOnMap(-40, USUAL), 128);
  assert.equal(placeOnMap(-40, { floor_db: -40, contrast: 1 }), 0);
  assert.equal(placeOnMap(-40, { floor_db: -80, contrast: 2 }), 64); // a quarter
});

test("bytes are loudness", () => {
  assert.equal(dbOf(0), -100);
  assert.equal(dbOf(255), 0);
  assert.equal(dbOf(51), -80);
});

test("each byte has the colour of its loudness", () => {
  for (const name of Object.keys(COLOUR_MAPS)) assert.equal(bytesOf(COLOUR_MAPS[name]).length, 3 * 256);
  assert.equal(colourAt(0, "grey"), "rgb(255 255 255)");
  assert.equal(colourAt(255, "grey"), "rgb(0 0 0)");
  const { pixels, ground } = paletteOf({ ...USUAL, colours: "grey" }, "key");
  const rgba = new Uint8Array(pixels.buffer);
  assert.deepEqual([...rgba.subarray(0, 4)], [255, 255, 255, 255]);
  assert.deepEqual([...rgba.subarray(4 * 255)], [0, 0, 0, 255]);
  assert.equal(ground, "rgb(255 255 255)");
  const magma = new Uint8Array(paletteOf(USUAL, "key").pixels.buffer);
  assert.deepEqual([...magma.subarray(0, 4)], [0, 0, 3, 255]); // red, green, blue, opaque
});

test("values are words", () => {
  assert.equal(dbWords(null), "…");
  assert.equal(dbWords(-100), "≤ −100 dB");
  assert.equal(dbWords(-12.34), "−12.3 dB");
  assert.equal(dbWords(-0.04), "0.0 dB");
});

test("choices stay inside their limits, and the palette follows them", () => {
  const choices = new PictureChoices();
  const first = choices.palette;
  assert.equal(choices.palette, first);
  choices.choose({ floor_db: -200, contrast: 9 });
  assert.deepEqual([choices.floor_db, choices.contrast], [-100, 3]);
  assert.notEqual(choices.palette, first);
  choices.choose({ floor_db: 0, contrast: 0.8000000001 });
  assert.deepEqual([choices.floor_db, choices.contrast], [-20, 0.8]);
});

test("names follow each other in a circle", () => {
  assert.equal(nextOf(["a", "b"], "a"), "b");
  assert.equal(nextOf(["a", "b"], "b"), "a");
});

test("the latest sounds come first, each once, at most six", () => {
  const sound = (key) => ({ kind: "clip", key, name: key });
  let recent = [];
  for (const key of ["a", "b", "c", "a"]) recent = withLatest(recent, sound(key));
  assert.deepEqual(
    recent.map(({ key }) => key),
    ["a", "c", "b"],
  );
  assert.equal(withLatest([sound("a")], { kind: "example", key: "a" }).length, 2);
  for (const key of ["d", "e", "f", "g"]) recent = withLatest(recent, sound(key));
  assert.deepEqual(
    recent.map(({ key }) => key),
    ["g", "f", "e", "d", "a", "c"],
  );
});
