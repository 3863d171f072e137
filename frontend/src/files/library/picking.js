// The dialog in which one picks a folder to move or copy to: the site's own page for it, a folder at a time.

import { getForm, sendForm } from "./asking.js";

export class Picker {
  /** `done(answer)` and `failed(error)` are told how it went. */
  constructor(dialog, { done, failed }) {
    Object.assign(this, { dialog, done, failed });
    dialog.addEventListener("submit", (event) => this.#submitted(event));
    dialog.addEventListener("click", (event) => {
      if (!event.target.closest("[data-cancel]")) return;
      event.preventDefault();
      dialog.close();
    });
  }

  async open(url, items) {
    try {
      await this.#show(url, [["items", items.join(",")]]);
    } catch (error) {
      this.failed(error);
    }
  }

  async #show(url, fields) {
    const page = await getForm(url, fields);
    this.dialog.replaceChildren(page.querySelector("[data-pick]"));
    if (!this.dialog.open) this.dialog.showModal();
    else this.dialog.querySelector("h1").focus();
  }

  async #submitted(event) {
    event.preventDefault();
    const form = event.target;
    const fields = [...new FormData(form, event.submitter)];
    const url = form.getAttribute("action");
    try {
      if (event.submitter.name !== "target") await this.#show(url, fields);
      else {
        const answer = await sendForm(url, fields);
        this.dialog.close();
        this.done(answer);
      }
    } catch (error) {
      this.dialog.close();
      this.failed(error);
    }
  }
}
