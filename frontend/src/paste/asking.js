// Questions about the paste to a model: they are put in a queue, and asked after until there is an answer.
import { gettext } from "../i18n.js";

const WAIT = 1500;
const TURNS = 200;

export function asking() {
  const place = document.querySelector("[data-assist]");
  if (!place) return;
  const said = place.querySelector("[data-said]");
  for (const button of place.querySelectorAll("[data-ask]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      said.textContent = gettext("A model reads it…");
      try {
        // Escaped and cleaned by the site.
        said.innerHTML = await answer(place.dataset.assist, { what: button.dataset.ask });
      } catch (error) {
        said.textContent = error.message;
      }
      button.disabled = false;
    });
  }
}

/** What a model says at last to what is asked at ``address``, as HTML; throws words for people. */
export async function answer(address, fields) {
  const { task } = await request(address, { method: "POST", body: new URLSearchParams(fields) });
  for (let turn = 0; turn < TURNS; turn += 1) {
    const found = await request(`${address}${task}/`, {});
    if (found.state === "done") return found.html;
    if (found.state === "failed" || found.state === "cancelled") throw new Error(found.error || gettext("The model did not answer."));
    await new Promise((resolve) => setTimeout(resolve, WAIT));
  }
  throw new Error(gettext("The model did not answer in time."));
}

async function request(address, options) {
  const token = document.querySelector("meta[name=csrf-token]").content;
  const response = await fetch(address, { ...options, headers: { Accept: "application/json", "X-CSRFToken": token } });
  const found = await response.json();
  if (!response.ok) throw new Error(found.error?.message ?? gettext("The site refused this."));
  return found;
}
