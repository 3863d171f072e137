// Pages of playlists and of the history: an order that is dragged, by pointer or by keys.

import { gettext, interpolate } from "../../i18n.js";
import { agreed, asked } from "../sending.js";
import { Ordering } from "./ordering.js";

document.addEventListener("submit", (event) => {
  if (!agreed(event)) event.preventDefault();
});

for (const list of document.querySelectorAll("[data-order]")) {
  const status = document.querySelector("[data-order-status]");
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const help = document.querySelector("[data-order-help]");
  if (help) help.hidden = false;
  new Ordering(list, async (item, to) => {
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    await asked(list.dataset.order, { method: "POST", body: new URLSearchParams({ item, to }), headers });
    status.textContent = interpolate(gettext("It stands at place %s now."), [to + 1]);
  }, (words) => (status.textContent = words));
}
