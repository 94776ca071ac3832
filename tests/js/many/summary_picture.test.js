// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsIn } from "../../../ser/ui/many/scripts/summary_picture.js";

test("words are found where they stand", () => {
  assert.deepEqual(wordsIn("  not  sure\n2"), [
    { word: "not", start: 2 },
    { word: "sure", start: 7 },
    { word: "2", start: 12 },
  ]);
  assert.deepEqual(wordsIn(" \n"), []);
});
