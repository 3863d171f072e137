import assert from "node:assert/strict";
import { test } from "node:test";
import { author, availability, duration, outcome, thinkingChoices, tokens, waiting } from "../../frontend/src/chat/words.js";

test("the three states before sending are told apart", () => {
  assert.match(availability({ state: "live" }), /^Live/);
  assert.match(availability({ state: "queued", position: 3, estimate: 40 }), /number 3.*about 40 s/);
  assert.match(availability({ state: "offline" }), /^Offline/);
});

test("a time that was never measured is called unknown", () => {
  assert.match(availability({ state: "queued", position: 1, estimate: null }), /not known/);
  assert.match(waiting({ position: 2, offline: false }), /Number 2.*not known/);
});

test("a wait for a machine does not promise a place in a queue", () => {
  const text = waiting({ position: 1, estimate: 3, offline: true });
  assert.match(text, /machine/);
  assert.doesNotMatch(text, /Number/);
});

test("who waits for an administrator is told so, and of no queue", () => {
  const text = waiting({ position: 1, estimate: 3, offline: false, person: true });
  assert.match(text, /administrator/);
  assert.match(availability({ state: "live", person: true }), /^An administrator answers/);
  assert.doesNotMatch(text, /Number/);
});

test("durations are round figures", () => {
  assert.equal(duration(3), "a few seconds");
  assert.equal(duration(42), "about 40 s");
  assert.equal(duration(600), "about 10 min");
  assert.equal(duration(7200), "about 2 h");
});

test("how an answer ended", () => {
  assert.equal(outcome({ reason: "stop", length: 5, message: { notice: "" } }), "");
  assert.equal(outcome({ reason: "cancelled", length: 5, message: { notice: "" } }), "Stopped.");
  assert.equal(outcome({ reason: "cancelled", length: 0, message: { notice: "" } }), "Stopped before the first word.");
  assert.equal(outcome({ reason: "failed", length: 5, message: { notice: "" } }), "");
  assert.match(outcome({ reason: "length", length: 5, message: { notice: "" } }), /length limit/);
  assert.equal(outcome({ reason: "stop", message: { notice: "Old messages were left out." } }), "Old messages were left out.");
  const asked = "The model asked for a tool that this site does not offer.";
  assert.equal(outcome({ reason: "tool_calls", length: 0, message: { notice: asked } }), asked);
});

test("a Markov answer is never shown as a model's", () => {
  assert.equal(author({ role: "assistant", source: "markov", model: "markov" }), "Markov generator");
  assert.equal(author({ role: "assistant", source: "model", model: "tiny" }), "tiny");
  assert.equal(author({ role: "assistant", source: "model", model: "" }), "Answer");
  assert.equal(author({ role: "user", source: "person", model: "" }), "You");
});

test("token counts, when known", () => {
  assert.equal(tokens(null), "");
  assert.equal(tokens(0), "");
  assert.equal(tokens(1), "1 token");
  assert.equal(tokens(1234), "1,234 tokens");
});

test("thinking may be chosen as the model can", () => {
  const models = [
    { alias: "plain", thinking: "none" },
    { alias: "switched", thinking: "boolean" },
    { alias: "deep", thinking: "level" },
  ];
  assert.deepEqual(thinkingChoices(models, "plain"), []);
  assert.deepEqual(thinkingChoices(models, "switched"), ["off", "on"]);
  assert.deepEqual(thinkingChoices(models, "deep"), ["off", "low", "medium", "high"]);
  assert.deepEqual(thinkingChoices(models.slice(0, 2), ""), ["off", "on"], "any model: what one of them can");
  assert.deepEqual(thinkingChoices(models, "gone"), []);
});
