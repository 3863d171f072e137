// Shows what an answer's model has read before the conversation, layer by layer, as the site kept it.

import { address, get } from "./api.js";
import { copyFrom } from "./copy.js";
import { gettext } from "../i18n.js";

/** Opens a dialog about the answer `id`. Rejects with the site's words when it refuses. */
export async function showRead(url, id) {
  const { known, layers } = await get(address(url, id));
  const dialog = Object.assign(document.createElement("dialog"), { className: "dialog wide" });
  dialog.dataset.testid = "prompt-read";
  dialog.setAttribute("aria-labelledby", "prompt-read-title");
  dialog.append(element("h2", { id: "prompt-read-title", textContent: gettext("What the model read first") }));
  dialog.append(element("p", { className: "muted", textContent: summary(known, layers) }), ...layers.map(layer));
  const actions = element("form", { className: "actions", method: "dialog" });
  if (layers.length) {
    const copy = element("button", { type: "button", className: "button quiet", textContent: gettext("Copy all") });
    copy.addEventListener("click", () => copyFrom(copy, layers.map(({ text }) => text).join("\n\n")));
    actions.append(copy);
  }
  const close = element("button", { className: "button", textContent: gettext("Close") });
  close.dataset.testid = "prompt-read-close";
  actions.append(close);
  dialog.append(actions);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function summary(known, layers) {
  if (!known) return gettext("The site does not know: this answer is older than its notes of prompts, or was copied from another conversation.");
  if (!layers.length) return gettext("Nothing: the model read the conversation alone.");
  return gettext("The system prompt of this answer, to the letter. The conversation followed it.");
}

function layer({ title, source, version, text, cut }) {
  const box = element("section", { className: "layer" });
  box.dataset.testid = "prompt-layer";
  const about = [source, version, cut ? gettext("cut, since all together was too long") : ""].filter(Boolean).join(", ");
  box.append(
    element("h3", { textContent: title }),
    element("p", { className: "muted", textContent: about }),
    element("pre", { className: "prompt-text", textContent: text, tabIndex: 0 }),
  );
  return box;
}

const element = (name, properties) => Object.assign(document.createElement(name), properties);
