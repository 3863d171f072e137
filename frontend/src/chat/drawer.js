// The side bar as a whole: a drawer on phones, and the choosing of several of its conversations.

import { gettext, interpolate, ngettext } from "../i18n.js";

const byId = (id) => document.getElementById(id);
const NARROW = "(max-width: 52rem)";

export class Drawer {
  constructor(root, sidebar, organize) {
    this.root = root;
    byId("sidebar-toggle").addEventListener("click", () => this.show(!this.open));
    byId("sidebar-close").addEventListener("click", () => this.show(false));
    byId("sidebar").addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || !this.open) return;
      event.preventDefault();
      this.show(false);
    });
    this.#choosing(sidebar, organize);
  }

  get open() {
    return this.root.classList.contains("sidebar-open");
  }

  /** On phones the drawer; on wide pages the column, for which the messages get the room. */
  toggle() {
    if (matchMedia(NARROW).matches) this.show(!this.open);
    else this.root.classList.toggle("sidebar-away");
  }

  show(open) {
    this.root.classList.toggle("sidebar-open", open);
    byId("sidebar-toggle").setAttribute("aria-expanded", String(open));
    (open ? byId("sidebar-close") : byId("sidebar-toggle")).focus();
  }

  /** Where the side bar is hidden until wanted, it is wanted now. */
  reveal() {
    this.root.classList.remove("sidebar-away");
    if (matchMedia(NARROW).matches) this.show(true);
  }

  #choosing(sidebar, organize) {
    byId("choose").addEventListener("click", () => {
      const on = byId("chosen").hidden;
      byId("chosen").hidden = !on;
      byId("choose").setAttribute("aria-pressed", String(on));
      byId("choose").textContent = on ? gettext("Done") : gettext("Select");
      sidebar.choosing(on);
    });
    byId("choose-all").addEventListener("click", () => sidebar.chooseAll());
    byId("chosen-organize").addEventListener("click", () => organize.open(sidebar.chosen));
    sidebar.addEventListener("chosen", () => {
      const count = sidebar.chosen.length;
      byId("chosen-count").textContent = interpolate(ngettext("%s chosen", "%s chosen", count), [count]);
      byId("chosen-organize").disabled = !count;
    });
  }
}
