// Selecting as every list of files does it, and the keys of the library.
import assert from "node:assert/strict";
import { test } from "node:test";
import { moved, pressed } from "../../frontend/src/files/library/range.js";
import { meant, SHORTCUTS } from "../../frontend/src/files/library/shortcuts.js";

const state = (anchor, ...selected) => ({ selected: new Set(selected), anchor });
const after = (...args) => [...pressed(...args).selected].sort();

test("a press selects the one, with Ctrl adds or takes away, with Shift the range from the first", () => {
  assert.deepEqual(after(state(0, 0, 1), 3), [3]);
  assert.deepEqual(after(state(0, 0), 3, { toggle: true }), [0, 3]);
  assert.deepEqual(after(state(3, 0, 3), 3, { toggle: true }), [0]);
  assert.deepEqual(after(state(3, 3), 1, { extend: true }), [1, 2, 3]);
  assert.deepEqual(after(state(3, 0, 3), 1, { extend: true }), [1, 2, 3]);
  assert.deepEqual(after(state(3, 0, 3), 4, { extend: true, toggle: true }), [0, 3, 4]);
  assert.deepEqual(after(state(-1), 2, { extend: true }), [2]);
});

test("a range turns around where it began", () => {
  const once = pressed(state(2, 2), 4, { extend: true });
  assert.deepEqual(after(once, 0, { extend: true }), [0, 1, 2]);
});

test("the focus stays in the list", () => {
  assert.equal(moved(-1, 1, 5), 0);
  assert.equal(moved(-1, -1, 5), 4);
  assert.equal(moved(4, 3, 5), 4);
  assert.equal(moved(1, -3, 5), 0);
  assert.equal(moved(0, 1, 0), -1);
});

const key = (name, more = {}) => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

test("keys mean nothing while one writes, and letters nothing when they are off", () => {
  assert.equal(meant(key("Delete"), false, false).name, "trash");
  assert.equal(meant(key("Delete"), true, true), undefined);
  assert.equal(meant(key("m"), false, true).name, "move");
  assert.equal(meant(key("m"), false, false), undefined);
  assert.equal(meant(key(" "), false, false).name, "toggle");
  assert.equal(meant(key("z", { ctrlKey: true }), false, false).name, "undo");
  assert.equal(meant(key("ArrowDown", { shiftKey: true }), false, true).name, "extendDown");
});

test("no key has two meanings", () => {
  const keys = SHORTCUTS.flatMap((entry) => entry.keys);
  assert.equal(new Set(keys).size, keys.length);
});
