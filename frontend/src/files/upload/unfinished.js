// What an earlier visit did not end: said with which file to choose again, or opened again where the browser can.

import { gettext, interpolate, ngettext, number } from "../../i18n.js";
import { groups } from "./matching.js";
import { reopened } from "./sources.js";
import { size } from "./words.js";

const part = (place, name) => place.querySelector(`[data-part="${name}"]`);

export class Unfinished {
  /** `go(pairs)` gets `{record, file}` that can go on; `drop(records)` those that nobody wants; `choose(group)` opens the field. */
  constructor({ box, go, drop, choose, say }) {
    Object.assign(this, { box, go, drop, choose, say });
    this.records = [];
    this.list = part(box, "list");
    this.pattern = part(box, "row").content.firstElementChild;
    box.addEventListener("click", ({ target }) => this.#pressed(target.closest("button[data-do]")));
  }

  show(records) {
    this.records = records;
    this.groups = groups(records);
    this.box.hidden = !records.length;
    this.list.replaceChildren(...this.groups.map((group) => this.#row(group)));
  }

  /** These go on, or are gone. */
  without(records) {
    const ids = new Set(records.map(({ id }) => id));
    this.show(this.records.filter(({ id }) => !ids.has(id)));
  }

  #row(group) {
    const row = this.pattern.cloneNode(true);
    row.dataset.group = group.key;
    part(row, "name").textContent = group.name;
    part(row, "facts").textContent = facts(group);
    const again = row.querySelector("[data-do=choose]");
    again.textContent = group.records[0].handle ? gettext("Go on") : group.isFolder ? gettext("Choose the folder again") : gettext("Choose the file again");
    again.setAttribute("aria-label", `${again.textContent}: ${group.name}`);
    const drop = row.querySelector("[data-do=drop]");
    drop.setAttribute("aria-label", interpolate(gettext("Give up %s"), [group.name]));
    return row;
  }

  async #pressed(button) {
    const row = button?.closest("[data-group]");
    const group = row && this.groups.find(({ key }) => key === row.dataset.group);
    if (!group) return;
    if (button.dataset.do === "drop") {
      await this.drop(group.records);
      this.without(group.records);
      this.say(interpolate(gettext("%s was given up."), [group.name]));
      return;
    }
    const kept = group.records.filter(({ handle }) => handle);
    const open = [];
    for (const record of kept) {
      const file = await reopened(record);
      if (file && file.size === record.size && (file.lastModified ?? 0) === record.modified) open.push({ record, file });
      // Leave is given or refused once for all of a folder.
      else if (!open.length) break;
    }
    if (open.length) this.go(open);
    else this.choose(group);
  }
}

function facts({ records, isFolder, size: bytes, sent, name }) {
  const parts = [interpolate(gettext("%(sent)s of %(all)s have arrived"), { sent: size(sent), all: size(bytes) })];
  if (isFolder) parts.unshift(interpolate(ngettext("%s file of this folder is missing", "%s files of this folder are missing", records.length), [number(records.length)]));
  if (!records[0].handle) parts.push(interpolate(isFolder ? gettext("choose the folder “%s” of this device again to go on") : gettext("choose “%s” of this device again to go on"), [name]));
  return parts.join(" · ");
}
