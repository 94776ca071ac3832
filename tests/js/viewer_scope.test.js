// Scopes and emitters: what was set up is gone once its scope ends.
import assert from "node:assert/strict";
import test from "node:test";
import { Emitter } from "../../ser/ui/viewer/scripts/events.js";
import { Scope } from "../../ser/ui/viewer/scripts/scope.js";

const wait = (delay_ms) => new Promise((resolve) => setTimeout(resolve, delay_ms));

/** Replace the browser's animation frames, and return those that wait. */
function frames(t) {
  const waiting = new Map();
  let id = 0;
  globalThis.requestAnimationFrame = (action) => (waiting.set(++id, action), id);
  globalThis.cancelAnimationFrame = (frame) => waiting.delete(frame);
  t.after(() => {
    delete globalThis.requestAnimationFrame;
    delete globalThis.cancelAnimationFrame;
  });
  return waiting;
}

test("listeners to elements and emitters end with the scope", () => {
  const [target, emitter, scope] = [new EventTarget(), new Emitter(), new Scope()];
  const heard = [];
  scope.listen(target, "press", () => heard.push("press"));
  scope.on(emitter, "time", ({ time_s }) => heard.push(time_s));
  target.dispatchEvent(new Event("press"));
  emitter.emit("time", { time_s: 1 });
  scope.end();
  target.dispatchEvent(new Event("press"));
  emitter.emit("time", { time_s: 2 });
  assert.deepEqual(heard, ["press", 1]);
  assert.equal(emitter.count(), 0);
});

test("timers end with the scope", async () => {
  const scope = new Scope();
  let calls = 0;
  scope.after(1, () => calls++);
  await wait(20);
  assert.equal(calls, 1);
  scope.after(5, () => calls++);
  scope.every(5, () => calls++);
  scope.end();
  await wait(30);
  assert.equal(calls, 1);
});

test("animation frames end with the scope", (t) => {
  const waiting = frames(t);
  const scope = new Scope();
  let drawn = 0;
  scope.frame(() => drawn++);
  for (const [id, action] of waiting) waiting.delete(id) && action();
  assert.equal(drawn, 1);
  scope.frame(() => drawn++);
  assert.equal(waiting.size, 1);
  scope.end();
  assert.equal(waiting.size, 0);
});

test("nothing begins in a scope that has ended", async (t) => {
  const waiting = frames(t);
  const [target, emitter, scope] = [new EventTarget(), new Emitter(), new Scope()];
  scope.end();
  let calls = 0;
  scope.listen(target, "press", () => calls++);
  scope.on(emitter, "time", () => calls++);
  scope.after(1, () => calls++);
  scope.every(1, () => calls++);
  scope.frame(() => calls++);
  scope.child().listen(target, "press", () => calls++);
  target.dispatchEvent(new Event("press"));
  emitter.emit("time", {});
  await wait(20);
  assert.equal(calls, 0);
  assert.equal(waiting.size, 0);
});

test("scopes inside a scope end with it, the latest first, each once", () => {
  const scope = new Scope();
  const ended = [];
  scope.add(() => ended.push("first"));
  const child = scope.child();
  child.add(() => ended.push("child"));
  scope.add(() => ended.push("last"));
  scope.end();
  scope.end();
  child.end();
  assert.deepEqual(ended, ["last", "child", "first"]);
  assert.ok(child.ended);
});

test("a scope inside a scope may end before it", () => {
  const scope = new Scope();
  let ends = 0;
  const child = scope.child();
  child.add(() => ends++);
  child.end();
  assert.ok(!scope.ended);
  scope.end();
  assert.equal(ends, 1);
});

test("one thing may end before its scope, once", () => {
  const scope = new Scope();
  let ends = 0;
  const end = scope.add(() => ends++);
  end();
  end();
  scope.end();
  assert.equal(ends, 1);
});

test("events reach those who listen, in order; a listener may end another", () => {
  const emitter = new Emitter();
  const heard = [];
  const same = (detail) => heard.push(detail);
  const endFirst = emitter.on("open", same);
  emitter.on("open", () => endLast());
  emitter.on("open", same);
  const endLast = emitter.on("open", () => heard.push("never"));
  emitter.emit("open", "a");
  assert.deepEqual(heard, ["a", "a"]);
  endFirst();
  emitter.emit("open", "b");
  assert.deepEqual(heard, ["a", "a", "b"]);
  emitter.emit("close", "nobody listens");
  assert.equal(emitter.count("open"), 2);
});
