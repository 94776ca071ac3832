// The numbers and sentences of the Agreement section.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  decimal,
  differNotes,
  lead,
  percent,
  placeOnScale,
  separator,
  undefinedWords,
} from "../../ser/ui/desk/scripts/agreement/agreement_words.js";

/** The sentence as it is read. */
function sentence(answer) {
  const { before, names, after } = lead({ clips: 0, labels: 0, regions: 0, ...answer });
  return [before, ...names.flatMap((name, i) => [separator(i, names.length), name]), after].join("");
}

test("numbers have a true minus, and no minus zero", () => {
  assert.equal(percent(0.666), "67%");
  assert.equal(decimal(0.8), "0.80");
  assert.equal(decimal(-0.25), "−0.25");
  assert.equal(decimal(-0.001), "0.00");
  assert.equal(decimal(0), "0.00");
});

test("an interval says how many resamples it leaves out", () => {
  assert.equal(undefinedWords(0), "");
  assert.equal(undefinedWords(368), ", without 368 of 1,000 resamples, for which it is undefined");
});

test("a figure stays on its line", () => {
  assert.deepEqual([-0.5, 0, 0.25, 1, 1.2].map(placeOnScale), ["0%", "0%", "25%", "100%", "100%"]);
});

test("the sentence says what is missing", () => {
  assert.match(
    sentence({ annotators: [] }),
    /^Nobody has labelled a whole clip yet\. Agreement needs two people/,
  );
  assert.match(
    sentence({ annotators: [], regions: 1 }),
    /yet\. Only labels of whole clips count here, not the 1 label of a region\. Agreement/,
  );
  assert.match(sentence({ annotators: ["Ann"] }), /^Only Ann has labelled so far: let a second person/);
  assert.match(
    sentence({ annotators: ["Ann", "Bob"] }),
    /^Ann and Bob have no clips in common yet: .*else has labelled\.$/,
  );
});

test("the sentence counts clips and labels", () => {
  const annotators = ["Ann", "Bob", "Cem"];
  assert.equal(
    sentence({ annotators, clips: 10, labels: 1020, regions: 2 }),
    "Ann, Bob and Cem: 10 clips with two labels or more, 1,020 labels in all. Only labels of whole clips count here, not the 2 labels of regions.",
  );
  assert.equal(
    sentence({ annotators: ["Ann", "Bob"], clips: 1, labels: 2 }),
    "Ann and Bob: 1 clip with two labels or more, 2 labels in all. That is too few to conclude much.",
  );
});

test("notes above the clips that annotators differ on", () => {
  const notes = (fields) => differNotes({ differing: 0, hidden: 0, more: 0, ...fields });
  assert.equal(notes({}), "None: all labels of the same clip agree.");
  assert.equal(notes({ differing: 3 }), "Least agreement first.");
  assert.equal(notes({ differing: 1, hidden: 1 }), "1 clip is hidden until you label it, to avoid bias.");
  assert.equal(notes({ differing: 3, hidden: 2 }), "2 clips are hidden until you label them, to avoid bias.");
  assert.match(
    notes({ differing: 300, more: 100 }),
    /^Least agreement first\. 100 more clips are not listed: python -m ser/,
  );
});
