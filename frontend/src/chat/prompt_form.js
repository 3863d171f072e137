// Asks for the variables of a prompt, and has the site put them into its text.

import { address, post } from "./api.js";
import { gettext } from "../i18n.js";
import { fieldsFor, valuesOf } from "./variable_fields.js";

/**
 * The text of the prompt `item` (`{id, title, variables}`, as the composer's list has it) with what somebody gives for its variables, or
 * null when they think better of it. What does not fit is said in the form. Without variables nobody is asked.
 *
 * The page names the address that fills by `data-url-prompt-fill`.
 *
 * @returns {Promise<string | null>}
 */
export function askVariables(item) {
  const variables = item.variables ?? [];
  if (!variables.length) return fill(item, {});
  const dialog = form(item, variables);
  const giveBack = caretOf(document.activeElement);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    let text = null;
    dialog.addEventListener("close", () => {
      dialog.remove();
      giveBack();
      resolve(text);
    });
    dialog.querySelector("[data-part=cancel]").addEventListener("click", () => dialog.close());
    dialog.querySelector("form").addEventListener("submit", async (event) => {
      event.preventDefault();
      const { target } = event;
      const [button, error] = ["[data-part=fill]", "[data-part=error]"].map((name) => target.querySelector(name));
      if (button.disabled) return;
      button.disabled = true;
      error.hidden = true;
      try {
        text = await fill(item, valuesOf(target, variables));
        dialog.close();
      } catch ({ message }) {
        error.textContent = message;
        error.hidden = false;
      } finally {
        button.disabled = false;
      }
    });
  });
}

/** What puts the caret back to where it is now: a browser that gives the focus back to a field may do so with the caret at its beginning. */
function caretOf(field) {
  const { selectionStart: start, selectionEnd: end } = field;
  return () => {
    field.focus();
    if (typeof start === "number") field.setSelectionRange(start, end);
  };
}

async function fill({ id }, values) {
  const { urlPromptFill } = document.querySelector("[data-url-prompt-fill]").dataset;
  return (await post(address(urlPromptFill, id), { values })).text;
}

function form(item, variables) {
  const dialog = Object.assign(document.createElement("dialog"), { className: "dialog" });
  dialog.dataset.testid = "prompt-form";
  dialog.setAttribute("aria-labelledby", "prompt-form-title");
  const made = document.createElement("form");
  const title = Object.assign(document.createElement("h2"), { id: "prompt-form-title", textContent: item.title });
  const error = Object.assign(document.createElement("p"), { className: "form-errors", hidden: true });
  error.dataset.part = "error";
  error.setAttribute("role", "alert");
  const actions = Object.assign(document.createElement("div"), { className: "actions" });
  actions.append(button("fill", "button", "submit", gettext("Insert")), button("cancel", "button quiet", "button", gettext("Cancel")));
  made.append(title, fieldsFor(variables, "prompt"), error, actions);
  dialog.append(made);
  return dialog;
}

function button(name, className, type, textContent) {
  const made = Object.assign(document.createElement("button"), { className, type, textContent });
  made.dataset.part = name;
  made.dataset.testid = `prompt-${name}`;
  return made;
}
