// Pages of shared conversations: buttons on code, formulas, and the link that is to be copied.
import { dressCode } from "../chat/code.js";
import { copyFrom } from "../chat/copy.js";
import { dressMath } from "../chat/math.js";
import { dressSources } from "../chat/sources.js";
import { shortenInto } from "../links/shorten.js";

const conversation = document.getElementById("chat");
if (conversation) {
  dressCode(conversation);
  dressMath(conversation);
  for (const body of conversation.querySelectorAll("[data-role=assistant] > .prose")) dressSources(body);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", () => copyFrom(button, field.value));
  field.addEventListener("focus", () => field.select());
}

for (const button of document.querySelectorAll("[data-shorten]")) shortenInto(button, document.getElementById(button.dataset.shorten));
