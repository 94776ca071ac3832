// The table of many files: order, filter, counts, groups, and what is saved.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { sounds } from "../../../ser/ui/many/scripts/choosing.js";
import { byFolder, byHour, bySpeaker } from "../../../ser/ui/many/scripts/groups.js";
import { filtered, kindOf, sorted } from "../../../ser/ui/many/scripts/rows.js";
import { plain, shielded, toCsv, toJson } from "../../../ser/ui/many/scripts/saving.js";
import { partsOf, wordsOf } from "../../../ser/ui/many/scripts/summary.js";
import { lengthOf, percent } from "../../../ser/ui/many/scripts/table.js";
import { answer, row, SIX, unscored } from "./rows.js";

const LABELS = SIX.map(({ code }) => code);
const ROWS = [
  row("b/10.wav", 0, { scored: answer("SAD", 0.6, { verdict: "leaning", duration_s: 9 }) }),
  row("a/2.wav", 1, { scored: answer("HAP", 0.9, { intensity: 80 }) }),
  row("a/1.wav", 2, { scored: answer("ANG", 0.3, { verdict: "unsure" }) }),
  row("a/broken.wav", 3, { scored: unscored("It is damaged: copy it again.") }),
  row("a/silent.wav", 4, { scored: answer("NEU", 0.5, { verdict: "no_voice", intensity: null }) }),
  row("later.wav", 5),
];
const names = (rows) => rows.map(({ name }) => name.replace(".wav", ""));

test("rows are sorted by every column, and those without a value stand last", () => {
  const order = (key) => names(sorted(ROWS, key, SIX));
  assert.deepEqual(order("order"), ["10", "2", "1", "broken", "silent", "later"]);
  assert.deepEqual(order("name"), ["1", "2", "broken", "silent", "10", "later"]);
  assert.deepEqual(order("emotion"), ["2", "10", "1", "silent", "broken", "later"]);
  assert.deepEqual(order("-score"), ["2", "10", "1", "broken", "silent", "later"]);
  assert.deepEqual(order("score").slice(0, 3), ["1", "10", "2"]);
  assert.deepEqual(order("-intensity").slice(0, 1), ["2"]);
  assert.deepEqual(order("-length").slice(0, 1), ["10"]);
});

test("a filter finds words of the path in any order, and files of a kind", () => {
  const shown = (text, kind = "") => names(filtered(ROWS, { text, kind }, SIX));
  assert.deepEqual(shown("WAV a/"), ["2", "1", "broken", "silent"]);
  assert.deepEqual(shown("", "SAD"), ["10"]);
  assert.deepEqual(shown("", "unsure"), ["1"]);
  assert.deepEqual(shown("", "no_voice"), ["silent"]);
  assert.deepEqual(shown("", "failed"), ["broken"]);
  assert.deepEqual(shown("later", "failed"), []);
});

test("emotions of an adaptation take the place of the six", () => {
  const own = [
    { code: "calm", name: "Calm", colour: "blue" },
    { code: "bored", name: "Bored", colour: "grey" },
  ];
  const adaptation = { name: "office", scores: { calm: 0.3, bored: 0.7 }, top: "bored", verdict: "sure" };
  const adapted = row("a.wav", 0, { scored: answer("HAP", 0.9, { adaptation }) });
  assert.equal(kindOf(adapted, own), "bored");
  assert.equal(kindOf(adapted, SIX), "HAP");
  const [head, line] = toCsv([adapted], own, LABELS).split("\r\n");
  assert.ok(head.includes("verdict,calm,bored,six_ANG,"));
  assert.ok(line.startsWith("a.wav,2.5,bored,sure,0.3,0.7,"));
});

test("counts are those of the verdicts, in words too", () => {
  const parts = partsOf(ROWS, SIX);
  const counts = Object.fromEntries(parts.filter(({ n }) => n).map(({ kind, n }) => [kind, n]));
  assert.deepEqual(counts, { HAP: 1, SAD: 1, unsure: 1, no_voice: 1, failed: 1 });
  assert.equal(wordsOf(partsOf(ROWS.slice(0, 2), SIX)), "2 files: 1 hap, 1 sad");
  assert.equal(wordsOf(partsOf([], SIX)), "0 files");
});

