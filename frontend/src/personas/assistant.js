// The assistant in the editor of personas: a draft from a sentence, suggestions for one field, a picture, and a trial.

import { address, post } from "../chat/api.js";
import { replace } from "../chat/writing.js";
import { gettext } from "../i18n.js";
import { Tasks, postForm } from "./tasks.js";
import { trials } from "./trial.js";

const SUGGESTED = ["name", "description", "personality", "scenario", "first_message", "examples", "system_prompt", "post_history"];
const STATES = { waiting: gettext("Waiting for a machine …"), running: gettext("The model is writing …") };

export function assists(form, box) {
  const part = (name) => box.querySelector(`[data-part=${name}]`);
  box.hidden = false;
  // Without a model the box only says so.
  if (!part("draft")) return;
  const tasks = new Tasks(box.dataset);
  const status = part("status");
  const error = part("error");
  let before = null;

  const run = async (ask, query) => {
    error.hidden = true;
    status.textContent = STATES.waiting;
    part("stop").hidden = false;
    try {
      return await tasks.run(ask, query, (state) => (status.textContent = STATES[state]));
    } catch (problem) {
      if (problem.name !== "AbortError") {
        error.textContent = problem.message;
        error.hidden = false;
      }
      return null;
    } finally {
      status.textContent = "";
      part("stop").hidden = true;
    }
  };
  part("stop").addEventListener("click", () => tasks.stop());

  part("draft").addEventListener("click", async () => {
    const wish = part("wish").value;
    const found = await run(() => post(box.dataset.draft, { wish }), { wanted: "draft" });
    if (!found) return;
    const values = { ...found.draft, tags: found.draft.tags.join(", ") };
    before = Object.fromEntries(Object.keys(values).map((name) => [name, form.elements[name].value]));
    fill(form, values);
    part("undo").hidden = false;
    status.textContent = gettext("The draft stands below. Nothing is saved yet.");
  });
  part("undo").addEventListener("click", () => {
    fill(form, before);
    part("undo").hidden = true;
    status.textContent = gettext("As it was before.");
  });

  part("paint")?.addEventListener("click", async () => {
    const found = await run((signal) => postForm(box.dataset.picture, form, {}, signal), { wanted: "picture" });
    if (found) await takePicture(form, address(box.dataset.made, found.task), status);
  });

  for (const name of SUGGESTED) offerSuggestions(form.elements[name], (signal) => postForm(box.dataset.suggest, form, { field: name, wish: part("wish").value }, signal), (ask) => run(ask, { wanted: "suggestions", field: name }));
  trials(form, document.getElementById("trial"), part("trial"), tasks, box.dataset.reply);
}

function fill(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements[name];
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function offerSuggestions(field, ask, run) {
  const box = document.getElementById("suggest-template").content.firstElementChild.cloneNode(true);
  const button = box.querySelector("[data-part=suggest]");
  const list = box.querySelector("[data-part=list]");
  const label = field.labels[0].textContent;
  button.setAttribute("aria-label", `${button.textContent}: ${label}`);
  button.dataset.testid = `suggest-${field.name}`;
  field.after(box);
  button.addEventListener("click", async () => {
    button.disabled = true;
    const found = await run(ask);
    button.disabled = false;
    if (!found) return;
    list.replaceChildren(
      ...found.suggestions.map((text) => {
        const row = document.getElementById("suggestion-template").content.firstElementChild.cloneNode(true);
        row.querySelector("[data-part=text]").textContent = text;
        const use = row.querySelector("[data-part=use]");
        use.dataset.testid = "use-suggestion";
        use.addEventListener("click", () => {
          // In a way that Ctrl+Z takes back.
          replace(field, 0, field.value.length, text);
          list.hidden = true;
        });
        return row;
      }),
    );
    list.hidden = false;
    list.querySelector("button").focus();
  });
}

/** Into the file field, as if the person had chosen it: saved with the rest, and refused with the rest. */
async function takePicture(form, url, status) {
  const response = await fetch(url);
  if (!response.ok) {
    status.textContent = gettext("The picture is not there any more. Make another.");
    return;
  }
  const data = await response.blob();
  const files = new DataTransfer();
  files.items.add(new File([data], "portrait.webp", { type: "image/webp" }));
  form.elements.avatar.files = files.files;
  const field = form.elements.avatar.closest(".field");
  const shown = field.querySelector("img") ?? field.appendChild(Object.assign(new Image(128, 128), { alt: gettext("The picture that was made") }));
  shown.dataset.testid = "made-picture";
  shown.src = url;
  status.textContent = gettext("The picture is the avatar once you save.");
  form.dispatchEvent(new Event("input", { bubbles: true }));
}
