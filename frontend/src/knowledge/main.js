// A collection's page: files go out one after another, each with its progress and what came of it.

import { dropFiles } from "../personas/drop.js";
import { gettext, interpolate } from "../i18n.js";

const form = document.getElementById("add-files");

if (form) {
  const field = form.elements.files;
  const button = form.querySelector("button");
  dropFiles(form, field);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const files = [...field.files];
    field.value = "";
    button.disabled = true;
    const rows = files.map((file) => new Coming(file));
    form.querySelector("[data-part=coming]").replaceChildren(...rows.map(({ row }) => row));
    let failed = false;
    for (const coming of rows) failed = !(await coming.send(form)) || failed;
    button.disabled = false;
    // What could not be read stays to be seen; the rest stands in the list anew.
    if (!failed) location.reload();
  });
}

class Coming {
  constructor(file) {
    this.file = file;
    this.row = document.createElement("li");
    this.bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
    this.bar.setAttribute("aria-label", file.name);
    this.words = Object.assign(document.createElement("span"), { className: "muted", textContent: gettext("waits") });
    this.row.append(`${file.name} `, this.bar, " ", this.words);
    this.row.dataset.testid = "coming";
  }

  /** True when it was read. */
  async send(form) {
    const body = new FormData();
    body.append("files", this.file);
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    try {
      const { document: made } = await this.#post(form.action, body);
      this.bar.remove();
      this.words.textContent = made.error || gettext("added");
      this.words.classList.toggle("why-not", Boolean(made.error));
      return !made.error;
    } catch ({ message }) {
      this.bar.remove();
      this.words.textContent = message;
      this.words.classList.add("why-not");
      return false;
    }
  }

  // Not fetch: that tells nothing of how far an upload is.
  #post(url, body) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        this.bar.value = total ? loaded / total : 0;
        this.words.textContent = loaded < total ? interpolate(gettext("%s %"), [Math.round((100 * loaded) / total)]) : gettext("is read");
      });
      request.addEventListener("error", () => reject(new Error(gettext("The site could not be reached. Try again."))));
      request.addEventListener("load", () => {
        if (request.status === 201 && request.response) resolve(request.response);
        else reject(new Error(request.response?.error?.message ?? gettext("This file could not be added.")));
      });
      request.send(body);
    });
  }
}
