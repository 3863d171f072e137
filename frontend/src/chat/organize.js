// Puts one conversation, or several that were chosen, in order: pin, archive, folder, tags, delete, and the ways back.

import { gettext, interpolate, ngettext, number } from "../i18n.js";
import { post } from "./api.js";
import { confirmed } from "./dialogs.js";
import { part } from "./parts.js";
import { UNTITLED, tagsOf } from "./rows.js";
import { folderOptions } from "./views.js";

const BACK = { archive: "unarchive", delete: "restore" };
const SAID = {
  archive: (count) => ngettext("The conversation was archived.", "%s conversations were archived.", count),
  delete: (count) => ngettext("The conversation was deleted.", "%s conversations were deleted.", count),
};
const UNDONE = "undo-delete";

export class Organize {
  #ids = [];

  constructor({ dialog, confirm, url, sidebar, views, toast, failed }) {
    Object.assign(this, { dialog, confirm, url, sidebar, views, toast, failed });
    this.form = dialog.querySelector("form");
    this.error = part(dialog, "error");
    dialog.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-do]");
      if (button) this.#press(button.dataset.do, button.dataset.tag);
    });
    this.form.elements.tag.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#press("tag");
    });
    sidebar.addEventListener("organize", ({ detail }) => this.open(detail));
    sidebar.addEventListener("delete", ({ detail }) => this.#carryOut("delete", detail).catch((error) => failed(error.message)));
    this.#offerUndo();
  }

  open(ids) {
    if (!ids.length) return;
    this.#ids = ids;
    this.error.hidden = true;
    this.form.elements.tag.value = "";
    this.form.elements.folder.replaceChildren(new Option(gettext("in no folder"), ""), ...folderOptions(this.views.folders));
    document.getElementById("known-tags").replaceChildren(...this.views.tags.map((tag) => new Option(tag)));
    this.#show();
    this.dialog.showModal();
  }

  /** Only what can be done to these is offered. */
  #show() {
    const rows = this.#ids.map((id) => this.sidebar.row(id)).filter(Boolean);
    const trash = this.views.current === "trash";
    const any = (name) => rows.some((row) => row.dataset[name] === "1");
    const all = (name) => rows.every((row) => row.dataset[name] === "1");
    const offered = trash
      ? { restore: true, erase: true }
      : {
          rename: rows.length === 1,
          pin: !all("pinned") && !all("archived"),
          unpin: any("pinned"),
          archive: !all("archived"),
          unarchive: any("archived"),
          unread: !all("unread"),
          read: any("unread"),
          delete: true,
        };
    part(this.dialog, "title").textContent = rows.length === 1 ? rows[0].dataset.title || UNTITLED : conversations(this.#ids.length);
    for (const button of this.dialog.querySelectorAll(".organize-buttons [data-do]")) button.hidden = !offered[button.dataset.do];
    for (const field of this.dialog.querySelectorAll(".not-in-trash")) field.hidden = trash;
    if (rows.length === 1) this.form.elements.folder.value = rows[0].dataset.folder;
    const tags = [...new Set(rows.flatMap(tagsOf))].sort();
    part(this.dialog, "tags").replaceChildren(...tags.map(chip));
  }

  async #press(verb, tag) {
    this.error.hidden = true;
    if (verb === "rename") {
      this.dialog.close();
      this.sidebar.rename(this.sidebar.row(this.#ids[0]));
      return;
    }
    const { folder, tag: field } = this.form.elements;
    if (verb === "erase" && !(await confirmed(this.confirm, lost(this.#ids.length)))) return;
    try {
      await this.#carryOut(verb, this.#ids, { folder: folder.value, tag: tag ?? field.value });
      await this.sidebar.reload();
    } catch (error) {
      this.error.textContent = error.message;
      this.error.hidden = false;
      return;
    }
    if (verb === "tag") field.value = "";
    if (verb === "tag" || verb === "untag") this.#show();
    else this.dialog.close();
  }

  async #carryOut(verb, ids, more = {}) {
    const leaves = verb === "delete" && ids.includes(this.sidebar.current());
    if (leaves) remember(ids);
    try {
      await this.#post(verb, ids, more);
    } catch (error) {
      // The news of it may be here before the answer, and the page on its way out, which ends the request: it was carried out.
      if (leaves && this.sidebar.left) return;
      if (leaves) remember(null);
      throw error;
    }
    // Of what is open the page hears by itself that it is gone, and leaves; the next page offers the way back.
    if (leaves) this.sidebar.leave();
    else this.#sayDone(verb, ids);
    this.sidebar.reload();
  }

  #post(verb, ids, more = {}) {
    return post(this.url, { do: verb, conversations: ids, ...more });
  }

  #sayDone(verb, ids) {
    const back = BACK[verb];
    if (!back) return;
    this.toast.show(interpolate(SAID[verb](ids.length), [number(ids.length)]), () =>
      this.#post(back, ids)
        .then(() => this.sidebar.reload())
        .catch((error) => this.failed(error.message)),
    );
  }

  /** After the page of a deleted conversation was left. */
  #offerUndo() {
    const ids = remembered();
    if (!ids.length) return;
    remember(null);
    this.#sayDone("delete", ids);
  }
}

function conversations(count) {
  return interpolate(ngettext("%s conversation", "%s conversations", count), [number(count)]);
}

function lost(count) {
  const words = ngettext("This conversation cannot be brought back.", "These %s conversations cannot be brought back.", count);
  return interpolate(words, [number(count)]);
}

function chip(tag) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "tool", textContent: `#${tag} ×` });
  Object.assign(button.dataset, { do: "untag", tag, testid: "tag" });
  button.setAttribute("aria-label", interpolate(gettext("Remove the tag %s"), [tag]));
  return button;
}

function remember(ids) {
  try {
    if (ids) sessionStorage.setItem(UNDONE, JSON.stringify(ids));
    else sessionStorage.removeItem(UNDONE);
  } catch {
    /* The trash gives them back too. */
  }
}

function remembered() {
  try {
    const ids = JSON.parse(sessionStorage.getItem(UNDONE) ?? "[]");
    return Array.isArray(ids) ? ids : [];
  } catch {
    return [];
  }
}
