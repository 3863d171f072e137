// What is selected: the ticks themselves, so that forms send it with and without this script.

import { interpolate, ngettext, number } from "../../i18n.js";
import { moved, pressed } from "./range.js";

const CONTROLS = "a, button, input, label, summary, select, textarea";

export class Selection {
  #anchor = -1;

  constructor(root) {
    this.root = root;
    root.addEventListener("click", (event) => this.#clicked(event));
    root.addEventListener("change", (event) => this.#changed(event));
    this.shown();
  }

  get rows() {
    return [...this.root.querySelectorAll("[data-entries] > .entry")];
  }

  get chosen() {
    return this.rows.filter((row) => box(row).checked);
  }

  get items() {
    return this.chosen.map((row) => row.dataset.item);
  }

  /** The row that has the focus. */
  get here() {
    return document.activeElement?.closest?.("[data-entries] > .entry") ?? null;
  }

  /** What keys and drags are about: the selected, or the row that has the focus, which is selected by that. */
  takeHere() {
    const here = this.here;
    if (here && !this.chosen.length) this.only(here);
    return this.chosen;
  }

  only(row) {
    this.#apply(pressed(this.#state(), this.rows.indexOf(row)));
  }

  toggle(row) {
    this.#apply(pressed(this.#state(), this.rows.indexOf(row), { toggle: true }));
  }

  all(on) {
    for (const row of this.rows) box(row).checked = on;
    if (!on) this.#anchor = -1;
    this.shown();
  }

  /** Moves the focus by `step` rows; with `extend` the selection grows or shrinks up to there. */
  go(step, extend = false) {
    const rows = this.rows;
    const from = rows.indexOf(this.here);
    const to = moved(from, step, rows.length);
    if (to < 0) return false;
    if (extend) {
      if (this.#anchor < 0) this.#anchor = Math.max(from, 0);
      this.#apply(pressed(this.#state(), to, { extend: true }));
    }
    focusOn(rows[to]);
    return true;
  }

  /** Rows beside each other, 1 in a list. */
  columns() {
    const rows = this.rows;
    const top = rows[0]?.offsetTop;
    const next = rows.findIndex((row) => row.offsetTop !== top);
    return next < 0 ? Math.max(1, rows.length) : next;
  }

  /** After rows have come or gone. */
  shown() {
    const rows = this.rows;
    const count = this.chosen.length;
    for (const row of rows) row.classList.toggle("selected", box(row).checked);
    const bar = this.root.querySelector("[data-selection]");
    if (!bar) return;
    const all = bar.querySelector("[data-all]");
    all.parentElement.hidden = false;
    all.checked = count > 0 && count === rows.length;
    all.indeterminate = count > 0 && count < rows.length;
    bar.querySelector(".selection-tools").hidden = count === 0;
    const words = ngettext("%(count)s selected", "%(count)s selected", count);
    bar.querySelector("[data-count]").textContent = count ? interpolate(words, { count: number(count) }) : "";
  }

  #state() {
    const selected = new Set();
    this.rows.forEach((row, index) => box(row).checked && selected.add(index));
    return { selected, anchor: this.#anchor };
  }

  #apply({ selected, anchor }) {
    this.#anchor = anchor;
    this.rows.forEach((row, index) => (box(row).checked = selected.has(index)));
    this.shown();
  }

  #clicked(event) {
    const row = event.target.closest("[data-entries] > .entry");
    if (!row) return;
    const ticked = event.target === box(row);
    const free = !event.target.closest(CONTROLS);
    const named = event.target.closest(".entry-name > a") && (event.shiftKey || event.ctrlKey || event.metaKey);
    if (!ticked && !free && !named) return;
    if (named) event.preventDefault();
    const index = this.rows.indexOf(row);
    if (ticked && !event.shiftKey) this.#anchor = index;
    else {
      // A finger has no keys to hold: each tap adds or takes away. A tick has changed by itself already.
      const toggle = ticked || event.ctrlKey || event.metaKey || event.pointerType === "touch";
      this.#apply(pressed(this.#state(), index, { toggle, extend: event.shiftKey }));
    }
    if (free) focusOn(row);
  }

  #changed(event) {
    if (event.target.matches("[data-all]")) this.all(event.target.checked);
    else if (event.target.matches("[name=items]")) this.shown();
  }
}

const box = (row) => row.querySelector("[name=items]");

export function focusOn(row) {
  (row.querySelector(".entry-name > a") ?? box(row)).focus();
}
