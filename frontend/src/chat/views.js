// Which list the side bar shows: all, unread, archived, the trash, a folder or a tag.

import { gettext } from "../i18n.js";

const WAYS = [
  ["", gettext("All")],
  ["unread", gettext("Unread")],
  ["archived", gettext("Archived")],
  ["trash", gettext("Trash")],
];
const KEPT = "view";

/** What a select offers of folders, indented as they lie in one another. */
export function folderOptions(folders, value = (folder) => folder.id) {
  return folders.map((folder) => new Option(`${"\u2003".repeat(folder.depth)}${folder.name}`, value(folder)));
}

/** Tells by "changed" that another list was chosen, by "offered" that folders or tags are others. */
export class Views extends EventTarget {
  folders = [];
  tags = [];

  constructor(select, storage, shelf) {
    super();
    this.select = select;
    this.storage = storage;
    let kept = "";
    try {
      kept = storage.getItem(KEPT) ?? "";
    } catch {
      /* Without a storage each page begins with all. */
    }
    this.offer(shelf.folders, shelf.tags);
    this.#choose(kept);
    select.addEventListener("change", () => {
      this.#keep();
      this.dispatchEvent(new Event("changed"));
    });
  }

  get current() {
    return this.select.value;
  }

  /** The folder that is shown, or null. */
  get folder() {
    return this.current.startsWith("folder:") ? this.current.slice(7) : null;
  }

  /** Whether a conversation that was just made or changed belongs into the list. */
  holds({ archived, folder }) {
    return !archived && (this.current === "" || (this.folder !== null && this.folder === folder));
  }

  offer(folders, tags) {
    const chosen = this.select.value;
    this.folders = folders;
    this.tags = tags;
    this.select.replaceChildren(
      ...WAYS.map(([value, text]) => new Option(text, value)),
      ...group(gettext("Folders"), folderOptions(folders, ({ id }) => `folder:${id}`)),
      ...group(gettext("Tags"), tags.map((tag) => new Option(`#${tag}`, `tag:${tag}`))),
    );
    this.#choose(chosen);
    this.dispatchEvent(new Event("offered"));
    // The list that was shown may be gone: its folder was deleted, or its tag is on nothing any more.
    if (this.select.value !== chosen) this.dispatchEvent(new Event("changed"));
  }

  #choose(value) {
    this.select.value = value;
    if (this.select.selectedIndex < 0) this.select.value = "";
    this.#keep();
  }

  #keep() {
    try {
      this.storage.setItem(KEPT, this.select.value);
    } catch {
      /* See above. */
    }
  }
}

function group(label, options) {
  if (!options.length) return [];
  const box = Object.assign(document.createElement("optgroup"), { label });
  box.append(...options);
  return [box];
}
