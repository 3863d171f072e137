// Messages that wait for an answer's end, without a page: what is kept, what goes out, and when nothing does.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

class Element {
  children = [];
  dataset = {};
  hidden = false;
  textContent = "";
  append(...nodes) {
    this.children.push(...nodes);
  }
  replaceChildren(...nodes) {
    this.children = nodes;
  }
  addEventListener() {}
  setAttribute() {}
  querySelector(selector) {
    return (this.parts ??= {})[selector] ??= new Element();
  }
}

globalThis.document = { createElement: () => new Element() };
const { Later } = await import("../../frontend/src/chat/later.js");

class Storage {
  kept = new Map();
  getItem = (key) => this.kept.get(key) ?? null;
  setItem = (key, value) => this.kept.set(key, value);
  removeItem = (key) => this.kept.delete(key);
}

let storage, thread;
beforeEach(() => {
  storage = new Storage();
  thread = { free: false, sent: [], ready: () => thread.free, underWay: () => false, send: (entry) => thread.sent.push(entry) };
});

const later = () => new Later(new Element(), storage, thread, "c");
const texts = (entries) => entries.map((entry) => entry.text);

test("nothing goes out while an answer runs, and then the first alone", () => {
  const one = later();
  one.add({ text: "a", offline: "wait" });
  one.add({ text: "b", offline: "wait" });
  one.next();
  assert.deepEqual(thread.sent, []);
  thread.free = true;
  one.next();
  assert.deepEqual(texts(thread.sent), ["a"]);
});

test("a message is kept until the site has stored it, and goes out again under the same id", () => {
  thread.free = true;
  later().add({ text: "a", offline: "wait" });
  later().next();
  later().next();
  assert.equal(new Set(thread.sent.map((entry) => entry.request)).size, 1);
  const again = later();
  again.remove(thread.sent[0].request);
  again.next();
  assert.equal(thread.sent.length, 2);
  assert.equal(storage.kept.size, 0);
});

test("after a stop nothing goes out until it is wished", () => {
  thread.free = true;
  const one = later();
  one.add({ text: "a", offline: "wait" });
  one.hold("Held.");
  one.next();
  assert.deepEqual(thread.sent, []);
  one.release();
  assert.deepEqual(texts(thread.sent), ["a"]);
});

test("what lies in the storage is not trusted, and a full storage is said", () => {
  storage.kept.set("later:c", '[{"text": 1}, null, {"request": "r", "text": "a"}]');
  assert.deepEqual(texts(later().entries), ["a"]);
  storage.kept.set("later:c", "no json");
  assert.deepEqual(later().entries, []);
  storage.setItem = () => {
    throw new Error("full");
  };
  assert.throws(() => later().add({ text: "a", offline: "wait" }), /cannot keep/);
});
