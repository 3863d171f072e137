// A message's text, opened for editing in its own place. Escape leaves it as it was, Ctrl+Enter keeps it.

import { part } from "./parts.js";

export const isEdited = (article) => part(article, "editor") !== null;

/**
 * @param {(text: string) => Promise<void> | void} keep Throws with the words of a refusal; the editor then stays open.
 */
export function edit(article, text, { label, keep }) {
  if (isEdited(article)) return;
  const form = document.getElementById("editor-template").content.firstElementChild.cloneNode(true);
  const [field, save, cancel, error] = ["text", "save", "cancel", "editor-error"].map((name) => part(form, name));
  field.value = text;
  save.textContent = label;
  const close = () => {
    form.remove();
    article.removeAttribute("data-editing");
    part(article, "tools")?.querySelector("[data-action=edit]")?.focus();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!field.value.trim() || save.disabled) return;
    save.disabled = true;
    try {
      await keep(field.value);
      close();
    } catch (refusal) {
      error.textContent = refusal.message;
      error.hidden = false;
    }
    save.disabled = false;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  cancel.addEventListener("click", close);
  part(article, "body").after(form);
  article.dataset.editing = "1";
  field.style.height = `${Math.min(field.scrollHeight + 4, innerHeight * 0.6)}px`;
  field.focus();
}
