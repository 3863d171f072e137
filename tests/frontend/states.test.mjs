import assert from "node:assert/strict";
import { test } from "node:test";
import { hasEnded } from "../../frontend/src/chat/states.js";

const article = (state, generation = "one") => ({ dataset: { state, generation } });

test("an end is final for its own generation only", () => {
  for (const state of ["done", "failed", "cancelled"]) {
    assert.ok(hasEnded(article(state), "one"), state);
    assert.ok(!hasEnded(article(state), "two"), `${state}, answered anew`);
  }
});

test("what runs, and what never ran, has not ended", () => {
  for (const state of ["queued", "leased", "streaming", ""]) assert.ok(!hasEnded(article(state), "one"), state);
});
