// A file changed by hand: in the editor of pastes, which is loaded for it, or in a plain field where that cannot be.

import { gettext } from "../i18n.js";
import { sure } from "./sure.js";

export class Editor {
  open = false;
  newest = 0;
  #code = null;
  #first = "";

  /** `saved(text)` may fail, and what was written stays; `ended()` when it is given up. */
  constructor(form, data, saved, ended) {
    Object.assign(this, { form, data, ended });
    this.area = form.querySelector("textarea");
    this.error = form.querySelector("[data-part=error]");
    form.addEventListener("submit", (event) => this.#submit(event, saved));
    form.querySelector("[data-part=cancel]").addEventListener("click", () => this.leave());
    form.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s") {
        event.preventDefault();
        form.requestSubmit();
      }
    });
  }

  show(on) {
    this.form.hidden = !on;
    this.open = on;
    this.form.querySelector(".cm-editor")?.remove();
    this.#code = null;
    this.area.hidden = false;
  }

  async begin(text, file) {
    this.newest = file.newest;
    this.error.hidden = true;
    this.area.value = this.#first = text;
    this.area.focus();
    try {
      const { edit } = await import(this.data.editor);
      // Somebody may have begun to write, or given it up, in the meantime.
      if (!this.open || this.area.value !== text) return;
      this.#code = edit(this.area, this.data.nonce, gettext("Text of the file"));
      this.#code.language(file.kind, file.name);
      this.form.querySelector(".cm-content").focus();
    } catch {
      /* The plain field does, too. */
    }
  }

  /** Asks before what was written is lost; false: it goes on. */
  async leave() {
    if (!this.open) return true;
    const words = gettext("What you changed in this file is not saved. Throw it away?");
    if (this.#text() !== this.#first && !(await sure(words, gettext("Throw away")))) return false;
    if (this.open) this.ended();
    return true;
  }

  #text() {
    return this.#code ? this.#code.text() : this.area.value;
  }

  async #submit(event, saved) {
    event.preventDefault();
    const button = this.form.querySelector("[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    this.error.hidden = true;
    try {
      await saved(this.#text());
    } catch (error) {
      this.error.textContent = error.message;
      this.error.hidden = false;
    } finally {
      button.disabled = false;
    }
  }
}
