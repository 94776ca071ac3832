// Names of keys, which shortcut a key has, and how a shortcut is printed.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { capsOf } from "../../ser/ui/page/help.js";
import { clickedAnew } from "../../ser/ui/page/presses.js";
import { add, all, listenForKeys, nameOf, namesOf, shortcutOf } from "../../ser/ui/page/shortcuts.js";

/**
 * @param {string} key
 * @param {...("ctrlKey" | "metaKey" | "shiftKey")} held
 */
const named = (key, ...held) =>
  nameOf({
    key,
    ctrlKey: held.includes("ctrlKey"),
    metaKey: held.includes("metaKey"),
    shiftKey: held.includes("shiftKey"),
  });
const nothing = () => {};

beforeEach(() => void all.splice(0));

test("Ctrl, and Cmd on a Mac, have one name", () => {
  assert.equal(named("z", "ctrlKey"), "ctrl+z");
  assert.equal(named("z", "metaKey"), "ctrl+z");
  assert.equal(named("Z", "ctrlKey", "shiftKey"), "ctrl+shift+z");
});

test("Shift has a name with letters and named keys, and none where it makes another character", () => {
  assert.equal(named("U", "shiftKey"), "shift+u");
  assert.equal(named("ArrowLeft", "shiftKey"), "shift+arrowleft");
  assert.equal(named(" ", "shiftKey"), "shift+ ");
  assert.equal(named("?", "shiftKey"), "?");
  assert.equal(named("!", "shiftKey"), "!");
  assert.equal(named("U"), "u"); // caps lock
  assert.equal(named(" "), " ");
});

/**
 * @param {string} signs what the keys are labelled
 * @param {...string} codes
 */
const places = (signs, ...codes) =>
  [...signs].map(
    (key, i) => namesOf({ key, code: codes[i], ctrlKey: false, metaKey: false, shiftKey: false })[0],
  );
const ROW = [..."1234567890"].map((digit) => `Digit${digit}`);

test("a key of the row of digits is its digit, whatever its sign", () => {
  const digits = [..."1234567890"];
  for (const row of ["1234567890", "&é\"'(-è_çà", "+ěščřžýáíé", "١٢٣٤٥٦٧٨٩٠", "۱۲۳۴۵۶۷۸۹۰", "१२३४५६७८९०"])
    assert.deepEqual(places(row, ...ROW), digits, row);
  assert.deepEqual(places("٥", "Numpad5"), ["5"]);
  const shifted = { code: "Digit1", ctrlKey: false, metaKey: false, shiftKey: true };
  assert.deepEqual(namesOf({ ...shifted, key: "1" }), ["1"]); // France
  assert.deepEqual(namesOf({ ...shifted, key: "!" }), ["!"]); // England
  assert.deepEqual(namesOf({ ...shifted, key: "End", code: "Numpad1", shiftKey: false }), ["end"]);
});

test("a letter of another alphabet is the letter of its place, and a Latin letter is itself", () => {
  const codes = ["KeyR", "KeyE", "KeyS", "KeyN", "KeyZ"];
  for (const letters of ["кеытя", "ρεσνζ", "קראמז", "قثسىئ", "ㄱㄷㄴㅜㅋ"])
    assert.deepEqual(places(letters, ...codes), ["r", "e", "s", "n", "z"], letters);
  assert.deepEqual(places("хъ", "BracketLeft", "BracketRight"), ["[", "]"]);
  assert.deepEqual(places("qaé", "KeyA", "KeyQ", "Digit2"), ["q", "a", "2"]);
  assert.deepEqual(places("ö;'", "Semicolon", "KeyQ", "KeyW"), ["ö", ";", "'"]);
  assert.deepEqual(places("؟", "Slash"), ["?"]);
});

test("with modifiers, the place has them too", () => {
  const undo = { key: "Я", code: "KeyZ", ctrlKey: true, metaKey: false, shiftKey: true };
  assert.equal(namesOf(undo)[0], "ctrl+shift+z");
  assert.equal(namesOf({ ...undo, key: "Г", code: "KeyU", ctrlKey: false })[0], "shift+u");
  assert.deepEqual(namesOf({ ...undo, key: "Enter", code: "Enter", ctrlKey: false, shiftKey: false }), [
    "enter",
  ]);
});

test("a tab's own shortcut comes before one that works everywhere", () => {
  add(null, "x", "everywhere", nothing);
  add("record", "x", "in Record", nothing);
  add("inspect", "x", "in Inspect", nothing);
  assert.equal(shortcutOf("x", (tab) => tab === "inspect")?.words, "in Inspect");
  assert.equal(shortcutOf("x", () => false)?.words, "everywhere");
  assert.equal(
    shortcutOf("y", () => true),
    undefined,
  );
});

test("a shortcut of a closed tab does nothing", () => {
  add("record", "r", "record", nothing);
  assert.equal(
    shortcutOf("r", () => false),
    undefined,
  );
});

test("a shortcut that is added again replaces the old one", () => {
  add("record", "R", "record", nothing);
  add("record", "r", "record, or stop", nothing);
  add("inspect", "r", "score", nothing);
  assert.deepEqual(
    all.map(({ tab, key, words }) => [tab, key, words]),
    [
      ["record", "r", "record, or stop"],
      ["inspect", "r", "score"],
    ],
  );
});

test("the list of shortcuts shows what is printed on the keys", () => {
  assert.deepEqual(capsOf("r"), ["R"]);
  assert.deepEqual(capsOf(" "), ["Space"]);
  assert.deepEqual(capsOf("pageup"), ["Page ↑"]);
  assert.deepEqual(capsOf("ctrl+z"), ["Ctrl", "Z"]);
  assert.deepEqual(capsOf("shift+arrowleft"), ["Shift", "←"]);
  assert.deepEqual(capsOf("ctrl+shift+z"), ["Ctrl", "Shift", "Z"]);
  assert.deepEqual(capsOf("+"), ["+"]);
  assert.deepEqual(capsOf("f2"), ["f2"]);
});

test("a key that comes before its widget is kept until the widget is there, once", () => {
  const page = new EventTarget();
  const missing = { querySelector: () => null };
  Object.assign(globalThis, {
    window: page,
    document: missing,
    Element: class {},
    CSS: { escape: String },
  });
  listenForKeys();
  const pressed = Object.assign(new Event("keydown"), { key: "r", code: "KeyR" });
  page.dispatchEvent(pressed);
  /** @type {Event[]} */
  const recorded = [];
  add(null, "x", "something else", () => assert.fail("another key"));
  for (const words of ["record", "record, or stop"]) add(null, "r", words, (event) => recorded.push(event));
  assert.deepEqual(recorded, [pressed]);
});

test("a press counts on what replaced the pressed control, and on nothing else", () => {
  const box = (/** @type {string} */ key, isConnected = true) =>
    /** @type {HTMLElement} */ (
      /** @type {unknown} */ ({ tagName: "INPUT", dataset: { key }, id: "", isConnected })
    );
  const again = box("choose-1");
  assert.equal(clickedAnew(box("choose-1", false), again), again);
  assert.equal(clickedAnew(box("choose-1"), again), null); // the browser sends a click
  assert.equal(clickedAnew(box("choose-2", false), again), null);
  assert.equal(clickedAnew(null, again), null);
  assert.equal(clickedAnew(box("choose-1", false), null), null);
});
