// From a pixel of a recording's timeline to a time, and from a time to words.
import assert from "node:assert/strict";
import test from "node:test";
import { secondsAt, wordsAt } from "../../ser/ui/parts/timeline_words.js";

const BOX = { left: 100, width: 200 };

test("a pixel of the waveform is a time, and places beside it are its ends", () => {
  assert.deepEqual(
    [100, 150, 300, 40, 999].map((x) => secondsAt(x, BOX, 8)),
    [0, 2, 8, 0, 8],
  );
});

test("the words name the two highest scores of the nearest window", () => {
  const windows = [
    [1.5, 10, 60, 5, 5, 15, 5],
    [3.5, 1, 2, 3, 70, 4, 20],
  ];
  assert.equal(wordsAt(windows, 2), "2.0 s: disgusted 60%, neutral 15%");
  assert.equal(wordsAt(windows, 2.6), "2.6 s: happy 70%, sad 20%");
  assert.equal(wordsAt([[1, 30, 70]], 1, ["calm", "keen"]), "1.0 s: keen 70%, calm 30%");
  assert.equal(wordsAt(windows, 2.5), "2.5 s: disgusted 60%, neutral 15%"); // the earlier one
});

test("without windows there is only the time", () => {
  assert.equal(wordsAt([], 1.26), "1.3 s");
});
