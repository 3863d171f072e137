import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const css = await readFile(new URL("../../frontend/src/css/tokens.css", import.meta.url), "utf8");
const colours = Object.fromEntries([...css.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((match) => [match[1], match[2]]));

// WCAG 2.2, relative luminance and contrast ratio.
function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function atLeast(least, front, back) {
  assert.ok(colours[front] && colours[back], `${front} or ${back} is not a six-digit colour of tokens.css`);
  const found = ratio(colours[front], colours[back]);
  assert.ok(found >= least, `${front} on ${back}: ${found.toFixed(2)}, needs ${least}`);
}

const GROUNDS = ["page", "scan", "surface", "raised", "hover"];

test("the formula gives the known extremes", () => {
  assert.equal(ratio("#000000", "#ffffff"), 21);
  assert.ok(Math.abs(ratio("#767676", "#ffffff") - 4.54) < 0.01);
});

test("every text colour reads on every ground (AA, 4.5)", () => {
  for (const back of GROUNDS) for (const front of ["text", "muted", "phosphor", "phosphor-dim", "amber", "red"]) atLeast(4.5, front, back);
});

test("text on filled buttons and reversed menu entries reads (AA, 4.5)", () => {
  for (const back of ["phosphor", "phosphor-dim", "amber"]) atLeast(4.5, "on-phosphor", back);
  atLeast(4.5, "on-amber", "amber");
  atLeast(4.5, "on-red", "red");
  atLeast(4.5, "text", "selection");
});

test("highlighted code reads on its ground (AA, 4.5)", () => {
  for (const front of ["text", "code-comment", "code-keyword", "code-string", "code-number", "code-name", "code-type", "red", "amber", "muted"]) {
    atLeast(4.5, front, "code-bg");
  }
});

test("edges of controls and the focus ring can be seen (non-text, 3)", () => {
  for (const back of GROUNDS) {
    atLeast(3, "control-line", back);
    atLeast(3, "amber", back);
  }
});
