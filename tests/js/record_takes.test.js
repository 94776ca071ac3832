// Which take is the newest, what the person is asked to act, the rules of the side panel, and what
// is taken along.
import assert from "node:assert/strict";
import test from "node:test";
import { emotionNow } from "../../ser/ui/record/scripts/my_voice.js";
import { isOutOfView } from "../../ser/ui/record/scripts/in_view.js";
import { clearedByPerson, recorder, setBegin, takeAfter } from "../../ser/ui/record/scripts/newest_take.js";
import { englishIn, timeOf } from "../../ser/ui/page/language.js";
import { choiceWords, choose, deletionWords, goneFrom, isPair, privacy } from "../../ser/ui/takes/choice.js";
import { linesOf } from "../../ser/ui/parts/result_picture.js";
import { zoomsFor } from "../../ser/ui/parts/stage.js";
import { addressOf, fileName } from "../../ser/ui/parts/take_along.js";
import { whySilent } from "../../ser/ui/takes/shared.js";

test("every take has the next number, and only the microphone counts as spoken", () => {
  const first = takeAfter(undefined, "microphone", "ANG");
  assert.deepEqual(first, { number: 1, spoken: 1, source: "microphone", asked: "ANG" });
  const second = takeAfter({ ...first, told: true }, "upload", null);
  assert.deepEqual(second, { number: 2, spoken: 1, source: "upload", asked: null });
  assert.equal(takeAfter(second, "microphone", null).spoken, 2);
});

test("a take that begins before the recorder has started waits for it; the newest recorder begins later ones", async () => {
  const begun = [];
  const early = recorder.begin("example");
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(begun, []);
  setBegin((source) => begun.push(["first", source]));
  await early;
  assert.deepEqual(begun, [["first", "example"]]);
  setBegin((source) => begun.push(["second", source]));
  recorder.begin("upload"); // at once, without an await
  assert.deepEqual(begun.at(-1), ["second", "upload"]);
});

test("a person's click on Clear counts once, and all others do not", () => {
  assert.equal(recorder.wasClearedByPerson(), false);
  clearedByPerson();
  clearedByPerson();
  assert.deepEqual([1, 2, 3].map(recorder.wasClearedByPerson), [true, true, false]);
});

test("the lesson asks for the chosen emotion, else for the first that is missing", () => {
  assert.equal(emotionNow({ teaching: "", chosen: "ANG", next: "HAP" }), null);
  assert.equal(emotionNow({ teaching: "six", chosen: "ANG", next: "HAP" }), "ANG");
  assert.equal(emotionNow({ teaching: "six", chosen: null, next: "HAP" }), "HAP");
  assert.equal(emotionNow({ teaching: "six", chosen: null, next: "" }), null);
  // A sentence in a normal voice is neutral, whatever the lesson has left.
  assert.equal(emotionNow({ teaching: "normal", chosen: null, next: "HAP" }), "NEU");
});

test("an answer is scrolled to where it ends below the window, and left where scrolling cannot show more of it", () => {
  const place = (top, bottom) => isOutOfView({ top, bottom }, 844);
  assert.equal(place(616, 980), true); // below the button of a phone
  assert.equal(place(-300, 20), true);
  assert.equal(place(616, 844), false);
  assert.equal(place(0, 1200), false); // longer than the window, and at its top already
});

test("what is presented is as large as fits, and text of 24 pixels on a screen of 1920 is among the choices", () => {
  const zooms = zoomsFor(1920);
  assert.deepEqual(
    zooms,
    zooms.toSorted((a, b) => b - a),
  );
  assert.ok(zooms.some((zoom) => Math.abs(13 * zoom - 24) < 0.01));
  assert.ok(Math.abs(13 * zoomsFor(1920, [1])[0] - 24) < 0.01);
  assert.deepEqual(new Set(zoomsFor(390)), new Set([1])); // never smaller than it is
});

test("a third choice replaces the first, and a take is chosen once", () => {
  assert.deepEqual(choose(["a", "b"], "c", true), ["b", "c"]);
  assert.deepEqual(choose(["a", "b"], "a", true), ["b", "a"]);
  assert.deepEqual(choose(["a", "b"], "a", false), ["b"]);
  assert.deepEqual(choose([], "a", false), []);
  assert.deepEqual([[], ["a"], ["a", "b"]].map(isPair), [false, false, true]);
  assert.equal(choiceWords(["a"]), "Choose one more");
});

