import assert from "node:assert/strict";
import { test } from "node:test";
import { keepAway, putAway, showAnnouncements } from "../../frontend/src/announcements.js";

function element() {
  const one = { children: [], dataset: {}, append(...more) { one.children.push(...more); }, querySelector: () => one.children[0], replaceChildren(...more) { one.children = more; one.written = (one.written ?? 0) + 1; } };
  return one;
}

const page = (cookie = "") => ({ cookie, location: { protocol: "https:" }, createElement: element });
const ANNOUNCED = [{ id: 3, text: "Party <b>on</b> Friday", dismissible: true }, { id: 4, text: "New rules", dismissible: false }];

test("what is announced is shown as text, once, and goes when it is over", () => {
  const place = element();
  showAnnouncements(ANNOUNCED, place, page());
  assert.deepEqual(place.children.map((row) => row.children[0].textContent), ["Party <b>on</b> Friday", "New rules"]);
  assert.deepEqual(place.children.map((row) => row.children.length), [2, 1]);
  for (const row of place.children) row.dataset.dismissible = String(row.dataset.dismissible);
  showAnnouncements(ANNOUNCED, place, page());
  assert.equal(place.written, 1);
  showAnnouncements([], place, page());
  assert.equal(place.children.length, 0);
  showAnnouncements(undefined, place, page());
  assert.equal(place.written, 2);
});

test("what was put away stays away, unless it is not to be put away", () => {
  const doc = page("other=1; put-away=3.4");
  const place = element();
  showAnnouncements(ANNOUNCED, place, doc);
  assert.deepEqual(place.children.map((row) => row.children[0].textContent), ["New rules"]);
});

test("the cookie keeps the newest numbers, and nothing else comes out of it", () => {
  const doc = page("put-away=1.2");
  keepAway("1", doc);
  assert.match(doc.cookie, /^put-away=2\.1; Path=\/; Max-Age=\d+; SameSite=Lax; Secure$/);
  assert.deepEqual(putAway("put-away=1.x.<b>.-3.7"), ["1", "7"]);
  const many = page(`put-away=${Array.from({ length: 80 }, (_, number) => number).join(".")}`);
  keepAway("99", many);
  assert.equal(putAway(many.cookie.split(";")[0]).length, 50);
});
