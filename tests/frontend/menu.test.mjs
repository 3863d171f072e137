// The composer's popup, as far as it is without a page: which word opens it, what it narrows to, what is asked twice.
import assert from "node:assert/strict";
import test from "node:test";
import { local, remote } from "../../frontend/src/chat/providers.js";
import { narrowed, triggerAt } from "../../frontend/src/chat/trigger.js";

const MARKS = ["/", "@", "#"];
const at = (text, marks = MARKS) => triggerAt(text, text.length, marks);

test("a word that begins with a mark opens the list, wherever a word may begin", () => {
  assert.deepEqual(at("/"), { mark: "/", from: 0, query: "" });
  assert.deepEqual(at("/exp"), { mark: "/", from: 0, query: "exp" });
  assert.deepEqual(at("ask @lla"), { mark: "@", from: 4, query: "lla" });
  assert.deepEqual(at("line\n#fi"), { mark: "#", from: 5, query: "fi" });
  assert.deepEqual(at("@qwen3:8b/q4.k"), { mark: "@", from: 0, query: "qwen3:8b/q4.k" });
});

test("a mark within a word, or before a finished one, opens nothing", () => {
  for (const text of ["", "a", "and/or", "alice@example.org", "C#", "/done ", "# heading", "either/", "a\n"]) assert.equal(at(text), null, text);
});

test("a mark that nothing provides for does nothing", () => {
  assert.equal(at("/exp", ["@"]), null);
  assert.equal(at("/exp", []), null);
});

test("only the word at the caret counts", () => {
  assert.deepEqual(triggerAt("@one @two", 4, MARKS), { mark: "@", from: 0, query: "one" });
  assert.equal(triggerAt("/one two", 8, MARKS), null);
});

test("a word longer than any name is none, also where its beginning lies out of sight", () => {
  assert.equal(at(`/${"x".repeat(61)}`), null);
  assert.equal(at(`${"y".repeat(30)}/${"x".repeat(60)}`), null);
  assert.equal(at(`${"y ".repeat(10_000)}/${"x".repeat(60)}`).query, "x".repeat(60));
});

const ITEMS = [
  { title: "Explain code", hint: "for beginners" },
  { title: "Code review", hint: "" },
  { title: "Translate", hint: "code stays as it is" },
  { title: "Summary" },
];
const titles = (items) => items.map(({ title }) => title);

test("titles that begin with what was typed come first, then titles, then hints", () => {
  assert.deepEqual(titles(narrowed(ITEMS, "code")), ["Code review", "Explain code", "Translate"]);
  assert.deepEqual(titles(narrowed(ITEMS, "")), titles(ITEMS));
  assert.deepEqual(titles(narrowed(ITEMS, "nothing of the kind")), []);
});

test("what the page has itself is told at once, with its kind", () => {
  assert.deepEqual(local("model", () => ITEMS).now("sum"), [{ title: "Summary", kind: "model" }]);
});

test("the site is asked for each word once in a while, and a refusal is not kept", async () => {
  let now = 0;
  const asked = [];
  let refuse = false;
  const get = async (url) => {
    asked.push(url);
    if (refuse) throw new Error("no");
    return { items: [{ id: "1", title: "One" }] };
  };
  const provider = remote("prompt", "/menu/", get, () => now);
  assert.equal(provider.now("a b"), null);
  assert.deepEqual(await provider.ask("a b"), [{ id: "1", title: "One", kind: "prompt" }]);
  assert.deepEqual(asked, ["/menu/?q=a%20b"]);
  assert.equal(provider.now("a b").length, 1);
  assert.equal(provider.now("a"), null);
  now = 31_000;
  assert.equal(provider.now("a b"), null);
  refuse = true;
  await assert.rejects(provider.ask("c"));
  assert.equal(provider.now("c"), null);
});
