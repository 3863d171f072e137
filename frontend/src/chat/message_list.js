// The messages on the page, in order: the shown branch of the conversation, then questions that are still on their way.

import { build, buildPending } from "./message_view.js";

const TELLING = ["state", "generation", "edited", "rating", "number", "count", "before", "after", "pinned", "checkpoint"];

export class MessageList {
  /** @param {(article: Element) => void} dropped Called before an article leaves the page. */
  constructor(list, dropped) {
    this.list = list;
    this.dropped = dropped;
  }

  find(id) {
    return id ? this.list.querySelector(`[data-message="${CSS.escape(id)}"]`) : null;
  }

  addPending(frame) {
    this.list.append(buildPending(frame));
  }

  removePending(request) {
    this.list.querySelector(`[data-pending="${CSS.escape(request ?? "")}"]`)?.remove();
  }

  /** Adds `message` at its end, or in the place of `replaces`. Returns whether it follows its parent, as it must. */
  add(message, replaces) {
    const old = this.find(replaces);
    if (old) {
      // The shown branch goes through the new answer: what followed the old one is no longer below it.
      while (old.nextElementSibling) this.remove(old.nextElementSibling);
      this.remove(old);
    }
    const pending = this.list.querySelector("[data-pending]");
    const last = pending ? pending.previousElementSibling : this.list.lastElementChild;
    this.list.insertBefore(build(message), pending);
    return (last?.dataset.message ?? null) === message.parent;
  }

  remove(article) {
    this.dropped(article);
    article.remove();
  }

  /**
   * Makes the list equal to `articles`, as the site rendered them, touching only what differs. Those for which `keep` holds stay as
   * they are. Returns the articles that are new or replaced.
   */
  merge(articles, keep) {
    const wanted = new Set(articles.map((article) => article.dataset.message));
    for (const here of [...this.list.children]) {
      if (!here.dataset.pending && !wanted.has(here.dataset.message)) this.remove(here);
    }
    const known = new Map([...this.list.children].map((article) => [article.dataset.message, article]));
    const fresh = [];
    let before = this.list.firstElementChild;
    for (const article of articles) {
      const here = known.get(article.dataset.message);
      const stays = here && (keep(here) || same(here, article));
      if (here === before) before = before?.nextElementSibling ?? null;
      if (stays && here.nextElementSibling !== before) this.list.insertBefore(here, before);
      if (stays) continue;
      if (here) this.remove(here);
      this.list.insertBefore(article, before);
      fresh.push(article);
    }
    return fresh;
  }
}

function same(here, article) {
  return TELLING.every((name) => (here.dataset[name] ?? "") === (article.dataset[name] ?? ""));
}
