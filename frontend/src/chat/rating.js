// Thumbs below an answer, and the form that asks why.

import { address, get, post } from "./api.js";
import { gettext } from "../i18n.js";
import { part } from "./parts.js";

/** Shows on the thumbs what the article says of its rating. */
export function showRating(article) {
  for (const thumb of article.querySelectorAll("[data-thumb]")) {
    thumb.setAttribute("aria-pressed", String(thumb.dataset.thumb === article.dataset.rating));
  }
}

export class Ratings {
  /** @param {{find(id: string): Element | null, url: string, failed(words: string): void, announce(words: string): void}} parts */
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** Another device, or this page just now. */
  rated({ message, rating }) {
    const article = this.find(message);
    if (!article) return;
    article.dataset.rating = rating;
    showRating(article);
    if (!rating) part(article, "rating-form")?.remove();
  }

  /** A thumb was pressed. It counts at once; the form asks why, and offers to take it back. */
  async act(value, article) {
    const id = article.dataset.message;
    try {
      const pressed = article.dataset.rating === value;
      const url = address(this.url, id);
      const { rating } = pressed ? await get(url) : await post(url, { value });
      this.rated({ message: id, rating: value });
      if (!pressed) this.announce(gettext("Rated."));
      this.#ask(article, url, { ...rating, value });
    } catch (error) {
      this.failed(error.message);
    }
  }

  #ask(article, url, rating) {
    part(article, "rating-form")?.remove();
    const form = document.getElementById("rating-template").content.firstElementChild.cloneNode(true);
    const { reason, comment, may_be_read: readable } = form.elements;
    for (const label of form.querySelectorAll("[data-for]")) {
      if (![rating.value, "both"].includes(label.dataset.for)) label.remove();
    }
    for (const choice of form.querySelectorAll("[name=reason]")) choice.checked = choice.value === rating.reason;
    comment.value = rating.comment ?? "";
    readable.checked = rating.may_be_read ?? false;
    const close = () => {
      form.remove();
      article.querySelector(`[data-thumb=${rating.value}]`)?.focus();
    };
    const done = (value) => this.rated({ message: article.dataset.message, rating: value });
    const send = (frame) => this.#send(form, url, frame, close, done);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = form.querySelector("[name=reason]:checked")?.value ?? "";
      send({ value: rating.value, reason: chosen, comment: comment.value, may_be_read: readable.checked });
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      close();
    });
    part(form, "withdraw").addEventListener("click", () => send({ value: "" }));
    part(form, "close").addEventListener("click", close);
    part(article, "tools").after(form);
    (reason.value ? form.querySelector("[name=reason]:checked") : form.querySelector("[name=reason]")).focus();
    form.scrollIntoView({ block: "nearest" });
  }

  async #send(form, url, frame, close, done) {
    const error = part(form, "rating-error");
    try {
      await post(url, frame);
    } catch (refusal) {
      error.textContent = refusal.message;
      error.hidden = false;
      return;
    }
    // First of all: the news of it, which may be here already, takes the form away too.
    close();
    this.announce(frame.value ? gettext("Thank you.") : gettext("The rating was taken back."));
    done(frame.value);
  }
}
