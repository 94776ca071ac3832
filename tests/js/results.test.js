// Arrow keys in the confusion matrix of the Results tab, and in the tour.
import assert from "node:assert/strict";
import { test } from "node:test";

import { cellBeside } from "../../ser/ui/results/cell_clips.js";
import { STEPS, stepAfter, stepsFor } from "../../ser/ui/tour/steps.js";

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

test("the tour stays between its first step and its last, and knows the keys of a remote control", () => {
  assert.equal(stepAfter(0, "ArrowRight", 8), 1);
  assert.equal(stepAfter(1, "PageUp", 8), 0);
  assert.equal(stepAfter(0, "ArrowLeft", 8), 0);
  assert.equal(stepAfter(7, "PageDown", 8), 7);
  assert.equal(stepAfter(3, "End", 8), 7);
  assert.equal(stepAfter(3, "x", 8), undefined);
  assert.equal(stepAfter(3, "toString", 8), undefined);
});

test("without a data set the tour leaves out what needs it", () => {
  const without = stepsFor(() => false);
  assert.equal(without.length, STEPS.length - 1);
  assert.ok(!without.some(({ needs }) => needs));
  assert.deepEqual(
    stepsFor(() => true),
    STEPS,
  );
});
