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

/** A text in deltas, the first `thought` code points of it thinking: none of it, some, or all. */
function pieces(random) {
  const points = Array.from({ length: 1 + Math.floor(random() * 80) }, () => [...ALPHABET[Math.floor(random() * ALPHABET.length)]]).flat();
  const thought = random() < 0.3 ? 0 : Math.min(points.length, Math.floor(random() * points.length * 1.2));
  const deltas = [];
  for (let at = 0; at < points.length; ) {
    const thinking = at < thought;
    const size = Math.min(1 + Math.floor(random() * 6), (thinking ? thought : points.length) - at);
    deltas.push({ offset: at, text: points.slice(at, at + size).join(""), thinking });
    at += size;
  }
  return { points, thought, deltas };
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
  assert.deepEqual(reader.receive(0, "Hello "), { thought: "", append: "Hello ", ask: false });
  assert.deepEqual(reader.receive(6, "🦎!"), { thought: "", append: "🦎!", ask: false });
  assert.equal(reader.length, 8);
});

test("of a delta behind the end only the new part counts", () => {
  const reader = new Reader();
  reader.receive(0, "ab🦎");
  assert.deepEqual(reader.receive(1, "b🦎cd"), { thought: "", append: "cd", ask: false });
  assert.deepEqual(reader.receive(0, "ab"), { thought: "", append: "", ask: false });
  assert.equal(reader.text, "ab🦎cd");
});

test("a delta ahead of the end is kept, and asked for what is between", () => {
  const reader = new Reader();
  reader.receive(0, "ab");
  assert.deepEqual(reader.receive(4, "ef"), { thought: "", append: "", ask: true });
  assert.deepEqual(reader.receive(6, "gh"), { thought: "", append: "", ask: true });
  assert.deepEqual(reader.receive(2, "cd"), { thought: "", append: "cdefgh", ask: false });
});

test("a painted text that goes on from ours is appended, a shorter one changes nothing", () => {
  const reader = new Reader();
  reader.receive(0, "abc");
  assert.deepEqual(reader.paint("abcdef"), { thought: "", append: "def", replace: false });
  assert.deepEqual(reader.paint("ab"), { thought: "", append: "", replace: false });
  assert.deepEqual(reader.paint(""), { thought: "", append: "", replace: false });
  assert.equal(reader.text, "abcdef");
});

test("a painted text that contradicts ours replaces it", () => {
  const reader = new Reader();
  reader.receive(0, "abc");
  assert.deepEqual(reader.paint("abX"), { thought: "", append: "abX", replace: true });
  assert.equal(reader.length, 3);
});

test("thinking and answer are handed out apart, and their lengths count both", () => {
  const reader = new Reader();
  assert.deepEqual(reader.receive(0, "Hm 🦎", true), { thought: "Hm 🦎", append: "", ask: false });
  assert.deepEqual(reader.receive(4, "Yes.", false), { thought: "", append: "Yes.", ask: false });
  assert.deepEqual([reader.text, reader.length, reader.thinking], ["Hm 🦎Yes.", 8, 4]);
  assert.deepEqual(new Reader().paint("Hm 🦎Yes.", 4), { thought: "Hm 🦎", append: "Yes.", replace: false });
});

test("thinking that was kept ahead stays thinking", () => {
  const reader = new Reader();
  reader.receive(2, "cd", true);
  reader.receive(4, "ef", false);
  assert.deepEqual(reader.receive(0, "ab", true), { thought: "abcd", append: "ef", ask: false });
});

test("thinking after the answer, or an answer where thinking was, is not shown but asked about", () => {
  const reader = new Reader();
  reader.receive(0, "hm", true);
  assert.deepEqual(reader.receive(1, "no", false), { thought: "", append: "", ask: true });
  reader.receive(2, "yes", false);
  assert.deepEqual(reader.receive(5, "hm", true), { thought: "", append: "", ask: true });
  assert.equal(reader.text, "hmyes");
});

test("a painting whose boundary lies elsewhere replaces what was shown", () => {
  const reader = new Reader();
  reader.receive(0, "hm ", true);
  reader.receive(3, "yes", false);
  assert.deepEqual(reader.paint("hm yes", 3), { thought: "", append: "", replace: false });
  assert.deepEqual(reader.paint("hm y", 4), { thought: "hm y", append: "", replace: true });
  assert.deepEqual(reader.paint("hm y", 2), { thought: "hm", append: " y", replace: true });
  assert.equal(reader.thinking, 2);
});

test("whatever is lost, doubled or out of order, the reader ends with the whole text and never showed a wrong one", () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  const random = seeded(seed);
  for (let round = 0; round < 2000; round++) {
    const { points, thought, deltas } = pieces(random);
    const [thoughts, answer] = [points.slice(0, thought).join(""), points.slice(thought).join("")];
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
    const shown = { thought: "", append: "" };
    const show = (out) => {
      shown.thought += out.thought;
      shown.append += out.append;
      assert.ok(!out.replace, `seed ${seed} round ${round}: replaced what was right`);
    };
    for (const { offset, text, thinking } of arriving) {
      const out = reader.receive(offset, text, thinking);
      show(out);
      assert.ok(thoughts.startsWith(shown.thought), `seed ${seed} round ${round}: showed a thought that was never written`);
      assert.ok(answer.startsWith(shown.append), `seed ${seed} round ${round}: showed a text that was never written`);
      assert.equal(reader.length, codePoints(shown.thought + shown.append), `seed ${seed} round ${round}`);
      // The site answers `sync` with what it has stored, which may itself lag.
      if (out.ask && random() < 0.3) {
        const stored = Math.floor(random() * points.length);
        show(reader.paint(points.slice(0, stored).join(""), Math.min(stored, thought)));
      }
    }
    show(reader.paint(points.join(""), thought));
    assert.deepEqual(shown, { thought: thoughts, append: answer }, `seed ${seed} round ${round}`);
    assert.deepEqual([reader.length, reader.thinking], [points.length, thought], `seed ${seed} round ${round}`);
  }
});

test("pieces kept ahead are bounded, and the answer to sync still completes the text", () => {
  const reader = new Reader();
  for (let i = 1; i < 5000; i++) reader.receive(i * 2, "xy");
  const whole = "xy".repeat(5000);
  reader.paint(whole);
  assert.equal(reader.text, whole);
});
