import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeDelta } from "../../frontend/src/chat/frames.js";

/** The site's packing, written again from its description. */
function pack(stream, offset, text) {
  const head = [stream];
  while (offset > 0x7f) {
    head.push((offset % 0x80) | 0x80);
    offset = Math.floor(offset / 0x80);
  }
  head.push(offset);
  return new Uint8Array([...head, ...new TextEncoder().encode(text)]).buffer;
}

test("a frame as the site packs it is read back", () => {
  for (const offset of [0, 1, 127, 128, 300, 16_383, 16_384, 200_000, 2 ** 31, 2 ** 40]) {
    assert.deepEqual(decodeDelta(pack(7, offset, "né🦎")), { stream: 7, thinking: false, offset, text: "né🦎" });
  }
});

test("known bytes: stream 1, offset 300, the text A", () => {
  assert.deepEqual(decodeDelta(new Uint8Array([1, 0xac, 0x02, 0x41]).buffer), { stream: 1, thinking: false, offset: 300, text: "A" });
});

test("known bytes: thinking of stream 1", () => {
  assert.deepEqual(decodeDelta(new Uint8Array([0x81, 0xac, 0x02, 0x41]).buffer), { stream: 1, thinking: true, offset: 300, text: "A" });
});

test("a byte order mark is a character like any other", () => {
  assert.equal(decodeDelta(pack(1, 0, "\ufeffa")).text, "\ufeffa");
});

test("an empty text is allowed", () => {
  assert.deepEqual(decodeDelta(pack(255, 9, "")), { stream: 127, thinking: true, offset: 9, text: "" });
});

test("a frame that ends in its head, or whose offset never ends, is refused", () => {
  assert.throws(() => decodeDelta(new Uint8Array([1]).buffer), RangeError);
  assert.throws(() => decodeDelta(new Uint8Array([1, 0x80]).buffer), RangeError);
  assert.throws(() => decodeDelta(new Uint8Array([1, ...Array(12).fill(0x80), 0]).buffer), RangeError);
});
