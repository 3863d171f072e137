// What a page's scripts weigh on the wire before anything is asked of them: the built files, with all they import, as gzip sends them.

import assert from "node:assert/strict";
import { readFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const built = join(dirname(fileURLToPath(import.meta.url)), "../../frontend/dist/ml");
const MOST = 150_000;

/** Static imports of a bundle. What is asked for by `import()` comes on demand. */
function imports(source) {
  return [...source.matchAll(/(?:\bfrom|^import|[;}\s]import)\s*["'](\.[^"']+)["']/g)].map((found) => found[1]);
}

function weight(name, read = (file) => readFileSync(join(built, file))) {
  const seen = new Set();
  const waiting = [name];
  let bytes = 0;
  while (waiting.length) {
    const file = waiting.pop();
    if (seen.has(file)) continue;
    seen.add(file);
    const source = read(file);
    bytes += gzipSync(source).length;
    for (const other of imports(String(source))) waiting.push(join(dirname(file), other));
  }
  return { bytes, files: [...seen].sort() };
}

for (const page of ["chat.js", "shared.js", "nodes.js", "sealed.js", "sealed-new.js", "video-player.js"]) {
  test(`${page} and what every page has weigh under 150 KB`, { skip: !existsSync(join(built, page)) && "make assets first" }, () => {
    const { bytes, files } = weight(page);
    const whole = bytes + weight("site.js").bytes;
    assert.ok(bytes > 100, "the bundle was not found");
    assert.ok(whole < MOST, `${whole} bytes: ${files}`);
    assert.ok(!files.includes("math.js"), "what draws formulas is loaded with the page");
  });
}

test("modules that a module imports count, and those asked for on demand do not", () => {
  const files = {
    "a.js": 'import{x}from"./b.js";import "./c/d.js";const later=()=>import("./heavy.js");',
    "b.js": 'import {y} from "./a.js"; export { z } from "./e.js";',
    "c/d.js": 'import {e} from "../e.js";',
    "e.js": "export const e = 1;",
    "heavy.js": "x".repeat(1000),
  };
  assert.deepEqual(weight("a.js", (file) => files[file]).files, ["a.js", "b.js", "c/d.js", "e.js"]);
});
