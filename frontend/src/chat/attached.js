// Files of messages that were sent: small pictures and names below the text, and a dialog that shows what is in them.

import { gettext, interpolate, ngettext, number } from "../i18n.js";
import { address, getText } from "./api.js";
import { part } from "./parts.js";
import { canPaste, saveAsPaste } from "./pasting.js";

const urls = () => document.getElementById("chat").dataset;

export function size(bytes) {
  if (bytes < 1_000) return interpolate(ngettext("%s byte", "%s bytes", bytes), [number(bytes)]);
  if (bytes < 1_000_000) return interpolate(gettext("%s KB"), [number(Math.round(bytes / 1_000))]);
  return interpolate(gettext("%s MB"), [number(Math.round(bytes / 100_000) / 10)]);
}

/** What is said of a file beside its name. */
export function facts({ kind, width, height, length, cut }) {
  const words = kind === "image" ? `${number(width)} × ${number(height)}` : interpolate(ngettext("%s character", "%s characters", length), [number(length)]);
  return cut ? `${words}. ${cut}` : words;
}

/** Puts the files of a message below its text, from the server's own pattern. */
export function fillAttached(article, attachments) {
  part(article, "attached")?.remove();
  if (!attachments?.length) return;
  const list = Object.assign(document.createElement("ul"), { className: "attached" });
  list.dataset.part = "attached";
  list.append(...attachments.map(row));
  part(article, "body").after(list);
}

function row(file) {
  const { urlAttachImage, urlAttachText, urlAttachThumbnail } = urls();
  const pattern = document.getElementById(file.kind === "image" ? "attached-image" : "attached-document");
  const item = pattern.content.firstElementChild.cloneNode(true);
  const link = item.querySelector("a");
  Object.assign(link.dataset, { attached: file.id, kind: file.kind, name: file.name, facts: facts(file), source: file.source, stored: file.stored ? "1" : "" });
  link.href = address(file.kind === "image" ? urlAttachImage : urlAttachText, file.id);
  const picture = item.querySelector("img");
  if (picture) Object.assign(picture, { src: address(urlAttachThumbnail, file.id), alt: file.name });
  else {
    part(item, "name").textContent = file.name;
    part(item, "facts").textContent = facts(file);
  }
  return item;
}

/** Opens a file of `list` in `dialog` when it is pressed; with a modifier key the browser opens it as it likes. */
export function showing(list, dialog) {
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-attached]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link, dialog);
  });
  // The event comes after the closing: by then the dialog may show the next one.
  dialog.addEventListener("close", () => dialog.open || part(dialog, "shown").replaceChildren());
}

async function show(link, dialog) {
  const { attached, kind, name, facts: words, source, stored } = link.dataset;
  part(dialog, "name").textContent = name;
  part(dialog, "facts").textContent = words;
  const from = part(dialog, "source");
  from.hidden = !source;
  if (source) Object.assign(from.querySelector("a"), { href: source, textContent: source });
  const save = part(dialog, "save");
  save.href = address(urls().urlAttachFile, attached);
  save.hidden = !stored;
  const keep = part(dialog, "paste");
  keep.hidden = true;
  const shown = part(dialog, "shown");
  shown.replaceChildren();
  dialog.showModal();
  if (kind === "image") {
    shown.append(Object.assign(document.createElement("img"), { src: link.href, alt: name }));
    return;
  }
  const text = Object.assign(document.createElement("pre"), { textContent: gettext("Loading…"), tabIndex: 0 });
  shown.append(text);
  try {
    text.textContent = await getText(link.href);
    keep.hidden = !canPaste();
    keep.onclick = () => saveAsPaste(name, text.textContent);
  } catch (error) {
    text.textContent = error.message;
  }
}
