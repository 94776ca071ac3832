// Names of keys, which shortcut a key has, and how a shortcut is printed.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { capsOf } from "../../ser/ui/page/help.js";
import { add, all, nameOf, shortcutOf } from "../../ser/ui/page/shortcuts.js";

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
