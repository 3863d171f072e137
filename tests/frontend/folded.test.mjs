// Which pastes are folded, and what a message with them becomes.
import assert from "node:assert/strict";
import test from "node:test";
import { isLong, joined, LONGEST, MOST_LINES } from "../../frontend/src/chat/folded.js";

test("many lines or many characters are long, and nothing else", () => {
  assert.equal(isLong("line\n".repeat(MOST_LINES - 1)), false);
  assert.equal(isLong("line\n".repeat(MOST_LINES)), true);
  assert.equal(isLong("x".repeat(LONGEST)), false);
  assert.equal(isLong("x".repeat(LONGEST + 1)), true);
});

test("what was typed comes first, and texts stand apart", () => {
  assert.equal(joined("Why?", ["a\nb\n", "\nc"]), "Why?\n\na\nb\n\nc");
  assert.equal(joined("", ["  indented\n"]), "  indented");
  assert.equal(joined("  \n", ["a"]), "a");
  assert.equal(joined("only typed", []), "only typed");
});
