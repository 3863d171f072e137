// A list of choices under a field that keeps the focus: the field says which one is meant (ARIA's combobox with a listbox).

import { gettext } from "../i18n.js";

const KINDS = { model: () => gettext("model"), persona: () => gettext("persona") };

export class Options {
  #items = [];
  #at = 0;

  /** `box` holds `[data-part=options]`, a listbox, and `[data-part=note]`. `chosen(item)` is called for a click or a touch. */
  constructor(field, box, chosen) {
    Object.assign(this, { field, box });
    this.list = box.querySelector("[data-part=options]");
    this.note = box.querySelector("[data-part=note]");
    // The field would lose the focus, and with it a phone's keyboard.
    box.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", ({ target }) => {
      const row = target.closest("[role=option]");
      if (row) chosen(this.#items[[...this.list.children].indexOf(row)]);
    });
  }

  get open() {
    return !this.box.hidden;
  }

  get any() {
    return this.#items.length > 0;
  }

  get current() {
    return this.#items[this.#at];
  }

  /** `kinds`: says beside each what it is, where one list holds several. */
  show(items, note, kinds = false) {
    const kept = this.current && items.findIndex(({ kind, id }) => kind === this.current.kind && id === this.current.id);
    this.#items = items;
    this.list.replaceChildren(...items.map((item, at) => option(item, at, kinds)));
    this.list.hidden = !items.length;
    this.note.textContent = note;
    this.note.hidden = !note;
    this.box.hidden = false;
    // A text field alone may not say that something is unfolded below it.
    this.field.setAttribute("role", "combobox");
    this.field.setAttribute("aria-expanded", "true");
    this.#mark(kept > 0 ? kept : 0);
  }

  close() {
    if (!this.open) return;
    this.box.hidden = true;
    this.#items = [];
    this.#at = 0;
    this.list.replaceChildren();
    for (const name of ["role", "aria-expanded", "aria-activedescendant"]) this.field.removeAttribute(name);
  }

  move(step) {
    this.#mark((this.#at + step + this.#items.length) % this.#items.length);
  }

  #mark(at) {
    this.list.children[this.#at]?.setAttribute("aria-selected", "false");
    this.#at = at;
    const row = this.list.children[at];
    if (!row) {
      this.field.removeAttribute("aria-activedescendant");
      return;
    }
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", row.id);
  }
}

function option({ kind, title, hint }, at, kinds) {
  const row = Object.assign(document.createElement("li"), { id: `option-${at}`, role: "option" });
  row.setAttribute("aria-selected", "false");
  row.dataset.testid = "menu-option";
  row.dataset.kind = kind;
  row.append(Object.assign(document.createElement("span"), { className: "option-title", textContent: title }));
  if (hint) row.append(Object.assign(document.createElement("span"), { className: "option-hint", textContent: hint }));
  if (kinds) row.append(Object.assign(document.createElement("span"), { className: "badge option-kind", textContent: KINDS[kind]?.() ?? kind }));
  return row;
}
