import assert from "node:assert/strict";
import { test } from "node:test";

import { waitForFile } from "../../frontend/src/video/download.js";

const panel = { querySelector: () => ({}), dataset: { download: "/v/x/download/720p" } };

async function run(answers) {
  const asked = [], went = [], waits = [];
  let reloads = 0;
  waitForFile(panel, {
    ask: async (url) => {
      asked.push(url);
      const next = answers.shift();
      if (next instanceof Error) throw next;
      return { ok: (next.status ?? 200) < 400, status: next.status ?? 200, json: async () => next };
    },
    go: (url) => went.push(url), again: (look) => waits.push(look), reload: () => (reloads += 1),
  });
  while (waits.length) await waits.shift()();
  return { asked: asked.length, went, reloads };
}

test("a file is fetched once it is there, whatever happens on the way", async () => {
  const found = await run([{ state: "waiting", url: null }, new TypeError("away"), { status: 503 }, { state: "ready", url: "/file" }]);
  assert.deepEqual(found, { asked: 4, went: ["/file"], reloads: 0 });
});

test("what failed is said by the page", async () => {
  assert.deepEqual(await run([{ state: "failed", url: null }]), { asked: 1, went: [], reloads: 1 });
  assert.deepEqual(await run([{ status: 404 }]), { asked: 1, went: [], reloads: 1 });
});
