// Long pastes, folded: a text field lays out every line it holds, and 20,000 of them make each key wait. They stand above the field, and go
// out after what was typed.

import { gettext, interpolate, number } from "../i18n.js";

export const MOST_LINES = 1_000;
export const LONGEST = 50_000;

/** Whether `text` is too long for a text field to be quick with. */
export function isLong(text) {
  if (text.length > LONGEST) return true;
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) if (++lines >= MOST_LINES) return true;
  return false;
}

/** What was typed, then what was pasted, with a blank line between two. */
export function joined(typed, pastes) {
  return [typed.trim() && typed, ...pastes].filter(Boolean).map((text) => text.replace(/^\n+|\n+$/g, "")).join("\n\n");
}

const lineCount = (text) => text.split("\n").length;

export class Folded {
  #texts = [];

  /**
   * @param {HTMLElement} list
   * @param {HTMLTextAreaElement} field
   * @param {() => string} key Under what the pastes are kept in `storage`, beside the draft.
   * @param {() => void} changed
   */
  constructor(list, field, storage, key, changed) {
    Object.assign(this, { list, field, storage, key, changed });
    this.#texts = this.#stored();
    field.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (event.defaultPrevented || event.clipboardData.files.length || !isLong(text)) return;
      event.preventDefault();
      this.add(text.replace(/\r\n?/g, "\n"));
    });
    list.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) this.#remove([...list.children].indexOf(button.closest("li")));
    });
    this.#show();
  }

  get any() {
    return this.#texts.length > 0;
  }

  /** The whole message, of which `typed` is in the field. */
  with(typed) {
    return joined(typed, this.#texts);
  }

  add(text) {
    this.#texts.push(text);
    this.#keep();
  }

  clear() {
    if (!this.any) return;
    this.#texts = [];
    this.#keep();
  }

  #remove(at) {
    this.#texts.splice(at, 1);
    this.#keep();
    this.field.focus();
  }

  #keep() {
    try {
      if (this.any) this.storage?.setItem(this.key(), JSON.stringify(this.#texts));
      else this.storage?.removeItem(this.key());
    } catch {
      /* A full or forbidden storage loses only the draft. */
    }
    this.#show();
    this.changed();
  }

  #stored() {
    try {
      const found = JSON.parse(this.storage?.getItem(this.key()) ?? "[]");
      return Array.isArray(found) ? found.filter((text) => typeof text === "string") : [];
    } catch {
      return [];
    }
  }

  #show() {
    this.list.hidden = !this.any;
    this.list.replaceChildren(...this.#texts.map(row));
  }
}

function row(text) {
  const made = document.createElement("li");
  made.dataset.testid = "folded";
  const words = interpolate(gettext("Pasted: %s lines"), [number(lineCount(text))]);
  const remove = Object.assign(document.createElement("button"), { type: "button", className: "tool", textContent: gettext("Remove") });
  remove.setAttribute("aria-label", interpolate(gettext("Remove the pasted text of %s lines"), [number(lineCount(text))]));
  made.append(
    Object.assign(document.createElement("span"), { className: "folded-size", textContent: words }),
    Object.assign(document.createElement("span"), { className: "muted", textContent: text.slice(0, 200).replace(/\s+/g, " ") }),
    remove,
  );
  return made;
}
