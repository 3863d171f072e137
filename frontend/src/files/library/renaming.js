// Renaming in the place where the name stands.

import { gettext } from "../../i18n.js";

/** Resolves to the new name, or to null when it stays. Enter takes it, Escape leaves it, and so does going elsewhere with nothing changed. */
export function askName(row) {
  const place = row.querySelector(".entry-name");
  const link = place.querySelector("a");
  const before = row.dataset.name;
  const field = Object.assign(document.createElement("input"), { value: before, maxLength: 255, autocomplete: "off" });
  field.setAttribute("aria-label", gettext("New name"));
  field.dataset.testid = "new-name";
  link.hidden = true;
  place.prepend(field);
  field.focus();
  // The ending stays unless it is meant.
  const dot = row.dataset.item.startsWith("file:") ? before.lastIndexOf(".") : -1;
  field.setSelectionRange(0, dot > 0 ? dot : before.length);
  return new Promise((resolve) => {
    let over = false;
    const end = (name) => {
      if (over) return;
      over = true;
      link.hidden = false;
      field.remove();
      resolve(name && name !== before ? name : null);
    };
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter") end(field.value.trim());
      else if (event.key === "Escape") end(null);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    field.addEventListener("blur", () => end(field.value.trim()));
  });
}
