// Labels of the desk in words, how changes alter them, and what can be learned from them.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  curvePoints,
  curveRange,
  curveWords,
  measuredWords,
  movedWords,
  readyWords,
  roomWords,
} from "../../../ser/ui/desk/learning/words.js";
import { adaptationCookie } from "../../../ser/ui/page/remembered.js";
import { tierWords, unknownWords } from "../../../ser/ui/desk/scripts/import_form.js";
import { fromBase64, importWords, toBase64 } from "../../../ser/ui/desk/scripts/label_files.js";
import {
  clock,
  describe,
  factWords,
  keptLabel,
  keyWords,
  newId,
  nextGrade,
  ownEmotion,
  ownFirst,
  plural,
  sameSpan,
  seconds,
  withChange,
  withSaved,
} from "../../../ser/ui/desk/scripts/label.js";

const EMOTIONS = { ANG: "Angry", SAD: "Sad" };
const label = (fields) => ({
  id: "1",
  annotator: "Ann",
  emotion: "ANG",
  intensity: null,
  confidence: null,
  start_s: null,
  end_s: null,
  note: "",
  revision: 0,
  ...fields,
});
const span = (start_s, end_s) => ({ start_s, end_s });

test("two labels have the same span if both are of the whole clip, or within half a millisecond", () => {
  assert.ok(sameSpan(span(null, null), span(null, null)));
  assert.ok(sameSpan(span(0.1, 1.5), span(0.1 + 0.2 - 0.2, 1.5)));
  assert.ok(sameSpan(span(0.1, 1.5), span(0.1004, 1.4996)));
  assert.ok(!sameSpan(span(0.1, 1.5), span(0.1006, 1.5)));
  assert.ok(!sameSpan(span(0.1, 1.5), span(0.1, 1.5006)));
  assert.ok(!sameSpan(span(null, null), span(0, 0)));
  assert.ok(!sameSpan(span(0, 3), span(null, null)));
});

test("the clock has the date only for other days", () => {
  const now = new Date(2026, 10, 28, 23, 59);
  const at = (...time) => clock(new Date(2026, ...time).toISOString(), now, "en-GB");
  assert.equal(at(10, 28, 9, 5), "09:05");
  assert.equal(at(10, 28, 0, 0), "00:00");
  assert.match(at(10, 27, 23, 59), /^27 Nov\D+23:59$/);
  assert.match(clock(new Date(2025, 10, 28, 9, 5).toISOString(), now, "en-GB"), /^28 Nov\D+09:05$/);
  assert.equal(clock("not a time", now), "");
  assert.equal(clock("", now), "");
});

test("a label in words leaves out what was not given", () => {
  assert.equal(describe(label({}), EMOTIONS), "Angry");
  assert.equal(
    describe(label({ intensity: 1, confidence: 3, start_s: 0.1, end_s: 1.5, note: "a cough" }), EMOTIONS),
    "Angry, weak, certain, 0.10 to 1.50 s, “a cough”",
  );
  assert.equal(describe(label({ confidence: 1 }), EMOTIONS), "Angry, a guess");
  assert.equal(describe(label({ start_s: 0, end_s: 2 }), EMOTIONS), "Angry, 0.00 to 2.00 s"); // 0 is a time
  assert.equal(describe(label({ emotion: "NEW" }), EMOTIONS), "NEW");
});

test("counts and seconds", () => {
  assert.equal(plural(1, "label"), "1 label");
  assert.equal(plural(0, "label"), "0 labels");
  assert.equal(plural(7442, "clip"), "7,442 clips");
  assert.equal(seconds(0, 1.005), "0.00 to 1.00 s");
});

test("a key goes through the grades and back to none", () => {
  assert.deepEqual([undefined, null, 1, 2, 3].map(nextGrade), [1, 1, 2, 3, null]);
});

test("ids are 32 hexadecimal digits, each another", () => {
  const ids = Array.from({ length: 100 }, newId);
  assert.ok(ids.every((id) => /^[0-9a-f]{32}$/.test(id)));
  assert.equal(new Set(ids).size, 100);
});

test("a change is shown before it is saved", () => {
  const [one, two] = [label({ id: "1" }), label({ id: "2" })];
  const changed = label({ id: "1", emotion: "SAD" });
  const write = (given) => ({ kind: "write", label: given });
  assert.deepEqual(withChange([one, two], write(changed)), [{ ...changed, state: "waiting" }, two]);
  assert.deepEqual(withChange([two], write(one)), [two, { ...one, state: "waiting" }]);
  assert.deepEqual(withChange([one, two], { kind: "delete", label: one }), [two]);
  assert.deepEqual(withChange([two], { kind: "delete", label: one }), [two]);
  assert.equal(one.state, undefined); // what was given is as it was
});

