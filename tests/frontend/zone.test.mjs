// The time zone is told once a browser, and again when it has moved.
import assert from "node:assert/strict";
import test from "node:test";

globalThis.document = { querySelector: () => null };
const { tellZone } = await import("../../frontend/src/chat/zone.js");

function browser(answer = { ok: true, json: async () => ({}) }) {
  const told = [];
  const kept = new Map();
  globalThis.fetch = async (url, { body }) => told.push([url, JSON.parse(body).zone]) && answer;
  return { told, storage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) } };
}

test("it is told until it has arrived, and anew in another zone", async () => {
  const { told, storage } = browser();
  await tellZone("/zone/", storage, "Europe/Paris");
  await tellZone("/zone/", storage, "Europe/Paris");
  await tellZone("/zone/", storage, "Asia/Tokyo");
  assert.deepEqual(told, [["/zone/", "Europe/Paris"], ["/zone/", "Asia/Tokyo"]]);
});

test("what the site refused is told again", async () => {
  const { told, storage } = browser({ ok: false, status: 503, json: async () => ({}) });
  await tellZone("/zone/", storage, "Europe/Paris");
  await tellZone("/zone/", storage, "Europe/Paris");
  assert.equal(told.length, 2);
});

test("a forbidden storage and a browser that does not say where it is hurt nothing", async () => {
  const { told } = browser();
  const forbidden = { getItem() { throw new Error("forbidden"); }, setItem() { throw new Error("forbidden"); } };
  await tellZone("/zone/", forbidden, "Europe/Paris");
  await tellZone("/zone/", forbidden, "");
  assert.equal(told.length, 1);
});
