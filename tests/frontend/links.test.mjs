// Which links of an answer are listed as its sources, and under what name.
import assert from "node:assert/strict";
import test from "node:test";
import { sourcesOf } from "../../frontend/src/chat/links.js";

const of = (...anchors) => sourcesOf(anchors.map(([href, text = ""]) => ({ href, text })), "site.example");

test("a host stands in ASCII, so that a look-alike shows", () => {
  assert.deepEqual(of(["https://аpple.example/a", "Apple"]), [{ href: "https://xn--pple-43d.example/a", host: "xn--pple-43d.example", words: "Apple" }]);
});

test("an address that names itself shows its path, and each address stands once", () => {
  assert.deepEqual(
    of(["https://a.example/b?c=1", "https://a.example/b?c=1"], ["https://a.example/b?c=1", "again"]).map(({ host, words }) => [host, words]),
    [["a.example", "/b?c=1"]],
  );
});

test("what leads nowhere else is no source", () => {
  assert.deepEqual(of(["https://site.example/x"], ["mailto:a@b.example"], ["javascript:alert(1)"], ["not an address"], ["data:text/html,x"]), []);
});

test("user names before the host do not pass for one, and white space is one space", () => {
  assert.deepEqual(of(["https://bank.example@evil.example/", "  my \n bank "]).map(({ host, words }) => [host, words]), [["evil.example", "my bank"]]);
});

test("a page of links is not listed without end", () => {
  assert.equal(of(...Array.from({ length: 200 }, (_, at) => [`https://a.example/${at}`])).length, 50);
});
