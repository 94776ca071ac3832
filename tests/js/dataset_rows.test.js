// The rows of the Data set tab, unpacked from the columns that the server sends.
import assert from "node:assert/strict";
import { test } from "node:test";

import { columnsFor } from "../../ser/ui/dataset/columns.js";
import { factsOf } from "../../ser/ui/dataset/clip_facts.js";
import { percent, unpack } from "../../ser/ui/dataset/rows.js";
import { answer, row, rows, words } from "./helpers/clips.js";

test("a clip's name says its actor, sentence, emotion and level", () => {
  const { actor, sentence, emotion, level } = row("1001_DFA_ANG_XX");
  assert.deepEqual([actor, sentence, emotion, level], ["1001", "DFA", "ANG", "XX"]);
});

test("of another corpus, the names of clips may say nothing", () => {
  /** @type {[string, string, string, string][]} */
  const names = [["12", "01", "FEA", "XX"]];
  const [other] = unpack({
    ...answer,
    clips: ["03-01-06-01-01-01-12"],
    parts: [2],
    votes: null,
    names,
    twins: {},
  });
  assert.deepEqual(
    [other.clip, other.actor, other.sentence, other.emotion],
    ["03-01-06-01-01-01-12", "12", "01", "FEA"],
  );
  assert.equal(other.right, "wrong");
});

test("each clip gets its own six scores, and the network says the highest", () => {
  assert.deepEqual(row("1001_DFA_ANG_XX").scores, [0.9, 0.02, 0.02, 0.02, 0.02, 0.02]);
  assert.equal(row("1001_DFA_ANG_XX").says, "ANG");
  assert.equal(row("1001_DFA_ANG_XX").right, "right");
  assert.equal(row("1002_IEO_SAD_HI").says, "NEU");
  assert.equal(row("1002_IEO_SAD_HI").score, 0.5);
  assert.equal(row("1002_IEO_SAD_HI").right, "wrong");
});

test("the crowd agrees, is undecided, or hears something else", () => {
  assert.deepEqual(
    rows.map(({ crowd, voteCount }) => [crowd, voteCount]),
    [
      ["agrees", 10],
      ["tied", 8],
      ["differs", 9],
      [undefined, 0],
    ],
  );
  assert.deepEqual(row("1002_IEO_SAD_HI").heard, ["NEU", "SAD"]);
  assert.deepEqual(row("1003_TIE_HAP_LO").heard, []);
  assert.equal(row("1003_TIE_HAP_LO").votes, undefined);
});

test("a speaker who is not known has no age and no sex", () => {
  assert.equal(row("1001_DFA_ANG_XX").age, 51);
  assert.equal(row("1003_TIE_HAP_LO").age, undefined);
});

test("the search looks at words for codes, training and twins, in lower case", () => {
  assert.match(
    row("1001_DFA_ANG_XX").text,
    /^1001_dfa_ang_xx don't forget a jacket angry level not given test/,
  );
  assert.match(row("1003_DFA_NEU_MD").text, /heard in training identical twin$/);
  assert.doesNotMatch(row("1002_IEO_SAD_HI").text, /heard in training|twin/);
});

test("a share that is small and not nothing is not called 0%", () => {
  assert.deepEqual([0, 0.001, 0.0049, 0.005, 0.124, 0.999, 1].map(percent), [
    ...["0%", "<1%", "<1%", "1%", "12%", "100%", "100%"],
  ]);
});

test("columns for playing and for the crowd need the data set, the intensity a network that estimates it", () => {
  const keys = (/** @type {object} */ changes) => columnsFor({ ...answer, ...changes }).map(({ key }) => key);
  assert.deepEqual(keys({}).slice(0, 2), ["play", "clip"]);
  assert.ok(keys({}).includes("crowd"));
  assert.ok(keys({ ratings: null }).includes("intensity"));
  assert.deepEqual(keys({ sound: false, votes: null, ratings: null, intensity: null }), [
    ...["clip", "emotion", "says", "score", "part", "actor", "sentence", "level"],
  ]);
});

test("the facts name level, speaker and crowd only where they are known", () => {
  assert.deepEqual(factsOf(row("1001_DFA_ANG_XX"), words), [
    ["Acted", "Angry"],
    ["Speaker", "actor 1001, male, 51 years"],
    ["Part", "Test"],
    ["Intensity", "network 71, crowd 64 of 100"],
    ["Crowd", "10 people who heard only the voice: as acted"],
  ]);
  assert.deepEqual(factsOf(row("1003_DFA_NEU_MD"), words), [
    ["Acted", "Neutral, level medium"],
    ["Speaker", "actor 1003"],
    ["Part", "Training"],
    ["Intensity", "network 40, crowd 49 of 100"],
    ["Crowd", "9 people who heard only the voice: as disgusted"],
  ]);
  assert.deepEqual(factsOf(row("1003_TIE_HAP_LO"), words).slice(2), [
    ["Part", "Training"],
    ["Intensity", "network 55 of 100"],
  ]);
});
