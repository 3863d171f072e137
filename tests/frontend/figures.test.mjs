import assert from "node:assert/strict";
import { test } from "node:test";
import { budgetWords, contextWords, estimate, level, share, short, windowOf } from "../../frontend/src/chat/figures.js";

test("a text is taken for as many tokens as the site takes it for", () => {
  assert.equal(estimate(""), 0);
  assert.equal(estimate("hello there my friend"), 6);
  assert.equal(estimate("日本語の文章です"), 10);
  assert.equal(estimate("é".repeat(8)), 6);
  assert.ok(Math.abs(estimate("x".repeat(200_000)) - 50_000) < 10);
});

test("a window that nobody knows is not invented", () => {
  const models = [
    { alias: "small", context_length: 2048 },
    { alias: "large", context_length: 8192 },
  ];
  assert.equal(windowOf(models, "large"), 8192);
  assert.equal(windowOf(models, ""), null);
  assert.equal(windowOf(models, "other"), null);
  assert.equal(windowOf([], ""), null);
  assert.equal(windowOf([models[0], { alias: "again", context_length: 2048 }], ""), 2048);
  assert.equal(share(5, null), null);
  assert.equal(level(null), "unknown");
  assert.match(contextWords({ used: 5, measured: true, window: null, model: "", draft: 0 }), /not known/);
});

test("what is estimated says so", () => {
  assert.match(contextWords({ used: 760, measured: true, window: 2048, model: "tiny", draft: 0 }), /^760 of 2,048 tokens .*Model: tiny\.$/);
  assert.match(contextWords({ used: 760, measured: false, window: 2048, model: "", draft: 12 }), /^About 760 of 2,048.*about 12 more/);
});

test("a window fills up in sight", () => {
  assert.deepEqual([0.1, 0.7, 0.95, share(9, 3)].map(level), ["fine", "high", "full", "full"]);
});

test("figures are short", () => {
  assert.deepEqual([0, 9_999, 12_340, 999_499, 1_240_000].map(short), ["0", "9,999", "12.3k", "999.5k", "1.2M"]);
});

test("the week is told whole", () => {
  const week = { limit: 1_000, granted: 200, used: 300, reserved: 50, resets: "2026-11-30T00:00:00Z" };
  const said = budgetWords(week, () => "Monday");
  assert.match(said, /300 of this week's 1,000.*50 are set aside.*200 of them were granted.*Monday/);
  assert.doesNotMatch(budgetWords({ ...week, granted: 0, reserved: 0 }, () => ""), /granted|aside/);
});
