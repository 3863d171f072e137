import assert from "node:assert/strict";
import { test } from "node:test";
import { codePoints, dropCodePoints, Reader } from "../../frontend/src/chat/reader.js";

const ALPHABET = ["a", "b", " ", "\n", "é", "字", "🦎", "👩‍💻", "\u0301", "𝕏"];

// mulberry32: small, seeded, so that a failure names the seed that repeats it.
function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pieces(random) {
  const points = Array.from({ length: 1 + Math.floor(random() * 80) }, () => [...ALPHABET[Math.floor(random() * ALPHABET.length)]]).flat();
  const deltas = [];
  for (let at = 0; at < points.length; ) {
    const size = 1 + Math.floor(random() * 6);
    deltas.push({ offset: at, text: points.slice(at, at + size).join("") });
    at += size;
  }
  return { whole: points.join(""), points, deltas };
}

test("lengths count code points, not UTF-16 units", () => {
  assert.equal(codePoints("a🦎字"), 3);
  assert.equal(codePoints("👩‍💻"), 3);
  assert.equal(codePoints(""), 0);
  assert.equal(dropCodePoints("🦎a𝕏b", 1), "a𝕏b");
  assert.equal(dropCodePoints("🦎a𝕏b", 3), "b");
  assert.equal(dropCodePoints("ab", 9), "");
});

test("a delta at the end is appended", () => {
  const reader = new Reader();
  assert.deepEqual(reader.receive(0, "Hello "), { append: "Hello ", ask: false });
  assert.deepEqual(reader.receive(6, "🦎!"), { append: "🦎!", ask: false });
  assert.equal(reader.length, 8);
});

test("of a delta behind the end only the new part counts", () => {
  const reader = new Reader();
  reader.receive(0, "ab🦎");
  assert.deepEqual(reader.receive(1, "b🦎cd"), { append: "cd", ask: false });
  assert.deepEqual(reader.receive(0, "ab"), { append: "", ask: false });
  assert.equal(reader.text, "ab🦎cd");
});

test("a delta ahead of the end is kept, and asked for what is between", () => {
  const reader = new Reader();
  reader.receive(0, "ab");
  assert.deepEqual(reader.receive(4, "ef"), { append: "", ask: true });
  assert.deepEqual(reader.receive(6, "gh"), { append: "", ask: true });
  assert.deepEqual(reader.receive(2, "cd"), { append: "cdefgh", ask: false });
});

test("a painted text that goes on from ours is appended, a shorter one changes nothing", () => {
  const reader = new Reader();
  reader.receive(0, "abc");
  assert.deepEqual(reader.paint("abcdef"), { append: "def", replace: false });
  assert.deepEqual(reader.paint("ab"), { append: "", replace: false });
  assert.deepEqual(reader.paint(""), { append: "", replace: false });
  assert.equal(reader.text, "abcdef");
});

test("a painted text that contradicts ours replaces it", () => {
  const reader = new Reader();
  reader.receive(0, "abc");
  assert.deepEqual(reader.paint("abX"), { append: "abX", replace: true });
  assert.equal(reader.length, 3);
});

test("whatever is lost, doubled or out of order, the reader ends with the whole text and never showed a wrong one", () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  const random = seeded(seed);
  for (let round = 0; round < 2000; round++) {
    const { whole, points, deltas } = pieces(random);
    const arriving = [];
    for (const delta of deltas) {
      if (random() < 0.3) continue;
      arriving.push(delta);
      if (random() < 0.2) arriving.push(delta);
    }
    for (let i = arriving.length - 1; i > 0; i--) {
      if (random() < 0.3) {
        const j = Math.max(0, i - Math.floor(random() * 5));
        [arriving[i], arriving[j]] = [arriving[j], arriving[i]];
      }
    }
    const reader = new Reader();
    let shown = "";
    for (const { offset, text } of arriving) {
      const { append, ask } = reader.receive(offset, text);
      shown += append;
      assert.ok(whole.startsWith(shown), `seed ${seed} round ${round}: showed a text that was never written`);
      assert.equal(reader.length, codePoints(shown), `seed ${seed} round ${round}`);
      // The site answers `sync` with what it has stored, which may itself lag.
      if (ask && random() < 0.3) shown += reader.paint(points.slice(0, Math.floor(random() * points.length)).join("")).append;
    }
    shown += reader.paint(whole).append;
    assert.equal(shown, whole, `seed ${seed} round ${round}`);
    assert.equal(reader.length, points.length, `seed ${seed} round ${round}`);
  }
});

test("pieces kept ahead are bounded, and the answer to sync still completes the text", () => {
  const reader = new Reader();
  for (let i = 1; i < 5000; i++) reader.receive(i * 2, "xy");
  const whole = "xy".repeat(5000);
  reader.paint(whole);
  assert.equal(reader.text, whole);
});
