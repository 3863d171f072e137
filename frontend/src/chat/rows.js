// A row of the side bar, from the server's own template.

import { gettext, interpolate } from "../i18n.js";
import { part } from "./parts.js";

export const UNTITLED = gettext("New conversation");

const VERBS = { rename: gettext("Rename %s"), delete: gettext("Delete %s"), more: gettext("More about %s") };

export function newRow() {
  return document.getElementById("row-template").content.firstElementChild.cloneNode(true);
}

/** `tags` null: as they were told before. */
export function fillRow(row, { id, title, updated, pinned, archived, unread, folder, tags }, url) {
  const name = title || UNTITLED;
  Object.assign(row.dataset, {
    conversation: id,
    title,
    updated,
    pinned: pinned ? "1" : "",
    archived: archived ? "1" : "",
    unread: unread ? "1" : "",
    folder: folder ?? "",
  });
  if (tags) row.dataset.tags = tags.join(" ");
  const link = row.querySelector("a");
  if (link) {
    link.href = url;
    link.title = name;
    part(link, "title").textContent = name;
    part(link, "tags").textContent = tagsOf(row).map((tag) => ` #${tag}`).join("");
  }
  row.querySelector(".row-pick").setAttribute("aria-label", interpolate(gettext("Choose %s"), [name]));
  for (const button of row.querySelectorAll("button")) button.setAttribute("aria-label", interpolate(VERBS[button.dataset.action], [name]));
}

export const tagsOf = (row) => (row.dataset.tags || "").split(" ").filter(Boolean);
