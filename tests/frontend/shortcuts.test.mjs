// The table of keys: what each event means, and that no two mean the same.
import assert from "node:assert/strict";
import test from "node:test";
import { keyOf, label, meant, pressed, SHORTCUTS } from "../../frontend/src/chat/shortcuts.js";

const event = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });
const name = (...args) => meant(...args)?.name;

test("no key stands for two things at once", () => {
  for (const field of [true, false]) {
    const keys = SHORTCUTS.filter((entry) => Boolean(entry.field) === field).flatMap((entry) => entry.keys);
    assert.equal(new Set(keys).size, keys.length);
  }
  for (const { name, words } of SHORTCUTS) assert.ok(words().length > 3, name);
});

test("every key in the table is one that an event can be", () => {
  for (const { keys } of SHORTCUTS) for (const key of keys) {
    const parts = key.split("+");
    const made = event(parts.at(-1), { ctrlKey: parts.includes("Ctrl"), shiftKey: parts.includes("Shift") });
    assert.equal(keyOf(made), key);
  }
});

test("keys of one letter are off while one writes, with a modifier, and when switched off", () => {
  assert.equal(name(event("n"), false, true), "create");
  assert.equal(name(event("?", { shiftKey: true }), false, true), "help");
  assert.equal(name(event("n"), true, true), undefined);
  assert.equal(name(event("n"), false, false), undefined);
  for (const modifier of ["ctrlKey", "metaKey", "altKey"]) assert.equal(name(event("n", { [modifier]: true }), false, true), undefined);
});

test("the search and the stop are there also while one writes", () => {
  assert.equal(name(event("k", { ctrlKey: true }), true, false), "search");
  assert.equal(name(event("K", { metaKey: true }), true, false), "search");
  assert.equal(name(event("Escape"), true, false), "stop");
  assert.equal(name(event("k", { ctrlKey: true, shiftKey: true }), true, true), undefined);
});

test("what belongs to the field is told to the field alone", () => {
  assert.equal(name(event("Enter"), true, true), undefined);
  assert.equal(name(event("ArrowUp"), false, true), undefined);
  assert.ok(pressed("send", event("Enter")));
  assert.ok(pressed("send", event("Enter", { ctrlKey: true })));
  assert.ok(!pressed("send", event("Enter", { shiftKey: true })));
  assert.ok(pressed("newLine", event("Enter", { shiftKey: true })));
});

test("with modifiers only what browsers leave to pages", () => {
  const taken = new Set(["Ctrl+N", "Ctrl+T", "Ctrl+W", "Ctrl+S", "Ctrl+F", "Ctrl+L", "Ctrl+R", "Ctrl+P", "Ctrl+H", "Ctrl+J", "Ctrl+D", "Ctrl+O"]);
  for (const { keys } of SHORTCUTS) for (const key of keys) {
    assert.ok(!taken.has(key), key);
    // Quick search of Firefox.
    assert.ok(!["/", "'"].includes(key), key);
    assert.ok(!/Alt|Insert|CapsLock/.test(key), key);
  }
});

test("keys are written as they stand on the keyboard", () => {
  assert.equal(label("Ctrl+K"), "Ctrl+K");
  assert.equal(label("Ctrl+K", true), "⌘ K");
  assert.equal(label("Escape"), "Esc");
});
