// The title of a conversation, changed in its own row.

import { gettext } from "../i18n.js";

/** @param {(title: string) => void} keep Called when another title was written. */
export function rename(row, keep) {
  const link = row.querySelector("a");
  const input = Object.assign(document.createElement("input"), { className: "row-rename", value: row.dataset.title, maxLength: 200 });
  input.setAttribute("aria-label", gettext("Title"));
  let over = false;
  const finish = (kept) => {
    if (over) return;
    over = true;
    const title = input.value.trim();
    input.replaceWith(link);
    if (kept && title && title !== row.dataset.title) keep(title);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) finish(true);
    else if (event.key === "Escape") finish(false);
    else return;
    event.preventDefault();
    link.focus();
  });
  input.addEventListener("blur", () => finish(true));
  link.replaceWith(input);
  input.select();
}

export const isRenamed = (place) => place.querySelector(".row-rename") !== null;
