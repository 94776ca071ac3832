// The desk's queue of clips: what is new about them, which are drawn, and which comes next.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  byScores,
  finishedWords,
  firstToLabel,
  hintsOf,
  newRows,
  nextPlace,
  nothingShown,
  progressWords,
  rowOf,
  rowsInSight,
  scoreWords,
  scrollFor,
  takeChanges,
  takeLabels,
} from "../../../ser/ui/desk/scripts/queue_list.js";

const ROW = 34; // pixels
const NAMES = ["a.wav", "b.wav", "c.wav"];
const makeRows = () => newRows({ kind: "queue", names: NAMES, keys: NAMES.map((name) => `key of ${name}`) });

test("a row is found by its key and its kind", () => {
  const rows = makeRows();
  assert.equal(rowOf(rows, { kind: "queue", key: "key of a.wav" }), 0); // which is not null
  assert.equal(rowOf(rows, { kind: "queue", key: "key of c.wav" }), 2);
  assert.equal(rowOf(rows, { kind: "clip", key: "key of c.wav" }), null);
});

test("news counts clips that are scored for the first time", () => {
  const rows = makeRows();
  const first = takeChanges(rows, [
    [0, true, 0.9, 0.1, null, 63],
    [1, true, null, null, "cannot be decoded", null],
    [7, true, 0.5, 0.5, null, 63], // a take that the page does not have yet
  ]);
  assert.equal(first, 1);
  assert.deepEqual([rows[0].entropy, rows[0].margin, rows[0].known], [0.9, 0.1, true]);
  assert.equal(rows[1].trouble, "cannot be decoded");
  assert.equal(takeChanges(rows, [[0, true, 0.8, 0.2, null, 63]]), 0);
  assert.equal(takeChanges(rows, [[2, true, 0, 1, null, null]]), 1); // 0 is a score
});

test("blind, a row shows nothing of others and of the network before it has the annotator's own label", () => {
  const row = { ...makeRows()[0], entropy: 0.88, margin: 0.4, others: 2, differ: true };
  const view = { order: "entropy", show: "all" };
  assert.deepEqual(hintsOf(row, { view, blind: false }), { scores: true, others: true });
  assert.deepEqual(hintsOf(row, { view, blind: true }), { scores: false, others: false });
  const mine = { ...row, mine: "SAD" }; // the label stands where the uncertainty was
  assert.deepEqual(hintsOf(mine, { view, blind: true }), { scores: false, others: true });
  const strongest = { ...view, order: "intensity" };
  assert.deepEqual(hintsOf(mine, { view: strongest, blind: true }), { scores: false, others: true });
  const heard = { ...row, intensity: 63 };
  assert.deepEqual(hintsOf(heard, { view: strongest, blind: false }), { scores: true, others: true });
  assert.deepEqual(hintsOf(heard, { view: strongest, blind: true }), { scores: false, others: false });
  const given = { ...view, order: "given" };
  assert.deepEqual(hintsOf(row, { view: given, blind: false }), { scores: false, others: true });
});

test("a waiting change counts before what the server says about labels", () => {
  const rows = makeRows();
  takeLabels(
    rows,
    [
      [0, "ANG", 1, true, "DIS", ["flagged"]],
      [1, "SAD", 0, false, "", []],
      [9, "SAD", 0, false, "", []],
    ],
    [],
  );
  assert.deepEqual(rows[0], {
    ...makeRows()[0],
    mine: "ANG",
    others: 1,
    differ: true,
    final: "DIS",
    marks: ["flagged"],
  });
  const waiting = { label: { clip_key: "key of c.wav", emotion: "HAP" } };
  const final = { label: { clip_key: "key of b.wav", emotion: "HAP", final: true } }; // nobody's own
  takeLabels(rows, [[0, "DIS", 2, false, "", []]], [waiting, final]);
  assert.deepEqual(
    rows.map(({ mine, others, differ }) => [mine, others, differ]),
    [
      ["DIS", 2, false],
      ["", 0, false], // deleted meanwhile
      ["HAP", 0, false],
    ],
  );
});

test("new scores change the list only if it is ordered or filtered by them", () => {
  assert.ok(byScores({ order: "entropy", show: "all" }));
  assert.ok(byScores({ order: "margin", show: "unlabelled" }));
  assert.ok(byScores({ order: "name", show: "unsure" }));
  assert.ok(!byScores({ order: "given", show: "differ" }));
});

