// Pages of shares: addresses to be copied and shortened.
import { copyFrom } from "../../chat/copy.js";
import { shortenInto } from "../../links/shorten.js";

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", () => copyFrom(button, field.value));
  field.addEventListener("focus", () => field.select());
}

for (const button of document.querySelectorAll("[data-shorten]")) shortenInto(button, document.getElementById(button.dataset.shorten));
