// One press beside what is shared: its address becomes the short one, to be copied.
import { gettext } from "../i18n.js";

/** `button` has `data-url` and, if there is one, `data-title`; `field` holds the address. */
export function shortenInto(button, field) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const response = await fetch(button.dataset.url, {
        method: "POST",
        headers: { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content, Accept: "application/json" },
        body: new URLSearchParams({ target: field.value, title: button.dataset.title ?? "" }),
      });
      const said = await response.json();
      if (!response.ok) throw new Error(said.error.message);
      field.value = said.address;
      field.focus();
    } catch (error) {
      button.textContent = gettext("Not made");
      button.title = error.message;
      button.disabled = false;
    }
  });
}
