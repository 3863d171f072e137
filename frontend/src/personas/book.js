// A lorebook: the JSON of a field, shown as entries. Keys that nobody here knows stay where they are; who changes nothing sends the very
// text that came.

import { gettext } from "../i18n.js";

const BOOK = [
  ["scan_depth", gettext("Messages searched"), "number"],
  ["token_budget", gettext("Tokens at most"), "number"],
  ["recursive_scanning", gettext("Entries call one another"), "check"],
];

const ENTRY = [
  ["keys", gettext("Keys, one on a line"), "lines"],
  ["content", gettext("What the model reads"), "text"],
  ["comment", gettext("Name, for you"), "line"],
  ["secondary_keys", gettext("Second keys, one on a line"), "lines"],
  ["insertion_order", gettext("Order (small first)"), "number"],
  ["priority", gettext("Priority (small gives way)"), "number"],
  ["position", gettext("Place"), "choice"],
  ["enabled", gettext("In use"), "check"],
  ["constant", gettext("Always read"), "check"],
  ["selective", gettext("Needs one of the second keys too"), "check"],
  ["use_regex", gettext("Keys are regular expressions"), "check"],
  ["case_sensitive", gettext("Capitals count"), "check"],
];

const PLACES = [
  ["before_char", gettext("before the character")],
  ["after_char", gettext("after the character")],
];

let count = 0;

export class BookEditor {
  #book;

  constructor(box, field) {
    this.field = field;
    this.parts = (name) => box.querySelector(`[data-part=${name}]`);
    if (!this.#read()) return;
    this.parts("raw").hidden = true;
    this.parts("editor").hidden = false;
    this.parts("add").addEventListener("click", () => this.#add());
    this.parts("as-json").addEventListener("click", () => {
      this.parts("raw").hidden = false;
      this.parts("editor").hidden = true;
      field.focus();
    });
    this.parts("settings").append(...BOOK.map(([name, label, kind]) => this.#control(this.#book, name, label, kind)));
    this.#show();
  }

  /** False for what is no lorebook: then its JSON stays to be mended. */
  #read() {
    try {
      const book = this.field.value.trim() ? JSON.parse(this.field.value) : {};
      this.#book = Array.isArray(book) || typeof book !== "object" || book === null ? null : book;
    } catch {
      this.#book = null;
    }
    if (!this.#book || (this.#book.entries !== undefined && !Array.isArray(this.#book.entries))) return false;
    return this.entries.every((entry) => typeof entry === "object" && entry !== null && !Array.isArray(entry));
  }

  get entries() {
    return this.#book.entries ?? [];
  }

  #write() {
    this.field.value = Object.keys(this.#book).length ? JSON.stringify(this.#book, null, 1) : "";
  }

  #show() {
    this.parts("entries").replaceChildren(...this.entries.map((entry) => this.#row(entry)));
    this.parts("empty").hidden = this.entries.length > 0;
  }

  #add() {
    const entry = { keys: [], content: "", extensions: {}, enabled: true, insertion_order: 100, use_regex: false, constant: false };
    this.#book.extensions ??= {};
    this.#book.entries = [...this.entries, entry];
    this.#write();
    const row = this.#row(entry);
    this.parts("entries").append(row);
    this.parts("empty").hidden = true;
    // Browsers tell of it being unfolded only later.
    row.firstElementChild.open = true;
    this.#unfold(row, entry);
    row.querySelector("textarea").focus();
  }

  /** An entry's fields are made when it is opened: a book may have hundreds. */
  #row(entry) {
    const row = document.createElement("li");
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    const name = () => {
      const keys = Array.isArray(entry.keys) ? entry.keys.join(", ") : "";
      summary.textContent = entry.comment || entry.name || keys || gettext("an entry without keys");
      details.classList.toggle("is-off", entry.enabled === false);
    };
    name();
    details.append(summary);
    details.addEventListener("toggle", () => details.open && this.#unfold(row, entry));
    details.addEventListener("input", name);
    row.dataset.testid = "book-entry";
    row.append(details);
    return row;
  }

  #unfold(row, entry) {
    const details = row.firstElementChild;
    if (details.children.length > 1) return;
    const fields = Object.assign(document.createElement("div"), { className: "fields" });
    fields.append(...ENTRY.map(([key, label, kind]) => this.#control(entry, key, label, kind)), this.#remover(entry, row));
    details.append(fields);
  }

  #remover(entry, row) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button danger small", textContent: gettext("Remove this entry") });
    button.addEventListener("click", () => {
      this.#book.entries = this.entries.filter((one) => one !== entry);
      this.#write();
      row.remove();
      this.parts("empty").hidden = this.entries.length > 0;
      this.parts("add").focus();
    });
    const line = Object.assign(document.createElement("p"), { className: "wide" });
    line.append(button);
    return line;
  }

  #control(object, name, label, kind) {
    const box = Object.assign(document.createElement("div"), { className: kind === "check" ? "field check" : "field" });
    const field = makeField(kind, object[name]);
    field.id = `book-field-${++count}`;
    field.dataset.testid = `book-${name}`;
    const title = Object.assign(document.createElement("label"), { htmlFor: field.id, textContent: label });
    box.append(...(kind === "check" ? [field, title] : [title, field]));
    if (["lines", "text"].includes(kind)) box.classList.add("wide");
    field.addEventListener("input", () => {
      const value = valueOf(field, kind);
      if (value === undefined) delete object[name];
      else object[name] = value;
      this.#write();
    });
    return box;
  }
}

function makeField(kind, value) {
  if (kind === "text") return Object.assign(document.createElement("textarea"), { rows: 4, value: value ?? "" });
  // Not with commas between: a regular expression may have one.
  if (kind === "lines") return Object.assign(document.createElement("textarea"), { rows: 2, value: Array.isArray(value) ? value.join("\n") : "" });
  if (kind === "choice") {
    const select = document.createElement("select");
    select.append(...PLACES.map(([name, label]) => new Option(label, name)));
    select.value = value === "before_char" ? "before_char" : "after_char";
    return select;
  }
  const input = document.createElement("input");
  if (kind === "check") {
    input.type = "checkbox";
    input.checked = value === true;
  } else {
    input.type = kind === "number" ? "number" : "text";
    input.value = value ?? "";
  }
  return input;
}

function valueOf(field, kind) {
  if (kind === "check") return field.checked;
  if (kind === "number") return field.value === "" ? undefined : Number(field.value);
  if (kind === "lines") return field.value.split("\n").map((line) => line.trim()).filter(Boolean);
  return field.value;
}
