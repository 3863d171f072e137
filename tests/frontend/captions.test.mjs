// Captions being edited, their times, and the transcript's search.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cues } from "../../frontend/src/video/captions/cues.js";
import { read, written } from "../../frontend/src/video/captions/times.js";
import { lineAt, matches } from "../../frontend/src/video/captions/transcript.js";

const two = () => new Cues([[1000, 2000, "one two three"], [3000, 4000, "four", "line:0"]]);
const rows = (cues) => cues.rows.map(({ start, end, text }) => [start, end, text]);

test("times are read as people write them", () => {
  for (const ms of [0, 1, 999, 61_500, 3_599_999, 3_600_000, 359_999_999]) assert.equal(read(written(ms)), ms);
  assert.equal(written(61_500), "1:01.500");
  assert.equal(written(3_661_001), "1:01:01.001");
  assert.equal(read(" 1:02,5 "), 62_500);
  assert.equal(read("90"), 90_000);
  for (const wrong of ["", "x", "1:60", "1:60:00", "-1", "1:2:3:4", "1.2345"]) assert.equal(read(wrong), null);
});

test("a caption is added before the one that follows", () => {
  const cues = two();
  assert.equal(cues.add(2500), 1);
  assert.deepEqual(rows(cues)[1], [2500, 3000, ""]);
  assert.equal(cues.add(2900), 2);
  assert.deepEqual(rows(cues)[2], [2900, 3100, ""], "not shorter than one can read");
  assert.equal(cues.add(9000), 4);
  assert.deepEqual(cues.sent().map(([, , text]) => text), ["one two three", "four"], "what says nothing is not sent");
  for (let at = 0; at < 3; at++) cues.undo();
  assert.deepEqual(rows(cues), rows(two()));
  assert.equal(cues.canUndo, false);
});

test("changing a time keeps the order, and an end before its beginning is refused", () => {
  const cues = two();
  assert.equal(cues.set(0, { start: 5000, end: 6000 }), 1);
  assert.deepEqual(rows(cues)[1], [5000, 6000, "one two three"]);
  assert.equal(cues.set(0, { end: 3000 }), null);
  assert.equal(cues.rows[0].end, 4000);
  assert.equal(cues.rows[0].settings, "line:0");
});

test("a caption is split and joined", () => {
  const cues = two();
  assert.equal(cues.split(0, 1100), false);
  assert.equal(cues.split(0, 1500), true);
  assert.deepEqual(rows(cues).slice(0, 2), [[1000, 1500, "one two"], [1500, 2000, "three"]]);
  assert.equal(cues.join(0), true);
  assert.deepEqual(rows(cues)[0], [1000, 2000, "one two\nthree"]);
  assert.equal(cues.join(1), false);
});

test("all are moved together", () => {
  const cues = two();
  cues.shift(-1500);
  assert.deepEqual(rows(cues), [[0, 500, "one two three"], [1500, 2500, "four"]]);
  cues.shift(-1000);
  assert.deepEqual(rows(cues), [[500, 1500, "four"]]);
  cues.undo();
  cues.undo();
  assert.deepEqual(rows(cues), rows(two()));
});

test("what is said now is found", () => {
  const cues = two();
  assert.deepEqual([0, 1000, 1999, 2000, 3500, 9000].map((at) => cues.at(at)), [-1, 0, 0, -1, 1, -1]);
  assert.deepEqual([0.5, 1, 2.9, 3, 99].map((at) => lineAt([1, 3], at)), [-1, 0, 0, 1, 1]);
  assert.equal(lineAt([], 1), -1);
});

test("every word that is sought has to be in the line", () => {
  assert.ok(matches("Warm STONES here", "stones warm"));
  assert.ok(!matches("Warm stones", "warm sand"));
});