test("once it is saved it has the server's revision, and its content unless a later change waits", () => {
  const shown = label({ emotion: "SAD", state: "waiting" });
  const saved = label({ emotion: "ANG", revision: 4 });
  assert.deepEqual(withSaved([shown], saved, { id: "1", later: false }), [{ ...saved, state: "saved" }]);
  assert.deepEqual(withSaved([shown], saved, { id: "1", later: true }), [{ ...shown, revision: 4 }]);
  assert.deepEqual(withSaved([shown], saved, { id: "2", later: false }), [shown]);
  const elsewhere = label({ id: "9", revision: 4 }); // the server knows it by another id
  assert.deepEqual(withSaved([shown], elsewhere, { id: "1", later: false }), [
    { ...elsewhere, state: "saved" },
  ]);
});

test("keeping one's version of a conflict changes what is stored now", () => {
  const wanted = label({ emotion: "SAD", revision: 2 });
  const stored = label({ id: "9", revision: 5 });
  assert.deepEqual(keptLabel("write", { wanted, stored }), { ...wanted, id: "9", revision: 5 });
  assert.deepEqual(keptLabel("delete", { wanted, stored }), stored);
  const again = keptLabel("write", { wanted, stored: null }); // deleted elsewhere: a new label
  assert.notEqual(again.id, "1");
  assert.deepEqual([again.revision, again.emotion], [0, "SAD"]);
});

test("the list shows the emotion of the whole clip, or else of a region", () => {
  const whole = label({ emotion: "SAD" });
  const region = label({ emotion: "ANG", start_s: 0, end_s: 1 });
  const bobs = label({ annotator: "Bob", emotion: "HAP" });
  assert.equal(ownEmotion([bobs, region, whole], "Ann"), "SAD");
  assert.equal(ownEmotion([bobs, region], "Ann"), "ANG");
  assert.equal(ownEmotion([bobs], "Ann"), undefined);
});

test("one's own labels come first, then by time, and new ones last among them", () => {
  const given = [
    label({ id: "bob late", annotator: "Bob", time: "2026-11-28T10:00" }),
    label({ id: "new" }),
    label({ id: "ann", time: "2026-11-28T11:00" }),
    label({ id: "cem early", annotator: "Cem", time: "2026-11-28T09:00" }),
  ];
  const ids = ownFirst(given, "Ann").map(({ id }) => id);
  assert.deepEqual(ids, ["ann", "new", "cem early", "bob late"]);
  assert.equal(given[0].id, "bob late"); // the list itself stays
});

test("files survive base64, also those larger than a call can take", () => {
  const bytes = Uint8Array.from({ length: 100_003 }, (_, i) => (i * 31) % 256);
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  assert.equal(toBase64(new TextEncoder().encode("é")), "w6k=");
  assert.equal(toBase64(new Uint8Array()), "");
});

test("what an import did", () => {
  assert.equal(importWords({ new: 1, replaced: 0, same: 0 }), "1 label imported.");
  assert.equal(
    importWords({ new: 1200, replaced: 2, same: 3 }),
    "1,200 labels imported, 2 replaced, 3 already here.",
  );
});

test("an import names what it left out", () => {
  const counts = {
    new: 2,
    replaced: 0,
    same: 0,
    left_out: ["12 texts of the tier 'words'", "1 column 'split'"],
  };
  assert.equal(
    importWords(counts),
    "2 labels imported. Left out: 12 texts of the tier 'words', 1 column 'split'.",
  );
});

test("a tier is described by how many of its texts are emotions", () => {
  assert.equal(tierWords({ texts: 12, emotions: 12 }), "12 texts, all emotions");
  assert.equal(tierWords({ texts: 40, emotions: 1 }), "40 texts, 1 emotion");
  assert.equal(tierWords({ texts: 1, emotions: 0 }), "1 text, no emotion");
});

test("only words of chosen tiers are asked about, the most frequent first", () => {
  const words = [
    { word: "joy", counts: { emotion: 2, words: 1 } },
    { word: "hello", counts: { words: 9 } },
    { word: "surprise", counts: { emotion: 5 } },
  ];
  const asked = unknownWords(words, ["emotion"]).map(({ word, count }) => [word, count]);
  assert.deepEqual(asked, [
    ["surprise", 5],
    ["joy", 2],
  ]);
  assert.deepEqual(unknownWords([{ word: "joy", counts: { "": 3 } }], []), [{ word: "joy", count: 3 }]);
});

