// Rules that hold for every script of the page.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const UI = new URL("../../ser/ui/", import.meta.url);
const names = readdirSync(UI, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));

test("there are scripts to look at", () => {
  assert.ok(names.length > 20);
});

test("every script has its types checked", () => {
  const unchecked = names.filter(
    (name) => !readFileSync(new URL(name, UI), "utf8").startsWith("// @ts-check\n"),
  );
  assert.deepEqual(unchecked, []);
});

test("no check is switched off", () => {
  const off = /@ts-(nocheck|ignore|expect-error)|eslint-disable/;
  const switched = names.filter((name) => off.test(readFileSync(new URL(name, UI), "utf8")));
  assert.deepEqual(switched, []);
});
