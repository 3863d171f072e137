// The like, and the lists that a video is put into, without leaving the page.

import { gettext } from "../../i18n.js";
import { send } from "../sending.js";

const JSON_ALONE = { Accept: "application/json" };

export function followLike(form) {
  const button = form.querySelector("button");
  const told = form.querySelector("[data-told]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    told.textContent = "";
    try {
      const { likes, liked } = await (await send(form, null, JSON_ALONE)).json();
      form.querySelector("[data-likes]").textContent = likes;
      form.elements.on.value = liked ? "0" : "1";
      button.setAttribute("aria-pressed", liked);
    } catch (error) {
      told.textContent = error.message;
    } finally {
      button.disabled = false;
      button.focus();
    }
  });
}

export function followSave(menu) {
  const form = menu.querySelector("form");
  const told = menu.querySelector("[data-saved]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await send(form, null, JSON_ALONE);
      told.textContent = gettext("Saved.");
      // A new list stands among the others when the page is opened next.
      form.elements.title.value = "";
    } catch (error) {
      told.textContent = error.message;
    }
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