test("what is known of a clip is said, but not the acted emotion before it is labelled", () => {
  assert.equal(factWords(null), "");
  assert.equal(factWords({ speaker: null, acted: null, hides_acted: false }), "");
  assert.equal(
    factWords({ speaker: "03", acted: null, hides_acted: true }),
    "Speaker 03, acted emotion hidden until you label.",
  );
  assert.equal(factWords({ speaker: null, acted: "anger", hides_acted: false }), "Acted emotion: anger.");
  const named = { name: "1001_IOM_FEA_XX", speaker: "1001", acted: "fear", hides_acted: false };
  assert.equal(factWords(named), "Clip 1001_IOM_FEA_XX, speaker 1001, acted emotion: fear.");
});

// ---- learning from labels

test("what is missing is said until there are enough labels", () => {
  const missing = "9 more labels are needed, one of another emotion.";
  assert.match(readyWords({ labels: 0, emotions: 0, missing }), /^The network can learn .* 9 more labels/);
  assert.equal(
    readyWords({ labels: 3, emotions: 1, missing }),
    "3 labels of 1 emotion so far. To learn from them, 9 more labels are needed, one of another emotion.",
  );
  assert.match(readyWords({ labels: 12, emotions: 2, missing: "" }), /from 12 labels of 2 emotions/);
});

test("figures within one speaker are said to flatter", () => {
  const rows = /** @type {any} */ ([{}]);
  assert.match(
    measuredWords({ clips: 20, speakers: 0, by_speaker: false, rows }),
    /all are of one speaker, .* flatter/,
  );
  assert.match(
    measuredWords({ clips: 20, speakers: 4, by_speaker: true, rows }),
    /of 4 speakers, .* of its speaker\.$/,
  );
  assert.equal(measuredWords({ clips: 0, speakers: 0, by_speaker: false, rows: [] }), "");
});

const point = (labels, uar) => ({ labels, uar });

test("the curve says whether more labels are worth the work", () => {
  assert.match(
    curveWords([point(8, 0.5), point(16, 0.6)]),
    /^More labels are likely to help: .* 0\.50 with 8 to 0\.60 with 16/,
  );
  assert.match(
    curveWords([point(8, 0.4), point(16, 0.6), point(30, 0.61)]),
    /help little: .* 0\.60 with 16 to 0\.61 with 30/,
  );
  assert.match(curveWords([point(8, 0.6), point(16, 0.5)]), /help little/);
  assert.equal(curveWords([point(12, 0.5)]), "");
  assert.equal(curveWords([]), "");
});

test("the curve is drawn in whole tenths, with labels on a logarithmic scale", () => {
  assert.deepEqual(curveRange([point(8, 0.31), point(16, 0.62)]), { low: 0.3, high: 0.7 });
  for (const uars of [
    [0.5, 0.5],
    [0, 0],
    [1, 1],
  ]) {
    const { low, high } = curveRange(uars.map((uar, i) => point(i + 1, uar)));
    assert.ok(low >= 0 && high <= 1 && high > low, `${low} ${high}`);
    assert.ok(low <= uars[0] && uars[0] <= high);
  }
  const points = curvePoints([point(8, 0.3), point(16, 0.5), point(32, 0.7)], { low: 0.3, high: 0.7 });
  assert.deepEqual(
    points.map(({ x, y }) => [Math.round(x), Math.round(y)]),
    [
      [0, 100],
      [50, 50],
      [100, 0],
    ],
  );
});

test("a browser uses an adaptation until it is closed, or until it stops", () => {
  assert.equal(adaptationCookie("ab12", "/x"), "emotion-listener-adaptation=ab12; path=/x; samesite=strict");
  assert.match(adaptationCookie("", "/"), /=; path=\/; max-age=0;/);
});

test("a room is offered with its recordings, and what moved is counted", () => {
  assert.match(roomWords(12), /^12 recordings of the same kind: .* before you use it\.$/);
  const before = { ANG: 5, NEU: 2, SAD: 1 };
  assert.equal(
    movedWords({ before, after: before }),
    "As many of the 8 recordings sound like each emotion as before.",
  );
  const after = { ANG: 1, NEU: 5, SAD: 2 };
  assert.equal(movedWords({ before, after }), "At least 4 of 8 recordings now sound like another emotion.");
});

test("the keys of labels are said as a row where they are one", () => {
  assert.equal(keyWords({ ANG: "1", SAD: "2", OTH: "3" }), "press 1 to 3");
  assert.equal(keyWords({ ANG: "1", SAD: "3" }), "press a label's key");
  assert.equal(keyWords({ ANG: "1", SAD: "q" }), "press a label's key");
});
