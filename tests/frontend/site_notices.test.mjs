import assert from "node:assert/strict";
import { test } from "node:test";
import { showSiteNotices } from "../../frontend/src/chat/site_notices.js";

function place() {
  let written = 0;
  const line = () => {
    let text = "";
    return { hidden: true, get textContent() { return text; }, set textContent(value) { written += 1; text = value; } };
  };
  const lines = { "[data-part=warning]": line() };
  return { lines, written: () => written, querySelector: (selector) => lines[selector] };
}

test("what is said appears, stays unwritten while it is the same, and goes", () => {
  const root = place();
  showSiteNotices({ warning: "Back at noon." }, root);
  const warning = root.lines["[data-part=warning]"];
  assert.equal(warning.textContent, "Back at noon.");
  assert.equal(warning.hidden, false);
  showSiteNotices({ warning: "Back at noon." }, root);
  assert.equal(root.written(), 1);
  showSiteNotices({ warning: "" }, root);
  assert.equal(warning.hidden, true);
});

test("a status that says nothing of it changes nothing, and neither does a page without the place", () => {
  const root = place();
  showSiteNotices({ state: "live" }, root);
  assert.equal(root.written(), 0);
  showSiteNotices({ warning: "Back at noon." }, null);
});