test("progress in words", () => {
  const progress = { busy: true, hashed: 10, scored: 0, all: 7442 };
  assert.equal(progressWords(progress), "reading the clips: 10 of 7,442");
  assert.equal(
    progressWords({ ...progress, hashed: 7442, scored: 1000 }),
    "scored by the network: 1,000 of 7,442",
  );
  assert.equal(progressWords({ ...progress, busy: false }), "");
});

test("how unsure the network is, in the measure of the order", () => {
  const row = { ...makeRows()[0], entropy: 0.876, margin: 0.024 };
  assert.equal(scoreWords(row, "entropy")[1], "88% unsure");
  assert.equal(scoreWords(row, "given")[1], "88% unsure"); // with the filter "network unsure"
  assert.equal(scoreWords(row, "margin")[1], "2% apart");
  assert.equal(scoreWords({ ...row, intensity: 63 }, "intensity")[1], "63 of 100");
});

test("an empty list says why, but not before it is loaded", () => {
  assert.equal(nothingShown({ loaded: false, count: 0, source: "folder" }), "");
  assert.equal(nothingShown({ loaded: true, count: 3, source: "folder" }), "No matching clips.");
  assert.match(nothingShown({ loaded: true, count: 0, source: "sitting" }), /Record tab/);
  assert.match(nothingShown({ loaded: true, count: 0, source: "folder" }), /no sound files/);
});

test("only the rows in sight are drawn, and ten on either side", () => {
  const list = (scrollTop, clientHeight = 10 * ROW) => ({ scrollTop, clientHeight });
  assert.deepEqual(rowsInSight(list(0), 7442), [0, 20]);
  assert.deepEqual(rowsInSight(list(100 * ROW), 7442), [90, 120]);
  assert.deepEqual(rowsInSight(list(100 * ROW + 1), 7442), [90, 121]);
  assert.deepEqual(rowsInSight(list(7432 * ROW), 7442), [7422, 7442]);
  assert.deepEqual(rowsInSight(list(0), 3), [0, 3]);
  assert.deepEqual(rowsInSight(list(0, 0), 0), [0, 0]);
});

test("the list scrolls no farther than needed", () => {
  const list = { scrollTop: 10 * ROW, clientHeight: 5 * ROW };
  assert.equal(scrollFor(list, 12), 10 * ROW);
  assert.equal(scrollFor(list, 10), 10 * ROW);
  assert.equal(scrollFor(list, 14), 10 * ROW);
  assert.equal(scrollFor(list, 15), 11 * ROW);
  assert.equal(scrollFor(list, 9), 9 * ROW);
  assert.equal(scrollFor(list, 0), 0);
});

test("steps stay in the list, and begin at its top", () => {
  assert.equal(nextPlace(3, 1, 5), 4);
  assert.equal(nextPlace(4, 1, 5), 4);
  assert.equal(nextPlace(0, -1, 5), 0);
  assert.equal(nextPlace(2, 10, 5), 4);
  assert.equal(nextPlace(2, -10, 5), 0);
  assert.equal(nextPlace(-1, 1, 5), 0);
  assert.equal(nextPlace(-1, 10, 5), 0);
  assert.equal(nextPlace(-1, Infinity, 5), 4);
  assert.equal(nextPlace(2, -Infinity, 5), 0);
});

test("work begins with the first clip that can be labelled and is not", () => {
  const rows = makeRows();
  assert.equal(firstToLabel(rows), null); // the server has not read it: it may be labelled
  for (const row of rows) row.known = true;
  assert.equal(firstToLabel(rows), 0);
  rows[0].mine = "ANG";
  rows[1].trouble = "b.wav cannot be read";
  assert.equal(firstToLabel(rows), 2);
  rows[2].mine = "SAD";
  assert.equal(firstToLabel(rows), 0); // all are labelled
  assert.equal(firstToLabel([]), 0);
});

test("the desk says when nothing is left to do, how many were skipped, and when all have a final label", () => {
  const labelled = { mine: "SAD", final: "", marks: [] };
  const skipped = { mine: "", final: "ANG", marks: ["skipped"] };
  assert.equal(finishedWords([], false), "");
  assert.equal(finishedWords([labelled, { ...labelled, mine: "" }], false), "");
  assert.equal(finishedWords([labelled, labelled], false), "All 2 done:");
  assert.equal(finishedWords([labelled, skipped, skipped], false), "All 3 done, 2 of them skipped:");
  assert.equal(finishedWords([labelled, skipped], true), "");
  assert.equal(finishedWords([skipped, skipped], true), "All 2 have a final label:");
});
