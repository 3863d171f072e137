// The list of conversations: newest first, more as one scrolls, rename in place, delete.

import { address, get, post } from "./api.js";
import { confirmed } from "./dialogs.js";

const UNTITLED = "New conversation";

export class Sidebar {
  #loading = false;

  constructor({ list, urls, dialog, current, failed, deleted }) {
    Object.assign(this, { list, urls, dialog, current, failed, deleted });
    list.addEventListener("click", (event) => this.#click(event));
    list.addEventListener("keydown", (event) => {
      if (event.key === "F2") this.rename(event.target.closest("[data-conversation]"));
    });
    this.end = document.getElementById("rows-end");
    new IntersectionObserver((entries) => entries[0].isIntersecting && this.#more(), { root: list.parentElement, rootMargin: "300px" }).observe(this.end);
    this.#empty();
  }

  /** A conversation is new or changed: its row goes where its time puts it, which is the top unless only its title changed. */
  show(conversation) {
    let row = this.row(conversation.id);
    const moved = !row || Date.parse(row.dataset.updated) < Date.parse(conversation.updated);
    row ??= document.getElementById("row-template").content.firstElementChild.cloneNode(true);
    this.#fill(row, conversation);
    if (moved) this.list.prepend(row);
    this.#empty();
  }

  remove(id) {
    this.row(id)?.remove();
    this.#empty();
    if (this.current() === id) this.deleted();
  }

  row(id) {
    return this.list.querySelector(`[data-conversation="${CSS.escape(id)}"]`);
  }

  mark(id) {
    this.list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    this.row(id)?.querySelector("a").setAttribute("aria-current", "page");
  }

  rename(row) {
    if (!row || row.querySelector("input")) return;
    const link = row.querySelector("a");
    const input = Object.assign(document.createElement("input"), { value: row.dataset.title, maxLength: 200 });
    input.setAttribute("aria-label", "Title");
    let over = false;
    const finish = async (keep) => {
      if (over) return;
      over = true;
      const title = input.value.trim();
      input.replaceWith(link);
      if (!keep || !title || title === row.dataset.title) return;
      try {
        this.show((await post(address(this.urls.rename, row.dataset.conversation), { title })).conversation);
      } catch (error) {
        this.failed(error.message);
      }
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) finish(true);
      else if (event.key === "Escape") finish(false);
      else return;
      event.preventDefault();
      link.focus();
    });
    input.addEventListener("blur", () => finish(true));
    link.replaceWith(input);
    input.select();
  }

  async #delete(row) {
    if (!(await confirmed(this.dialog, `“${row.dataset.title || UNTITLED}” will be deleted with all its messages.`))) return;
    try {
      await post(address(this.urls.delete, row.dataset.conversation));
      this.remove(row.dataset.conversation);
    } catch (error) {
      this.failed(error.message);
    }
  }

  #click(event) {
    const button = event.target.closest("button[data-action]");
    const row = button?.closest("[data-conversation]");
    if (!row) return;
    if (button.dataset.action === "rename") this.rename(row);
    else this.#delete(row);
  }

  #fill(row, { id, title, updated }) {
    Object.assign(row.dataset, { conversation: id, title, updated });
    const link = row.querySelector("a");
    if (link) {
      link.href = address(this.urls.conversation, id);
      link.textContent = link.title = title || UNTITLED;
    }
    for (const button of row.querySelectorAll("button")) {
      button.setAttribute("aria-label", `${button.dataset.action === "rename" ? "Rename" : "Delete"} ${title || UNTITLED}`);
    }
    if (this.current() === id) this.mark(id);
  }

  #empty() {
    document.getElementById("rows-empty").hidden = this.list.children.length > 0;
  }

  async #more() {
    const cursor = this.list.dataset.next;
    if (!cursor || this.#loading) return;
    this.#loading = true;
    try {
      const { conversations, next } = await get(`${this.urls.list}?before=${encodeURIComponent(cursor)}`);
      this.list.dataset.next = next ?? "";
      for (const conversation of conversations) {
        if (this.row(conversation.id)) continue;
        const row = document.getElementById("row-template").content.firstElementChild.cloneNode(true);
        this.#fill(row, conversation);
        this.list.append(row);
      }
    } catch (error) {
      this.failed(error.message);
    } finally {
      this.#loading = false;
    }
    // Still in sight after a short page: the observer tells only of changes.
    if (this.list.dataset.next && this.end.getBoundingClientRect().top < innerHeight + 300) this.#more();
  }
}
