// Arrow keys in the confusion matrix of the Results tab.
import assert from "node:assert/strict";
import { test } from "node:test";

import { cellBeside } from "../../ser/ui/results/cell_clips.js";

test("an arrow key moves by one cell", () => {
  assert.equal(cellBeside(0, "ArrowRight"), 1);
  assert.equal(cellBeside(0, "ArrowDown"), 6);
  assert.equal(cellBeside(35, "ArrowLeft"), 34);
  assert.equal(cellBeside(35, "ArrowUp"), 29);
});

test("it stays inside the matrix, and in its row", () => {
  assert.equal(cellBeside(0, "ArrowLeft"), 0);
  assert.equal(cellBeside(3, "ArrowUp"), 3);
  assert.equal(cellBeside(5, "ArrowRight"), 5);
  assert.equal(cellBeside(6, "ArrowLeft"), 6);
  assert.equal(cellBeside(33, "ArrowDown"), 33);
});

test("other keys do not move", () => {
  for (const key of ["a", "Enter", "PageDown", "toString"]) assert.equal(cellBeside(7, key), undefined);
});