test("only this computer's own addresses promise that nothing leaves it", () => {
  const at = (hostname) => privacy({ hostname, host: `${hostname}:7860` }, 2);
  for (const local of ["localhost", "app.localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
    assert.match(at(local), /Nothing leaves this computer\. Recordings are deleted within 2 hours/, local);
  for (const other of ["127.0.0.1.example.org", "localhost.example.org", "10.0.0.1", "[::2]"])
    assert.match(at(other), /Recordings go to .*:7860 .* within 2 hours/, other);
});

test("the question before all is deleted names what goes", () => {
  assert.equal(deletionWords(1, false), "Delete 1 recording and its result? This cannot be undone.");
  const both =
    "Delete 8 recordings and their results, and what the app knows of your voice? This cannot be undone.";
  assert.equal(deletionWords(8, true), both);
});

test("what is gone is what stood there before", () => {
  assert.deepEqual(goneFrom(["a", "b", "c"], ["b", "d"]), ["a", "c"]);
  assert.deepEqual(goneFrom([], ["a"]), []);
});

test("a time of today has no day", () => {
  const now = new Date(2026, 10, 28, 23, 59);
  assert.equal(timeOf(new Date(2026, 10, 28, 0, 5), now, "en-GB"), "00:05");
  assert.equal(timeOf(new Date(2026, 10, 27, 14, 30), now, "en-GB"), "27 Nov, 14:30");
});

test("dates are English, with the order and the hours of the person's country", () => {
  assert.deepEqual(["de-DE", "de", "ar", "pt-BR", "en-US"].map(englishIn), [
    ...["en-DE", "en-DE", "en-EG", "en-BR", "en-US"],
  ]);
  assert.deepEqual([undefined, "", "no language"].map(englishIn), ["en-US", "en", "en"]);
  const [now, day] = [new Date(2026, 10, 28), new Date(2026, 10, 27, 14, 30)];
  assert.equal(timeOf(day, now, englishIn("de")), "27 Nov, 14:30");
  assert.match(timeOf(day, now, englishIn("en-US")), /^Nov 27, 02:30\sPM$/);
});

test("why a take is silent: the app is gone, its sound was deleted, or the browser cannot play it", async (t) => {
  const answers = [
    () => Promise.reject(new TypeError()),
    async () => ({ ok: false }),
    async () => ({ ok: true }),
  ];
  t.mock.method(globalThis, "fetch", () => answers.shift()());
  assert.match(await whySilent("a", 2), /is it still running/);
  assert.match(await whySilent("a", 2), /deletes recordings within 2 hours/);
  assert.match(await whySilent("a", 2), /cannot play this kind of file/);
});

// ---- what is taken along

const measure = (/** @type {string} */ line) => line.length; // every letter is one wide

test("words are broken into lines that fit, and what has no room is three dots", () => {
  const words = "First angry, then disgusted, then happy.";
  assert.deepEqual(linesOf(words, measure, { width: 28, lines: 2 }), [
    "First angry, then disgusted,",
    "then happy.",
  ]);
  assert.deepEqual(linesOf(words, measure, { width: 20, lines: 2 }), [
    "First angry, then",
    "disgusted, then …",
  ]);
  assert.deepEqual(linesOf("Disgusted", measure, { width: 5, lines: 1 }), ["Disg…"]);
  assert.deepEqual(linesOf("", measure, { width: 5, lines: 1 }), []);
});

test("a picture is named after its recording and the minute, whatever the letters", () => {
  assert.equal(fileName("Recording 1", "2026-11-28T14:46:07+01:00"), "Recording_1_2026-11-28T1446.png");
  assert.equal(fileName("Zoë: été/1", "2026-11-28T14:46:07+01:00"), "Zoë_été_1_2026-11-28T1446.png");
});

test("a link has the address of the page, without what else stood there", () => {
  const page = "https://example.org/listener/?tab=record&take=old#content";
  assert.equal(addressOf(page, "a-b_c"), "https://example.org/listener/?take=a-b_c");
});
