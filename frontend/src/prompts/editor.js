// The editor of a prompt: rows for its variables, and beside them the form that they make.

import { fieldsFor } from "../chat/variable_fields.js";
import { gettext, interpolate } from "../i18n.js";

const PAUSE = 150;

/** Which rows of a variable matter for which kind. */
const ONLY = { choices: ["choice"], least: ["number"], most: ["number"] };

export class Editor {
  #timer = 0;

  constructor(form) {
    this.form = form;
    this.rows = form.querySelector("[data-part=variables]");
    this.count = form.querySelector("[name=variables-TOTAL_FORMS]");
    this.most = Number(form.querySelector("[name=variables-MAX_NUM_FORMS]").value);
    this.preview = form.querySelector("[data-part=preview]");
    this.add = document.getElementById("add-variable");
    this.add.hidden = false;
    this.add.addEventListener("click", () => this.#add());
    form.addEventListener("input", () => this.#soon());
    form.addEventListener("change", () => this.#soon());
    this.show();
  }

  #add() {
    const row = document.createElement("template");
    // The site's own pattern, with the number of this row in its names.
    row.innerHTML = document.getElementById("variable-template").innerHTML.replaceAll("__prefix__", this.count.value);
    const added = row.content.firstElementChild;
    this.rows.append(added);
    this.count.value = String(Number(this.count.value) + 1);
    added.querySelector("[name$=-name]").focus();
    this.show();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.show(), PAUSE);
  }

  show() {
    for (const row of this.rows.children) fit(row);
    this.add.disabled = this.rows.children.length >= this.most;
    const variables = [...this.rows.children].map(variable).filter((one) => one.name && !one.gone);
    // Disabled, so that what is typed into the preview is never sent with the form.
    const shown = Object.assign(document.createElement("fieldset"), { disabled: true });
    shown.append(fieldsFor(variables, "preview"));
    for (const control of shown.querySelectorAll("[name]")) control.removeAttribute("name");
    this.preview.replaceChildren(shown);
    this.form.querySelector("[data-part=nothing]").hidden = variables.length > 0;
    this.#say(variables);
  }

  #say(variables) {
    const places = new Set([...this.form.elements.text.value.matchAll(/\{\{\s*([a-z][a-z0-9_]{0,39})\s*\}\}/g)].map((found) => found[1]));
    const names = new Set(variables.map(({ name }) => name));
    const without = [...names].filter((name) => !places.has(name));
    const unknown = [...places].filter((name) => !names.has(name));
    const words = [
      without.length && interpolate(gettext("The text has no place yet for: %s."), [without.map((name) => `{{${name}}}`).join(", ")]),
      unknown.length && interpolate(gettext("No variable, and hence left as it is: %s."), [unknown.map((name) => `{{${name}}}`).join(", ")]),
    ].filter(Boolean);
    const box = this.form.querySelector("[data-part=unplaced]");
    box.hidden = !words.length;
    if (box.textContent !== words.join(" ")) box.textContent = words.join(" ");
  }
}

const control = (row, name) => row.querySelector(`[name$="-${name}"]`);

/** Hides what the chosen kind has no use for. */
function fit(row) {
  const kind = control(row, "kind").value;
  for (const [name, kinds] of Object.entries(ONLY)) control(row, name).closest(".field").hidden = !kinds.includes(kind);
  row.classList.toggle("is-gone", control(row, "DELETE").checked);
}

function variable(row) {
  const value = (name) => control(row, name).value.trim();
  const name = value("name").toLowerCase();
  return {
    name,
    label: value("label") || name.replaceAll("_", " "),
    kind: value("kind"),
    required: control(row, "required").checked,
    default: value("default"),
    choices: value("choices").split("\n").map((choice) => choice.trim()).filter(Boolean),
    least: value("least"),
    most: value("most"),
    gone: control(row, "DELETE").checked,
  };
}