test("folders are groups if there are two, speakers only where names begin with them", () => {
  const files = (...paths) => paths.map((path, i) => row(path, i));
  assert.deepEqual([...byFolder(files("b/1.wav", "a/2.wav", "3.wav")).keys()], ["", "a", "b"]);
  assert.equal(byFolder(files("a/1.wav", "a/2.wav")), null);
  const clips = (...begin) => begin.flatMap((name) => [1, 2, 3].map((i) => row(`${name}_DFA_${i}.wav`, i)));
  assert.deepEqual([...bySpeaker(clips("1002", "1001")).keys()], ["1001", "1002"]);
  assert.equal(bySpeaker(clips("recording")), null);
  assert.equal(bySpeaker([...clips("recording"), row("broken-1.wav", 9)]), null);
  assert.equal(bySpeaker(clips("20261128", "20261129")), null, "dates");
  assert.equal(bySpeaker(files("one.wav", "two.wav", "three.wav")), null);
});

test("times of day come from the names, else from dates that are spread over hours", () => {
  const named = ["2026-11-28_09-05-33", "20261128T140533", "2026.11.28 23.59"].map((name, i) =>
    row(`rec ${name}.wav`, i),
  );
  const { hours, from } = byHour(named);
  assert.equal(from, "names");
  assert.deepEqual(
    hours.flatMap(({ length }, hour) => Array(length).fill(hour)),
    [9, 14, 23],
  );
  const at = (hour) => row("a.wav", 0, { modified: new Date(2026, 10, 28, hour, 5).getTime() });
  assert.equal(byHour([8, 8, 12, 17].map(at)).from, "dates");
  assert.equal(byHour([8, 8, 8, 9].map(at)), null, "copied at once");
});

test("only sounds of a folder are taken, and hidden files are not even counted", () => {
  const at = (path) => ({ path, file: null });
  const files = ["d/a.WAV", "d/notes.txt", "d/.hidden.wav", "d/.git/b.wav", "d.wav/c", "d/e.flac"].map(at);
  const { chosen, leftOut } = sounds(files, new Set([".wav", ".flac"]));
  assert.deepEqual(
    chosen.map(({ path }) => path),
    ["d/a.WAV", "d/e.flac"],
  );
  assert.equal(leftOut, 2);
});

test("cells are as safe as those that Python writes", () => {
  const cases = JSON.parse(readFileSync(new URL("cells.json", import.meta.url), "utf8"));
  assert.ok(cases.length > 10);
  for (const [text, safe] of cases) assert.equal(shielded(plain(text)), safe, JSON.stringify(text));
});

test("the CSV has a line for each answer, and JSON the whole of it", () => {
  const hostile = row('=cmd|"x",1.wav', 0, { scored: unscored("No.\nNot that.") });
  const lines = toCsv([hostile, ROWS[1], ROWS[5]], SIX, LABELS).split("\r\n");
  assert.equal(lines[0], "\ufefffile,duration_s,top,verdict,ANG,DIS,FEA,HAP,NEU,SAD,intensity,warning,error");
  assert.equal(lines[1], `"'=cmd|""x"",1.wav",,,,,,,,,,,,No.\ufffdNot that.`);
  assert.ok(lines[2].startsWith("a/2.wav,2.5,HAP,sure,0.0"));
  assert.equal(lines.length, 4);
  const saved = JSON.parse(toJson([hostile, ROWS[1], ROWS[5]]));
  assert.deepEqual(
    saved.map(({ file, error }) => [file, error]),
    [
      ['=cmd|"x",1.wav', "No.\nNot that."],
      ["a/2.wav", null],
    ],
  );
  assert.equal(saved[1].scores.HAP, 0.9);
});

test("percentages and lengths read as on the rest of the page", () => {
  assert.deepEqual([0, 0.002, 0.623, 1].map(percent), ["0%", "<1%", "62%", "100%"]);
  assert.deepEqual([null, 2.34, 65, 600].map(lengthOf), ["", "2.3 s", "1:05", "10:00"]);
});
