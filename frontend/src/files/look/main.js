// The page of a file: keys, what comes later, more of a long text, players.

import { comes } from "./coming.js";
import { plays } from "./playing.js";

const page = document.getElementById("file");

/** The way that a key leads, unless somebody writes or plays. */
const KEYS = { ArrowLeft: "before", ArrowRight: "after", Escape: "up" };

document.addEventListener("keydown", (event) => {
  const way = KEYS[event.key];
  if (!way || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, audio, video, dialog, details[open] summary, [contenteditable], [tabindex='0']")) return;
  page.querySelector(`[data-key=${way}]`)?.click();
});

function dress(viewer) {
  plays(viewer);
  readsOn(viewer);
  showsPages(viewer);
}

function readsOn(viewer) {
  const sheet = viewer.querySelector("[data-pieces]");
  const button = sheet?.querySelector("button");
  if (!button) return;
  let next = 1;
  button.hidden = false;
  button.onclick = async () => {
    button.disabled = true;
    try {
      const answer = await fetch(sheet.dataset.more.replace(/0$/, next), { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      // What the site rendered itself, as the first piece.
      sheet.querySelector("[data-place]").insertAdjacentHTML("beforeend", await answer.text());
      next += 1;
    } finally {
      button.disabled = false;
      button.hidden = next >= Number(sheet.dataset.pieces);
    }
  };
}

async function showsPages(viewer) {
  const place = viewer.querySelector("[data-pdf]");
  if (place) (await import(place.dataset.pdf)).show(place, viewer.dataset.content);
}

if (page.hasAttribute("data-coming")) comes(page, dress);
dress(document.getElementById("viewer"));
