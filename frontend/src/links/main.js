// Pages of short links: addresses to copy, whether a slug is free, QR codes, rules as fields, all ticked at once.
import { copyFrom } from "../chat/copy.js";
import { followCounts } from "./live.js";
import { QrPreview } from "./qr.js";
import { RulesEditor } from "./rules.js";
import { SlugField } from "./slug.js";

for (const button of document.querySelectorAll("[data-copy], [data-copy-text]")) {
  const field = document.getElementById(button.dataset.copy ?? "");
  button.hidden = false;
  button.addEventListener("click", () => copyFrom(button, field ? field.value : button.dataset.copyText));
  field?.addEventListener("focus", () => field.select());
}

for (const form of document.querySelectorAll("[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  });
}

const many = document.querySelector("[data-many]");
if (many) {
  const all = many.querySelector("[data-all]");
  const boxes = [...many.querySelectorAll("[name=link]")];
  all.parentElement.hidden = false;
  all.addEventListener("change", () => boxes.forEach((box) => (box.checked = all.checked)));
  many.addEventListener("change", () => (all.checked = boxes.every((box) => box.checked)));
}

const form = document.querySelector("form[data-slug-url]");
if (form) {
  const qr = document.querySelector("[data-qr]");
  const preview = qr && new QrPreview(qr);
  new SlugField(form, (slug, domain) => preview?.show(slug, domain));
}

const counts = document.querySelector("[data-live]");
if (counts) followCounts(counts);

const rules = document.querySelector("[data-rules]");
if (rules) new RulesEditor(rules, rules.querySelector("textarea"));
