// The menu behind the gear and the list of chapters: one panel, whose pages lead into each other.

import { h } from "./dom.js";
import { gettext } from "../../i18n.js";

export class Menu {
  #root;
  #pages;
  #stack = [];
  #opener = null;

  /** `pages`: name to a function that returns `{title, rows, extra}`; a row is `{label, value, checked, run, page}`. */
  constructor(root, pages) {
    this.#root = root;
    this.#pages = pages;
    this.panel = h("div", { class: "player-menu", role: "dialog", hidden: true, "data-testid": "player-menu" });
    this.panel.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("pointerdown", (event) => {
      if (this.isOpen && !this.panel.contains(event.target) && !this.#opener?.contains(event.target)) this.close(false);
    });
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  toggle(opener, page) {
    if (this.isOpen && this.#stack[0] === page) return this.close();
    this.#opener?.setAttribute("aria-expanded", "false");
    this.#opener = opener;
    this.#stack = [page];
    this.panel.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    this.draw();
    this.#root.dispatchEvent(new CustomEvent("player-busy"));
  }

  close(focus = true) {
    if (!this.isOpen) return;
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.#stack = [];
    this.#opener?.setAttribute("aria-expanded", "false");
    if (focus) this.#opener?.focus();
  }

  back() {
    const left = this.#stack.pop();
    if (!this.#stack.length) return this.close();
    this.draw(left);
  }

  /** Something has changed: what is open shows it, and the focus stays where it was. */
  refresh() {
    if (!this.isOpen || this.panel.querySelector("input:focus")) return;
    const items = this.#items();
    const at = items.indexOf(document.activeElement);
    this.draw();
    if (at >= 0) this.#items()[Math.min(at, this.#items().length - 1)]?.focus();
  }

  draw(from = "") {
    const { title, rows, extra } = this.#pages[this.#stack.at(-1)]();
    this.panel.setAttribute("aria-label", title);
    const inner = this.#stack.length > 1;
    const head = h("div", { class: "player-menu-head" },
      inner ? h("button", { type: "button", class: "player-menu-back", "aria-label": gettext("Back"), text: "‹", onclick: () => this.back() }) : null,
      h("span", { text: title }),
      h("button", { type: "button", class: "player-close", "aria-label": gettext("Close the menu"), text: "×", onclick: () => this.close() }));
    const list = h("div", { role: "menu", "aria-label": title }, ...rows.map((row) => this.#row(row)));
    this.panel.replaceChildren(head, ...(extra ? [extra] : []), ...(rows.length ? [list] : []));
    const first = list.querySelector(`[data-page="${from}"]`) ?? list.querySelector('[aria-checked="true"]') ?? list.querySelector("button") ?? this.panel.querySelector("input, button");
    first?.focus({ preventScroll: true });
    first?.scrollIntoView({ block: "nearest" });
  }

  #row({ label, value, checked, run, page, picture }) {
    const chosen = checked === undefined ? {} : { "aria-checked": String(checked) };
    return h("button", {
      type: "button", role: checked === undefined ? "menuitem" : "menuitemradio", tabindex: "-1", "data-page": page ?? "", ...chosen,
      onclick: () => {
        run?.();
        if (page) {
          this.#stack.push(page);
          this.draw();
        } else if (checked !== undefined && this.#stack.length > 1) this.back();
        else this.close();
      },
    }, picture ?? null, h("span", { class: "player-menu-label", text: label }), value ? h("span", { class: "player-menu-value", text: value }) : null);
  }

  #items() {
    return [...this.panel.querySelectorAll("[role^=menuitem]")];
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") this.back();
    else if (event.key === "ArrowLeft" && this.#stack.length > 1 && !event.target.matches("input")) this.back();
    else if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) && !event.target.matches("input")) this.#step(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #step(key) {
    const items = this.#items();
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, Home: 0, End: items.length - 1 }[key];
    items.at(next % items.length || 0)?.focus();
  }
}
