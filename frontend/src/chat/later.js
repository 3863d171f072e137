// Messages written while an answer runs: kept in order, in sight, and sent one after the other as answers end.
//
// They lie in the browser's storage until the site has stored them, each under the id it will be asked with: a reload loses none, and
// two tabs that send the same one ask once.

import { gettext, interpolate, ngettext } from "../i18n.js";
import { uuid } from "./outbox.js";

export class Later {
  /** After a stop, a failure or a refusal nothing goes out by itself: what was to follow an answer may make no sense without it. */
  #held = "";

  /**
   * @param {HTMLElement} box
   * @param {Storage | null} storage
   * @param {{ready(): boolean, underWay(request: string): boolean, send(entry: object): void}} thread
   */
  constructor(box, storage, thread, conversation) {
    Object.assign(this, { box, storage, thread, conversation });
    this.list = box.querySelector("[data-part=entries]");
    this.note = box.querySelector("[data-part=held]");
    box.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-action]");
      if (button?.dataset.action === "release") this.release();
      else if (button) this.remove(button.closest("[data-request]").dataset.request, true);
    });
    this.show();
  }

  get entries() {
    try {
      const found = JSON.parse(this.storage?.getItem(this.#key) ?? "[]");
      return Array.isArray(found) ? found.filter((entry) => entry?.request && (entry.text || entry.attachments?.length)) : [];
    } catch {
      return [];
    }
  }

  has(request) {
    return this.entries.some((entry) => entry.request === request);
  }

  /** Throws when the browser will not keep it. */
  add(entry) {
    const entries = [...this.entries, { request: uuid(), ...entry }];
    try {
      this.storage.setItem(this.#key, JSON.stringify(entries));
    } catch {
      throw new Error(gettext("This browser cannot keep your message until the answer is over. Wait for it, or stop it."));
    }
    this.show();
  }

  remove(request, byHand = false) {
    const entries = this.entries;
    const at = entries.findIndex((entry) => entry.request === request);
    if (at < 0) return;
    entries.splice(at, 1);
    try {
      if (entries.length) this.storage.setItem(this.#key, JSON.stringify(entries));
      else this.storage.removeItem(this.#key);
    } catch {
      /* What cannot be forgotten is asked under the same id again, which is harmless. */
    }
    if (!entries.length) this.#held = "";
    this.show();
    if (byHand) (this.list.children[Math.min(at, entries.length - 1)]?.querySelector("button") ?? document.getElementById("text")).focus();
  }

  hold(why) {
    if (this.entries.length) this.#held = why;
    this.show();
  }

  release() {
    this.#held = "";
    this.next();
    this.show();
  }

  /** Something changed: sends the first if nothing is in its way. */
  next() {
    const [first] = this.entries;
    if (first && !this.#held && this.thread.ready()) this.thread.send(first);
    this.show();
  }

  show() {
    const entries = this.entries.filter((entry) => !this.thread.underWay(entry.request));
    this.box.hidden = !entries.length;
    this.note.hidden = !this.#held;
    this.note.querySelector("[data-part=why]").textContent = this.#held;
    const shown = [...this.list.children].map((row) => row.dataset.request);
    if (shown.join() === entries.map((entry) => entry.request).join()) return;
    this.list.replaceChildren(...entries.map((entry) => this.#row(entry)));
  }

  #row({ request, text: written, attachments = [] }) {
    const files = attachments.length ? interpolate(ngettext("%s file", "%s files", attachments.length), [attachments.length]) : "";
    const text = [written, files].filter(Boolean).join(" · ");
    const row = document.createElement("li");
    row.dataset.request = request;
    row.dataset.testid = "later";
    const words = Object.assign(document.createElement("span"), { textContent: text.slice(0, 300), title: text.slice(0, 2000) });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "tool", textContent: gettext("Remove") });
    button.dataset.action = "remove";
    button.setAttribute("aria-label", interpolate(gettext("Remove “%s”"), [text.slice(0, 60)]));
    row.append(words, button);
    return row;
  }

  get #key() {
    return `later:${this.conversation}`;
  }
}
