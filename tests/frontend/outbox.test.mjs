import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox, uuid } from "../../frontend/src/chat/outbox.js";

function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
}

const send = (request) => ({ type: "send", request, conversation: "c", text: "Hello", offline: "wait" });

test("what was not acknowledged goes out again with the same id after a new connection", () => {
  const sent = [];
  const outbox = new Outbox((frame) => sent.push(frame.request) > 0, storage());
  outbox.add(send("1"), "c");
  outbox.add(send("2"), "c");
  outbox.settle("1");
  outbox.resend("c");
  assert.deepEqual(sent, ["1", "2", "2"]);
});

test("a request made while the socket is down waits for it", () => {
  let up = false;
  const sent = [];
  const outbox = new Outbox((frame) => up && sent.push(frame.request) > 0, storage());
  outbox.add(send("1"), "c");
  assert.deepEqual(sent, []);
  up = true;
  outbox.resend("c");
  assert.deepEqual(sent, ["1"]);
});

test("a request without an answer for four seconds is sent again, not sooner", () => {
  let now = 0;
  let sent = 0;
  const outbox = new Outbox(() => ++sent > 0, storage(), () => now);
  now = 1000;
  outbox.add(send("1"), "c");
  now = 4999;
  assert.equal(outbox.nudge(), false);
  now = 5000;
  assert.equal(outbox.nudge(), true);
  assert.equal(sent, 2);
  assert.equal(outbox.nudge(), false);
});

test("requests outlive a reload, and are gone once answered", () => {
  const kept = storage();
  new Outbox(() => true, kept).add(send("1"), "c");
  const after = new Outbox(() => true, kept);
  assert.deepEqual(after.frames("c"), [send("1")]);
  assert.deepEqual(after.frames("other"), []);
  assert.deepEqual(after.settle("1"), send("1"));
  assert.equal(new Outbox(() => true, kept).size, 0);
});

test("a request left behind in another conversation goes out once and is forgotten", () => {
  const kept = storage();
  new Outbox(() => false, kept).add(send("1"), "c");
  const sent = [];
  const other = new Outbox((frame) => sent.push(frame.request) > 0, kept);
  other.resend("d");
  other.resend("d");
  assert.deepEqual(sent, ["1"]);
  assert.equal(new Outbox(() => true, kept).size, 0);
});

test("broken or forbidden storage loses nothing but the survival of a reload", () => {
  const throwing = { getItem: () => "{not json", setItem: () => { throw new Error("full"); }, removeItem: () => { throw new Error("no"); } };
  const outbox = new Outbox(() => true, throwing);
  outbox.add(send("1"), "c");
  assert.equal(outbox.size, 1);
  assert.equal(outbox.settle("unknown"), undefined);
  outbox.settle("1");
  assert.equal(outbox.size, 0);
});

test("ids are random UUIDs of version 4", () => {
  const made = new Set(Array.from({ length: 500 }, uuid));
  assert.equal(made.size, 500);
  for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
