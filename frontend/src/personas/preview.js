// What a model would read of the character in the editor, as the site composes it.

import { gettext } from "../i18n.js";

export function previews(form, dialog) {
  const button = form.querySelector("[data-part=preview]");
  const part = (name) => dialog.querySelector(`[data-part=${name}]`);
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const body = new FormData(form);
      body.delete("avatar");
      const response = await fetch(form.dataset.preview, { method: "POST", body, headers: { Accept: "application/json" } });
      const found = await response.json().catch(() => ({}));
      const problem = response.ok ? "" : (found.error?.message ?? gettext("The site did not answer. Try again."));
      part("role").textContent = found.role ?? "";
      part("last").textContent = found.last ?? "";
      part("last-box").hidden = !found.last;
      part("problems").replaceChildren(...(found.problems ?? []).map((text) => Object.assign(document.createElement("li"), { textContent: text })));
      part("error").textContent = problem;
      part("error").hidden = !problem;
    } catch {
      part("error").textContent = gettext("The site did not answer. Try again.");
      part("error").hidden = false;
    } finally {
      button.disabled = false;
    }
    dialog.showModal();
  });
}
