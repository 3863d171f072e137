// Addresses of lines of pastes.
import assert from "node:assert/strict";
import test from "node:test";
import { chosenLines, rangeOf } from "../../frontend/src/paste/lines.js";

test("a hash names one line, a range in either order, or a line of another file", () => {
  assert.deepEqual(chosenLines("#L3"), ["L3"]);
  assert.deepEqual(chosenLines("#L4-2"), ["L2", "L3", "L4"]);
  assert.deepEqual(chosenLines("#F2L10-11"), ["F2L10", "F2L11"]);
  for (const other of ["", "#", "#comments", "#L", "#Lx", "#L1-x", "#F2", "#L1<b>"]) assert.deepEqual(chosenLines(other), []);
  assert.equal(chosenLines("#L1-999999999").length, 5000);
});

test("Shift goes on from where the hash was, within the same file", () => {
  assert.equal(rangeOf("", "L3", false), "L3");
  assert.equal(rangeOf("#L3", "L7", true), "L3-7");
  assert.equal(rangeOf("#L7", "L3", true), "L3-7");
  assert.equal(rangeOf("#L3", "L3", true), "L3");
  assert.equal(rangeOf("#L3", "F2L7", true), "F2L7");
  assert.equal(rangeOf("#c-12", "L7", true), "L7");
});
