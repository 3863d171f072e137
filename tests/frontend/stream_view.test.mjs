// Which blocks of a running answer can be shown as the site rendered them, and what stays text.
import assert from "node:assert/strict";
import test from "node:test";
import { fitting } from "../../frontend/src/chat/stream_view.js";

const block = (end, html = `<${end}>`) => ({ end, html });

test("blocks that follow what is shown take its place", () => {
  assert.deepEqual(fitting([block(3), block(5)], 0, 0, 8, "abcdefgh"), { taken: 5, parts: [{ html: "<3>" }, { html: "<5>" }] });
  assert.deepEqual(fitting([block(5)], 3, 3, 8, "defgh"), { taken: 2, parts: [{ html: "<5>" }] });
});

test("a block that is shown already is passed over", () => {
  assert.deepEqual(fitting([block(3), block(5)], 0, 3, 8, "defgh"), { taken: 2, parts: [{ html: "<5>" }] });
  assert.deepEqual(fitting([block(3)], 0, 3, 8, "defgh"), { taken: 0, parts: [] });
});

test("a block that overlaps what is shown is not shown twice", () => {
  assert.deepEqual(fitting([block(5), block(8)], 2, 3, 8, "defgh"), { taken: 5, parts: [{ text: "de" }, { html: "<8>" }] });
});

test("where one was missed its text stays", () => {
  assert.deepEqual(fitting([block(5), block(7)], 3, 0, 8, "abcdefgh"), { taken: 7, parts: [{ text: "abc" }, { html: "<5>" }, { html: "<7>" }] });
});

test("a block whose text has not come waits for the end", () => {
  assert.deepEqual(fitting([block(3), block(9)], 0, 0, 8, "abcdefgh"), { taken: 3, parts: [{ html: "<3>" }] });
});

test("offsets count code points", () => {
  assert.deepEqual(fitting([block(4)], 2, 0, 5, "𝒂𝒃𝒄𝒅e"), { taken: 4, parts: [{ text: "𝒂𝒃" }, { html: "<4>" }] });
});
