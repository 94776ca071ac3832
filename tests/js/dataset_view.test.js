// Filters, order and links of the Data set tab.
import assert from "node:assert/strict";
import { test } from "node:test";

import { columnsFor } from "../../ser/ui/dataset/columns.js";
import * as view from "../../ser/ui/dataset/view.js";
import { answer, row, rows } from "./helpers/clips.js";

const [ANGRY, SAD, NEUTRAL, HAPPY] = rows.map(({ clip }) => clip);
const columns = columnsFor(answer);
/** @param {Record<string, string>} filters */
const passing = (filters) => rows.filter(view.filterFor(filters)).map(({ clip }) => clip);
/** @param {string} order */
const inOrder = (order) => view.sorted(rows, order, columns).map(({ clip }) => clip);

test("without a filter every clip passes", () => {
  assert.equal(passing({}).length, 4);
  assert.equal(passing({ part: "all", q: "", emotion: "", score: "" }).length, 4);
});

test("choices are exact and combine", () => {
  assert.deepEqual(passing({ part: "test" }), [ANGRY, SAD]);
  assert.deepEqual(passing({ actor: "1003" }), [NEUTRAL, HAPPY]);
  assert.deepEqual(passing({ actor: "1003", emotion: "HAP" }), [HAPPY]);
  assert.deepEqual(passing({ part: "test", emotion: "HAP" }), []);
  assert.deepEqual(passing({ crowd: "tied" }), [SAD]);
  assert.deepEqual(passing({ right: "right" }), [ANGRY]);
});

test("every word of the search must occur, in any column and any case", () => {
  assert.deepEqual(passing({ q: " JACKET  1003 " }), [NEUTRAL]);
  assert.deepEqual(passing({ q: "jacket" }), [ANGRY, NEUTRAL]);
  assert.deepEqual(passing({ q: "jacket clock" }), []);
});

test("both ends of a range are in it, and either may be open", () => {
  assert.deepEqual(passing({ score: "50-60" }), [SAD]);
  assert.deepEqual(passing({ score: "-50" }), [SAD]);
  assert.deepEqual(passing({ score: "51-" }), [ANGRY, NEUTRAL, HAPPY]);
  assert.deepEqual(passing({ score: "-0" }), []);
});

test("a speaker whose age is not known passes no range of ages", () => {
  assert.deepEqual(passing({ age: "21-51" }), [ANGRY, SAD]);
  assert.deepEqual(passing({ age: "22-" }), [ANGRY]);
});

test("rows sort both ways, and ties by name whatever the direction", () => {
  assert.deepEqual(inOrder("clip"), [ANGRY, SAD, NEUTRAL, HAPPY]);
  assert.deepEqual(inOrder("-clip"), [HAPPY, NEUTRAL, SAD, ANGRY]);
  assert.deepEqual(inOrder("score"), [SAD, ANGRY, NEUTRAL, HAPPY]);
  assert.deepEqual(inOrder("-score"), [ANGRY, NEUTRAL, HAPPY, SAD]);
  assert.deepEqual(inOrder("emotion"), [ANGRY, HAPPY, NEUTRAL, SAD]);
  assert.deepEqual(inOrder("level"), [HAPPY, NEUTRAL, SAD, ANGRY]); // low, medium, high, not given
  assert.deepEqual(inOrder("part"), [NEUTRAL, HAPPY, ANGRY, SAD]);
});

test("sorting leaves the rows themselves in their order", () => {
  view.sorted(rows, "-clip", columns);
  assert.equal(rows[0].clip, ANGRY);
});

test("a link repeats what is set, and nothing else of the view", () => {
  const page = "http://127.0.0.1:7860/app/?__theme=dark&tab=results&emotion=SAD&q=old#top";
  const current = { part: "val", q: "a b", emotion: "", score: "-60", sort: "clip", clip: ANGRY };
  const link = view.linkTo(page, current);
  assert.equal(
    String(link),
    `http://127.0.0.1:7860/app/?__theme=dark&tab=dataset&part=val&q=a+b&score=-60&clip=${ANGRY}#top`,
  );
});

test("a view comes back from its link", () => {
  const current = { part: "all", q: "100% & more", says: "FEA", age: "18-", sort: "-score", clip: SAD };
  const { tab, ...restored } = view.viewIn(view.linkTo("http://localhost/", current));
  assert.equal(tab, "dataset");
  assert.deepEqual(restored, current);
});

test("the usual view needs no parameters", () => {
  assert.equal(String(view.linkTo("http://localhost/", view.DEFAULTS)), "http://localhost/?tab=dataset");
});

test("only filters count as filters, not the part, the order or the clip", () => {
  const current = { part: "val", sort: "score", clip: SAD, q: "sad", level: "HI" };
  assert.deepEqual(view.filtersIn(current), ["q", "level"]);
});

test("a range in a link is numbers, or nothing", () => {
  assert.deepEqual(view.endsOf("18-25"), ["18", "25"]);
  assert.deepEqual(view.endsOf("-60"), ["", "60"]);
  for (const text of ["a-b", "1-2-3", "1234-5", "18", "", undefined])
    assert.deepEqual(view.endsOf(text), ["", ""]);
});

test("an order that the table does not have is the usual one", () => {
  assert.equal(view.orderFrom("-score", columns), "-score");
  assert.equal(view.orderFrom("crowd", columns), "crowd");
  const without = columnsFor({ ...answer, sound: false, votes: null });
  for (const order of ["crowd", "play", "<b>", "", undefined])
    assert.equal(view.orderFrom(order, without), "clip");
  assert.equal(view.orderFrom("play", columns), "clip");
});

test("the summary counts clips and actors, and says what is optimistic", () => {
  assert.equal(
    view.summaryOf(rows),
    "4 clips by 3 actors · matches the acted emotion: network 25% (optimistic for training voices), crowd 33% (by most votes; a tie is a miss)",
  );
  assert.equal(
    view.summaryOf([row(ANGRY)]),
    "1 clip by 1 actor · matches the acted emotion: network 100%, crowd 100% (by most votes; a tie is a miss)",
  );
  assert.equal(view.summaryOf([]), "0 clips by 0 actors");
});

test("keys move through the list and stop at its ends", () => {
  assert.equal(view.indexAfter(3, 1, 10), 4);
  assert.equal(view.indexAfter(9, 1, 10), 9);
  assert.equal(view.indexAfter(4, -10, 10), 0);
  assert.equal(view.indexAfter(4, Infinity, 10), 9);
  assert.equal(view.indexAfter(4, -Infinity, 10), 0);
});

test("with no clip of the list open, a key opens the first, and End the last", () => {
  assert.equal(view.indexAfter(-1, 1, 10), 0);
  assert.equal(view.indexAfter(-1, -1, 10), 0);
  assert.equal(view.indexAfter(-1, Infinity, 10), 9);
  assert.equal(view.indexAfter(-1, 1, 0), -1);
  assert.equal(view.indexAfter(-1, Infinity, 0), -1);
});
