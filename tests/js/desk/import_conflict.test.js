// What differs between a label of a file and the stored one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { versions } from "../../../ser/ui/desk/scripts/import_conflict.js";

const EMOTIONS = { ANG: "Angry", DIS: "Disgusted" };
const LABEL = {
  ...{ id: "1", clip: "a", annotator: "Ann", emotion: "DIS", intensity: null, confidence: null, note: "" },
  ...{
    start_s: null,
    end_s: null,
    time: "2026-05-01T10:00:00.000Z",
    scores: null,
    checkpoint: null,
    final: false,
  },
};

/** The words of both versions that are marked, when the file has these fields instead. */
function marked(change, stored = LABEL) {
  const conflict = { name: "b.wav", stored_name: "a.wav", stored, file: { ...stored, ...change } };
  const both = versions(conflict, EMOTIONS);
  return [both.stored, both.file].map((parts) =>
    parts.filter(({ differs }) => differs).map(({ words }) => words),
  );
}

test("whatever differs is marked in both versions, also where one of them says nothing", () => {
  for (const [change, here, there] of [
    [{ annotator: "Bob" }, "by Ann", "by Bob"],
    [{ emotion: "ANG" }, "Disgusted", "Angry"],
    [{ final: true }, "Disgusted", "Final: Disgusted"],
    [{ intensity: 3 }, "no intensity", "strong"],
    [{ confidence: 1 }, "not said how sure", "a guess"],
    [{ start_s: 0.1, end_s: 0.25 }, "whole clip", "0.1 to 0.25 s"],
    [{ note: "loud" }, "no note", "“loud”"],
    [{ clip: "b" }, "for a.wav", "for b.wav"],
    [{ time: "2026-05-01T10:00:00.001Z" }, "2026-05-01 10:00:00.000 UTC", "2026-05-01 10:00:00.001 UTC"],
    [{ scores: { ANG: 0.25, DIS: 0.75 } }, "without scores of the network", "network: Disgusted 75.00%"],
    [{ checkpoint: "v2" }, "scored by no network", "scored by v2"],
  ])
    assert.deepEqual(marked(change), [[here], [there]]);
});

test("a file without times differs in the rest only, and times are exact where they differ", () => {
  assert.deepEqual(marked({ time: "", emotion: "ANG" }), [["Disgusted"], ["Angry"]]);
  const region = { ...LABEL, start_s: 0.1, end_s: 0.2 };
  assert.deepEqual(marked({ end_s: 0.2001 }, region), [["0.1 to 0.2 s"], ["0.1 to 0.2001 s"]]);
  assert.deepEqual(marked({ id: "2" }), [[], ["a second label with the same content"]]);
});
