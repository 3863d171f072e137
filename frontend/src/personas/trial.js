// A conversation with the character as it stands in the editor. It lives in this page alone.

import { gettext } from "../i18n.js";
import { postForm } from "./tasks.js";

export function trials(form, dialog, opener, tasks, url) {
  const part = (name) => dialog.querySelector(`[data-part=${name}]`);
  const text = part("say").querySelector("textarea");
  let turns = [];

  const show = (pending = "") => {
    const rows = turns.map(({ role, text }) => row(role, text));
    if (pending) rows.push(row("pending", pending));
    part("turns").replaceChildren(...rows);
    part("turns").lastElementChild?.scrollIntoView({ block: "nearest" });
  };
  const row = (role, said) => {
    const item = Object.assign(document.createElement("li"), { className: `turn-${role}` });
    const who = role === "user" ? gettext("You") : form.elements.nickname.value || form.elements.name.value;
    item.append(Object.assign(document.createElement("b"), { textContent: who }), Object.assign(document.createElement("p"), { className: "persona-plain", textContent: said }));
    return item;
  };
  const refuse = (message) => {
    part("error").textContent = message;
    part("error").hidden = !message;
  };
  const begin = () => {
    tasks.stop();
    refuse("");
    const name = form.elements.nickname.value || form.elements.name.value;
    const first = form.elements.first_message.value.trim().replace(/\{\{char\}\}/gi, name).replace(/\{\{user\}\}/gi, gettext("User"));
    turns = first ? [{ role: "assistant", text: first }] : [];
    show();
  };

  opener.addEventListener("click", () => {
    begin();
    dialog.showModal();
    text.focus();
  });
  part("again").addEventListener("click", () => {
    begin();
    text.focus();
  });
  part("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => tasks.stop());
  part("say").addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = text.value.trim();
    if (!said || tasks.busy) return;
    refuse("");
    turns.push({ role: "user", text: said });
    text.value = "";
    show("…");
    try {
      const { reply } = await tasks.run((signal) => postForm(url, form, { turns: JSON.stringify(turns) }, signal), { wanted: "reply" });
      turns.push({ role: "assistant", text: reply || "…" });
    } catch (problem) {
      // What was said comes back into the field: nothing that was typed is lost.
      if (turns.at(-1)?.role === "user") turns.pop();
      if (!text.value) text.value = said;
      if (problem.name !== "AbortError") refuse(problem.message);
    }
    show();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    part("say").requestSubmit();
  });
}
