// The keyboard of the chat page: carries out what shortcuts.js names, and lists it under "?".

import { label, meant, SHORTCUTS } from "./shortcuts.js";

const KEPT = "shortcuts";
const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const mac = /mac|iphone|ipad/i.test(navigator.platform);

export class Keys {
  /**
   * @param {Object<string, () => void>} actions By the names in the table. What is not there is neither bound nor listed.
   * @param {Array} shortcuts The table of a page other than the chat; `find` tells, as `meant` does, which of it an event means.
   */
  constructor({ dialog, opener, actions, storage, shortcuts = SHORTCUTS, find = meant }) {
    Object.assign(this, { dialog, storage, shortcuts, find });
    this.actions = { help: () => dialog.showModal(), ...actions };
    this.letters = dialog.querySelector("[data-part=letters]");
    this.letters.checked = this.#stored() !== "off";
    this.letters.addEventListener("change", () => this.#keep());
    dialog.querySelector("[data-part=close]").addEventListener("click", () => dialog.close());
    opener.addEventListener("click", () => dialog.showModal());
    dialog.querySelector("[data-part=list]").replaceChildren(...this.#rows());
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #pressed(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const found = this.find(event, event.target.closest?.(FIELDS) !== null, this.letters.checked);
    if (event.repeat && !found?.repeat) return;
    const action = found && this.actions[found.name];
    // An action that has nothing to do leaves the key to the browser.
    if (action && action() !== false) event.preventDefault();
  }

  #rows() {
    return this.shortcuts.filter(({ name, field }) => field || this.actions[name]).flatMap(({ keys, words }) => {
      const term = document.createElement("dt");
      term.append(...keys.map((key) => Object.assign(document.createElement("kbd"), { textContent: label(key, mac) })));
      return [term, Object.assign(document.createElement("dd"), { textContent: words() })];
    });
  }

  #stored() {
    try {
      return this.storage.getItem(KEPT);
    } catch {
      return null;
    }
  }

  #keep() {
    try {
      this.storage.setItem(KEPT, this.letters.checked ? "on" : "off");
    } catch {
      /* It holds for this page only. */
    }
  }
}
