// What models remember, on the messages themselves: pins, and summaries at their places in the thread.

import { address, post } from "./api.js";
import { gettext } from "../i18n.js";
import { confirmed } from "./dialogs.js";
import { part } from "./parts.js";

/** Shows on an article whether it is pinned, and keeps its summary below its buttons. */
export function showMemory(article) {
  const pinned = article.dataset.pinned === "1";
  const button = article.querySelector("[data-action=pin]");
  if (button) {
    button.setAttribute("aria-pressed", String(pinned));
    button.textContent = pinned ? gettext("Unpin") : gettext("Pin");
  }
  const mark = part(article, "pin-mark");
  if (pinned && !mark) {
    const badge = Object.assign(document.createElement("span"), { className: "badge", textContent: gettext("pinned") });
    badge.dataset.part = badge.dataset.testid = "pin-mark";
    part(article, "time").before(badge);
  } else if (!pinned) mark?.remove();
  const block = part(article, "checkpoint");
  if (block && block.nextElementSibling) article.append(block);
}

export class Memory {
  /** @param {{urls: {pin: string, edit: string, forget: string}, confirm: HTMLDialogElement, failed(words: string): void}} parts */
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** By the name of the button. */
  get verbs() {
    const guarded = (verb) => (article) => verb(article).catch((error) => this.failed(error.message));
    return {
      pin: guarded((article) => post(address(this.urls.pin, article.dataset.message), { pinned: article.dataset.pinned !== "1" })),
      "summary-edit": (article) => this.#edit(part(article, "checkpoint")),
      "summary-delete": guarded(async (article) => {
        const words = gettext("Delete this summary? Models then read the messages themselves again, as far as they fit.");
        const { summary } = part(article, "checkpoint").dataset;
        if (await confirmed(this.confirm, words)) await post(address(this.urls.forget, summary));
      }),
    };
  }

  #edit(block) {
    if (part(block, "editor")) return;
    const form = document.getElementById("editor-template").content.firstElementChild.cloneNode(true);
    const text = part(block, "summary-text");
    const [field, save, cancel, error] = ["text", "save", "cancel", "editor-error"].map((name) => part(form, name));
    field.value = text.textContent;
    field.setAttribute("aria-label", gettext("Text of the summary"));
    const close = () => {
      form.remove();
      text.hidden = false;
      block.querySelector("[data-action=summary-edit]").focus();
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      save.disabled = true;
      try {
        await post(address(this.urls.edit, block.dataset.summary), { text: field.value });
        text.textContent = field.value;
        close();
      } catch (refusal) {
        error.textContent = refusal.message;
        error.hidden = false;
      }
      save.disabled = false;
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      close();
    });
    cancel.addEventListener("click", close);
    text.hidden = true;
    text.after(form);
    field.focus();
  }
}
