// The file that an answer is in the middle of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openBlock } from "../../frontend/src/chat/written_file.js";

test("the block that is open is the file, with its language and its name", () => {
  assert.deepEqual(openBlock("Here:\n\n```python\nimport sys\ndef"), { language: "python", name: "", text: "import sys\ndef" });
  assert.deepEqual(openBlock("```js walls.js\nlet a"), { language: "js", name: "walls.js", text: "let a" });
  assert.deepEqual(openBlock("```css:style.css\na"), { language: "css", name: "style.css", text: "a" });
});

test("a block that is closed is none, and neither are words", () => {
  assert.equal(openBlock("```python\nx\n```\nDone."), null);
  assert.equal(openBlock("Just `words` and ```code``` in a line."), null);
  assert.equal(openBlock("```python"), null);
  assert.equal(openBlock(""), null);
});

test("of several the last one that is open counts, and a longer fence holds shorter ones", () => {
  assert.equal(openBlock("```a\nx\n```\n~~~b\ny").text, "y");
  assert.equal(openBlock("````md\n```js\nx\n```\nstill").text, "```js\nx\n```\nstill");
});

test("a long text takes no longer than it is long", () => {
  const began = process.cpuUsage().user;
  openBlock("```\n".repeat(200_000));
  openBlock(`\`\`\`${"a.".repeat(200_000)}\nx`);
  assert.ok(process.cpuUsage().user - began < 5_000_000);
});
