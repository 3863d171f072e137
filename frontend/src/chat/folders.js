// The folders: their names, where they lie, and what models read in them.

import { gettext, interpolate } from "../i18n.js";
import { address, post } from "./api.js";
import { confirmed } from "./dialogs.js";
import { part } from "./parts.js";
import { folderOptions } from "./views.js";

export class Folders {
  constructor({ dialog, confirm, opener, urls, views, sidebar }) {
    Object.assign(this, { dialog, confirm, urls, views, sidebar });
    this.form = dialog.querySelector("form");
    this.fields = this.form.elements;
    this.error = part(dialog, "error");
    opener.addEventListener("click", () => {
      this.#offer(views.folder ?? "");
      dialog.showModal();
    });
    this.fields.choice.addEventListener("change", () => this.#show());
    part(dialog, "close").addEventListener("click", () => dialog.close());
    part(dialog, "delete").addEventListener("click", () => this.#delete());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  #offer(chosen) {
    this.fields.choice.replaceChildren(new Option(gettext("a new folder"), ""), ...folderOptions(this.views.folders));
    this.fields.parent.replaceChildren(new Option(gettext("no other"), ""), ...folderOptions(this.views.folders));
    this.fields.choice.value = chosen;
    this.#show();
  }

  #show() {
    const folder = this.views.folders.find(({ id }) => id === this.fields.choice.value);
    this.fields.name.value = folder?.name ?? "";
    this.fields.parent.value = folder?.parent ?? "";
    this.fields.system_prompt.value = folder?.system_prompt ?? "";
    part(this.dialog, "delete").hidden = !folder;
    this.error.hidden = true;
  }

  async #save() {
    const { choice, name, parent, system_prompt: prompt } = this.fields;
    const url = choice.value ? address(this.urls.folder, choice.value) : this.urls.folders;
    await this.#try(async () => {
      const { folder } = await post(url, { name: name.value, parent: parent.value, system_prompt: prompt.value });
      await this.sidebar.reload();
      this.#offer(folder);
      this.dialog.close();
    });
  }

  async #delete() {
    const words = gettext("“%s” will be deleted. What lies in it stays, and moves to where the folder lay.");
    if (!(await confirmed(this.confirm, interpolate(words, [this.fields.name.value])))) return;
    await this.#try(async () => {
      await post(address(this.urls.folderDelete, this.fields.choice.value));
      await this.sidebar.reload();
      this.#offer("");
    });
  }

  async #try(work) {
    this.error.hidden = true;
    try {
      await work();
    } catch (error) {
      this.error.textContent = error.message;
      this.error.hidden = false;
    }
  }
}
