// What a block of code is called as a file, and what the frame that draws diagrams is believed.
import assert from "node:assert/strict";
import test from "node:test";
import { fileName } from "../../frontend/src/chat/code_names.js";
import { isDrawing, pictureOf } from "../../frontend/src/chat/drawing.js";

test("a file has the extension of its language", () => {
  for (const [language, name] of [
    ["python", "code-1.py"], ["Python", "code-1.py"], ["C++", "code-1.cpp"], ["go", "code-1.go"], ["dockerfile", "Dockerfile"],
    ["", "code-1.txt"], ["plaintext", "code-1.txt"], ["constructor", "code-1.txt"], ["../../etc/passwd", "code-1.txt"], ["a b", "code-1.txt"],
  ]) assert.equal(fileName(language, 1), name, language);
});

const DRAWN = { svg: "<svg></svg>", width: 10, height: 20.4 };

test("a drawing is a picture of a size that can be", () => {
  assert.equal(isDrawing(DRAWN), true);
  for (const wrong of [
    { svg: "<html></html>" }, { svg: 7 }, { svg: `<svg>${"x".repeat(3_000_001)}` }, { width: 0 }, { width: "10" }, { width: NaN },
    { height: Infinity }, { height: 1e9 }, { height: undefined }, { error: "no", svg: undefined },
  ]) assert.equal(isDrawing({ ...DRAWN, ...wrong }), false, JSON.stringify(wrong).slice(0, 60));
});

test("it becomes the address of an image, whatever it holds", () => {
  const { src, width, height, title } = pictureOf({ ...DRAWN, svg: '<svg>"#%</svg>', title: { toString: () => "x" } });
  assert.equal(src, "data:image/svg+xml;charset=utf-8,%3Csvg%3E%22%23%25%3C%2Fsvg%3E");
  assert.deepEqual([width, height, title], [10, 20, ""]);
});
