// Pages of personas and lorebooks: the editor's lists, the lorebook, the preview, files that are dropped.

import { assists } from "./assistant.js";
import { BookEditor } from "./book.js";
import { dropFiles } from "./drop.js";
import { previews } from "./preview.js";
import { Rows } from "./rows.js";

for (const box of document.querySelectorAll("[data-book]")) new BookEditor(box, document.getElementById(box.dataset.book));

const form = document.getElementById("persona-form");
if (form) {
  const list = form.querySelector("[data-part=alternatives]");
  // Without a script the spare field is the way to write one.
  list.querySelector("[data-part=spare]")?.remove();
  new Rows(list, form.querySelector("[data-part=add-alternative]"), document.getElementById("alternative-template"));
  previews(form, document.getElementById("preview"));
  assists(form, document.getElementById("assistant"));
  let changed = false;
  form.addEventListener("input", () => (changed = true));
  form.addEventListener("submit", () => (changed = false));
  addEventListener("beforeunload", (event) => changed && event.preventDefault());
}

const cards = document.getElementById("card-import");
if (cards) dropFiles(cards, cards.elements.files);
