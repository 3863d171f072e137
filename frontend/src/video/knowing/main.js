// Questions about a video to a model: beside its player, and where it is edited.
import { answer } from "../../paste/asking.js";
import { gettext } from "../../i18n.js";

for (const place of document.querySelectorAll("[data-knowing]")) {
  const form = place.querySelector("[data-question]");
  const said = place.querySelector("[data-said]");
  form.hidden = false;
  if (form.matches("form")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(place, said, { what: "question", question: form.elements.question.value });
    });
  }
  for (const button of place.querySelectorAll("[data-what]")) button.addEventListener("click", () => ask(place, said, { what: button.dataset.what }));
}

async function ask(place, said, fields) {
  if (place.dataset.asking) return;
  place.dataset.asking = "true";
  // Not disabled: the one that was pressed would lose the focus.
  const buttons = [...place.querySelectorAll("[data-question] button")];
  for (const button of buttons) button.setAttribute("aria-disabled", "true");
  said.textContent = gettext("A model reads what is said…");
  try {
    // Escaped by the site.
    said.innerHTML = await answer(place.dataset.knowing, fields);
  } catch (error) {
    said.textContent = error.message;
  }
  delete place.dataset.asking;
  for (const button of buttons) button.removeAttribute("aria-disabled");
}
