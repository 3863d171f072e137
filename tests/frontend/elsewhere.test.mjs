import assert from "node:assert/strict";
import test from "node:test";
import { Elsewhere } from "../../frontend/src/chat/elsewhere.js";

test("answers out of sight are asked about every five seconds, and stopped together", () => {
  let now = 0;
  const sent = [];
  const elsewhere = new Elsewhere({ send: (frame) => sent.push(frame) }, () => now);
  elsewhere.add("g1");
  now = 4000;
  elsewhere.add("g2");
  elsewhere.tick();
  assert.deepEqual(sent, []);
  now = 6000;
  elsewhere.tick();
  elsewhere.tick();
  assert.deepEqual(sent.splice(0), [{ type: "sync", generation: "g1", length: 0 }]);
  elsewhere.stop();
  assert.deepEqual(sent.map(({ type, generation }) => [type, generation]), [["stop", "g1"], ["stop", "g2"]]);
  assert.equal(elsewhere.remove("g1"), true);
  assert.equal(elsewhere.remove("g1"), false);
  assert.equal(elsewhere.any, true);
});
