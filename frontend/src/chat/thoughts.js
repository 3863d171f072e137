// What a model thought before its answer: open while it thinks, closed when the answer begins, unless the reader has decided.
// Of an answer that has ended it is fetched when somebody opens it.

import { gettext } from "../i18n.js";
import { address, getText } from "./api.js";
import { part } from "./parts.js";
import { StreamView } from "./stream_view.js";

/** The thinking of an answer that runs. */
export class Thoughts {
  #view = null;
  #answering = false;

  constructor(article) {
    this.article = article;
    this.box = part(article, "thinking");
  }

  append(text) {
    if (!text) return;
    if (!this.#view) this.#begin();
    this.#view.append(text);
  }

  /** The answer has begun: what was thought steps back. */
  answering() {
    if (this.#answering) return;
    this.#answering = true;
    this.#rest();
    if (!this.box.dataset.chosen) this.box.open = false;
  }

  clear() {
    this.#view?.clear();
    this.#view?.end();
    this.#view = null;
    this.#answering = false;
    this.box.hidden = true;
  }

  /** The answer is over; `length` code points of thinking are on the page. */
  end(length) {
    this.#rest();
    this.box.dataset.shown = String(length);
    if (!this.box.dataset.chosen) this.box.open = false;
  }

  #begin() {
    this.#view = new StreamView(part(this.article, "thoughts"));
    this.box.hidden = false;
    if (this.#answering) {
      this.#view.end();
      return;
    }
    part(this.article, "thinking-title").textContent = gettext("Thinking…");
    this.article.dataset.thinking = "now";
    if (!this.box.dataset.chosen) this.box.open = true;
  }

  #rest() {
    this.#view?.end();
    part(this.article, "thinking-title").textContent = gettext("Thinking");
    delete this.article.dataset.thinking;
  }
}

/** What the site says of a message that has ended: how much was thought. */
export function fillThoughts(article, length) {
  const box = part(article, "thinking");
  box.dataset.length = String(length);
  box.hidden = !length;
}

/** Fetches what was thought when its box is opened and the page has not seen all of it. */
export function thoughtsOnDemand(list, url) {
  const load = async (article, box) => {
    const { length, shown } = box.dataset;
    if (!box.open || shown === length || article.getAttribute("aria-busy")) return;
    const place = part(article, "thoughts");
    box.dataset.shown = length;
    try {
      const text = await getText(address(url, article.dataset.message));
      if (article.getAttribute("aria-busy")) return;
      place.textContent = text;
    } catch (error) {
      delete box.dataset.shown;
      place.textContent = error.message;
    }
  };
  // The event does not bubble, but on its way down it can be caught.
  list.addEventListener("toggle", ({ target }) => target.dataset.part === "thinking" && load(target.closest("[data-message]"), target), true);
  list.addEventListener("click", ({ target }) => {
    const box = target.closest("summary")?.closest("[data-part=thinking]");
    if (!box) return;
    box.dataset.chosen = "1";
    if (!box.open) box.dispatchEvent(new CustomEvent("reading", { bubbles: true }));
  });
  return (article) => load(article, part(article, "thinking"));
}
