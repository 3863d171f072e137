// What colours unsealed code in the browser: nothing of the text is lost, and hostile text takes no time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { guess, names, pieces } from "../../frontend/src/paste/sealed_code.js";

const SAMPLES = {
  python: "#!/usr/bin/env python3\nimport os\n\ndef f(x):\n    return 'a' # b\n",
  bash: "#!/bin/sh\necho hi\n",
  json: '{"a": [1, 2]}',
  html: "<!doctype html>\n<p>x</p>",
  diff: "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n",
  rust: "fn main() {\n    let mut x = 1;\n}\n",
  go: "package main\n\nfunc main() {}\n",
  javascript: 'const a = 1;\nexport const b = () => ({ a });\n',
  postgresql: "SELECT a\nFROM b;",
  yaml: "name: x\njobs:\n  a: 1\n",
};

test("what code looks like is what it is coloured as, and not a letter is lost", () => {
  for (const [name, text] of Object.entries(SAMPLES)) {
    assert.equal(guess(text), name);
    const parts = pieces(text, name);
    assert.equal(parts.map(([part]) => part).join(""), text);
    assert.ok(parts.some(([, classes]) => /^tok-/.test(classes)), name);
  }
  assert.equal(guess("Dear Bob,\n\nthe wall is warm.\n"), "");
});

test("every language takes every text, whole", () => {
  const odd = '<script>alert(1)</script>\r\n"\u202e`${\t\u0000/*\ud83e\udd8e\n\n';
  for (const name of [...names, "", "constructor", "klingon"]) assert.equal(pieces(odd, name).map(([part]) => part).join(""), odd, name);
});

test("what is too long stays as it is, and hostile text is given up soon", () => {
  assert.throws(() => pieces("x\n".repeat(150_000), "python"), RangeError);
  assert.throws(() => pieces("x".repeat(30_000), "python"), RangeError);
  const began = performance.now();
  for (const unit of ["(", "[{", "<a ", "/*", "`${", "\\", "- ", "#!/", "a: ", "let "]) {
    const text = `${unit.repeat(20)}\n`.repeat(4);
    guess(unit.repeat(100_000));
    for (const name of names) pieces(text, name);
  }
  assert.ok(performance.now() - began < 60_000);
});
