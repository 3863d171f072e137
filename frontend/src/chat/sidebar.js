// The list of conversations: newest first, more as one scrolls, by folder, tag or state; rename in place, choose several.

import { gettext } from "../i18n.js";
import { address, get, post } from "./api.js";
import { isRenamed, rename } from "./rename.js";
import { fillRow, newRow } from "./rows.js";

const EMPTY = {
  "": gettext("No conversations yet. The first message starts one."),
  archived: gettext("Nothing is archived."),
  unread: gettext("No answer waits to be read."),
  trash: gettext("The trash is empty. What is deleted stays here for 30 days."),
  folder: gettext("This folder is empty. Move conversations here, or start one now."),
  tag: gettext("No conversation has this tag."),
};

/** Tells by "organize" which conversations somebody wants to put in order, by "delete" which to delete, by "chosen" of choices. */
export class Sidebar extends EventTarget {
  #loading = false;
  #reading = null;
  #stale = false;
  #chosen = new Set();

  constructor({ list, urls, views, current, failed, deleted }) {
    super();
    Object.assign(this, { list, urls, views, current, failed, deleted, left: false });
    list.addEventListener("click", (event) => this.#click(event));
    list.addEventListener("change", ({ target }) => target.matches(".row-pick") && this.#choose(target));
    list.addEventListener("keydown", (event) => {
      const row = event.target.closest("[data-conversation]");
      if (event.key === "F2") this.rename(row);
      else if (event.key === "Delete" && event.target.matches("a")) this.#tell("delete", [row.dataset.conversation]);
    });
    this.end = document.getElementById("rows-end");
    new IntersectionObserver((entries) => entries[0].isIntersecting && this.#more(), { root: list.parentElement, rootMargin: "300px" }).observe(this.end);
    views.addEventListener("changed", () => this.reload());
    this.#empty();
    if (views.current) this.reload();
  }

  get chosen() {
    return [...this.#chosen];
  }

  /** Begins or ends the choosing of several. */
  choosing(on) {
    this.list.classList.toggle("choosing", on);
    this.#chosen.clear();
    for (const box of this.list.querySelectorAll(".row-pick")) box.checked = false;
    this.dispatchEvent(new Event("chosen"));
  }

  chooseAll() {
    for (const box of this.list.querySelectorAll(".row-pick")) {
      box.checked = true;
      this.#chosen.add(box.closest("[data-conversation]").dataset.conversation);
    }
    this.dispatchEvent(new Event("chosen"));
  }

  /** A conversation is new or changed: its row goes where its time puts it, which is the top unless only its title changed. */
  show(conversation) {
    let row = this.row(conversation.id);
    if (!row && !this.views.holds(conversation)) return;
    const moved = !row || Date.parse(row.dataset.updated) < Date.parse(conversation.updated);
    row ??= newRow();
    this.#fill(row, conversation);
    if (moved) {
      const above = conversation.pinned ? null : [...this.list.querySelectorAll("[data-pinned='1']")].filter((other) => other !== row).at(-1);
      if (above) above.after(row);
      else this.list.prepend(row);
    }
    this.#empty();
  }

  unread(id, unread) {
    const row = this.row(id);
    if (row) row.dataset.unread = unread ? "1" : "";
  }

  remove(id) {
    this.row(id)?.remove();
    this.#chosen.delete(id);
    this.#empty();
    if (this.current() === id) this.leave();
  }

  /** Away from the page of a conversation that is gone. */
  leave() {
    this.left = true;
    this.deleted();
  }

  row(id) {
    return this.list.querySelector(`[data-conversation="${CSS.escape(id)}"]`);
  }

  mark(id) {
    this.list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    this.row(id)?.querySelector("a")?.setAttribute("aria-current", "page");
  }

  /** Reads the list anew. What is asked for meanwhile is done once, afterwards. */
  reload() {
    this.#stale = true;
    this.#reading ??= this.#readUntilFresh().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #readUntilFresh() {
    try {
      while (this.#stale) {
        this.#stale = false;
        await this.#readAnew();
      }
    } catch (error) {
      this.failed(error.message);
    }
  }

  async #readAnew() {
    const { conversations, next, folders, tags } = await get(`${this.urls.list}?view=${encodeURIComponent(this.views.current)}`);
    if (isRenamed(this.list)) return;
    const focused = document.activeElement?.closest?.("[data-conversation]")?.dataset.conversation;
    this.views.offer(folders, tags);
    this.list.dataset.next = next ?? "";
    this.list.replaceChildren(
      ...conversations.map((conversation) => {
        const row = this.row(conversation.id) ?? newRow();
        this.#fill(row, conversation);
        return row;
      }),
    );
    for (const id of this.#chosen) if (!this.row(id)) this.#chosen.delete(id);
    if (focused) this.row(focused)?.querySelector("a")?.focus();
    this.#empty();
    this.dispatchEvent(new Event("chosen"));
  }

  rename(row) {
    if (!row || isRenamed(row) || this.views.current === "trash") return;
    rename(row, async (title) => {
      try {
        this.show((await post(address(this.urls.rename, row.dataset.conversation), { title })).conversation);
      } catch (error) {
        this.failed(error.message);
      }
    });
  }

  #click(event) {
    const row = event.target.closest("[data-conversation]");
    const action = event.target.closest("button[data-action]")?.dataset.action;
    if (!row) return;
    const ids = [row.dataset.conversation];
    if (action === "rename") this.rename(row);
    else if (action === "delete") this.#tell(this.views.current === "trash" ? "organize" : "delete", ids);
    else if (action) this.#tell("organize", ids);
    else if (this.views.current === "trash" && event.target.closest("a")) {
      // What lies in the trash is not opened, but may be taken out.
      event.preventDefault();
      this.#tell("organize", ids);
    }
  }

  #choose(box) {
    const { conversation } = box.closest("[data-conversation]").dataset;
    if (box.checked) this.#chosen.add(conversation);
    else this.#chosen.delete(conversation);
    this.dispatchEvent(new Event("chosen"));
  }

  #tell(name, ids) {
    this.dispatchEvent(new CustomEvent(name, { detail: ids }));
  }

  #fill(row, conversation) {
    fillRow(row, conversation, address(this.urls.conversation, conversation.id));
    if (this.current() === conversation.id) this.mark(conversation.id);
  }

  #empty() {
    const note = document.getElementById("rows-empty");
    note.hidden = this.list.children.length > 0;
    note.textContent = EMPTY[this.views.current.split(":")[0]] ?? EMPTY[""];
  }

  async #more() {
    const cursor = this.list.dataset.next;
    if (!cursor || this.#loading || this.#reading) return;
    this.#loading = true;
    const view = this.views.current;
    try {
      const { conversations, next } = await get(`${this.urls.list}?before=${encodeURIComponent(cursor)}&view=${encodeURIComponent(view)}`);
      // The list may have been read anew meanwhile.
      if (view === this.views.current && this.list.dataset.next === cursor) {
        this.list.dataset.next = next ?? "";
        for (const conversation of conversations) {
          if (this.row(conversation.id)) continue;
          const row = newRow();
          this.#fill(row, conversation);
          this.list.append(row);
        }
      }
    } catch (error) {
      this.failed(error.message);
      return;
    } finally {
      this.#loading = false;
    }
    // Still in sight after a short page: the observer tells only of changes.
    if (this.list.dataset.next && this.end.getBoundingClientRect().top < innerHeight + 300) this.#more();
  }
}
