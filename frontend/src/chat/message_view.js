// One message on the page: made from the server's own template, filled from the wire's `MessageOut`.

import { author, tokens } from "./words.js";
import { copyFrom, dressCode } from "./copy.js";
import { address, getText } from "./api.js";

const RUNNING = new Set(["queued", "leased", "streaming"]);
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export const part = (article, name) => article.querySelector(`[data-part="${name}"]`);
export const isRunning = (article) => RUNNING.has(article.dataset.state);

export function build(message) {
  const article = document.getElementById("message-template").content.firstElementChild.cloneNode(true);
  fill(article, message);
  return article;
}

export function fill(article, message) {
  Object.assign(article.dataset, {
    message: message.id,
    role: message.role,
    source: message.source,
    state: message.state ?? "",
    generation: message.generation ?? "",
  });
  part(article, "author").textContent = author(message);
  const time = part(article, "time");
  time.dateTime = message.created;
  part(article, "tokens").textContent = tokens(message.tokens);
  setError(article, message.error);
  // An answer that runs is painted by its stream; everything else comes as the site rendered it.
  if (!RUNNING.has(message.state)) part(article, "body").innerHTML = message.html;
  dress(article);
}

/** What the server's HTML leaves to the page: local times and code buttons. */
export function dress(article) {
  const time = part(article, "time");
  const moment = new Date(time.dateTime);
  if (!Number.isNaN(moment.valueOf())) {
    time.textContent = clock.format(moment);
    time.title = calendar.format(moment);
  }
  dressCode(part(article, "body"));
}

export function setNote(article, text, progress = null) {
  part(article, "note").textContent = text;
  const bar = part(article, "progress");
  bar.hidden = progress === null;
  if (progress !== null) {
    bar.max = Math.max(1, progress.total);
    bar.value = progress.done;
  }
}

export function setError(article, text) {
  const box = part(article, "error");
  box.textContent = text || "";
  box.hidden = !text;
}

/** A question on its way to the site, as plain text. */
export function buildPending(frame) {
  const article = build({ id: "", role: "user", source: "person", html: "", created: new Date().toISOString(), tokens: null });
  const plain = Object.assign(document.createElement("div"), { className: "plain", textContent: frame.text });
  part(article, "body").replaceChildren(plain);
  article.dataset.pending = frame.request;
  setNote(article, "Sending…");
  return article;
}

/** Copy, Regenerate and Answer properly, for all messages at once. */
export function tools(list, sourceUrl, regenerate) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-action]");
    const article = button?.closest("[data-message]");
    if (!article) return;
    const id = article.dataset.message;
    if (button.dataset.action === "copy") copyFrom(button, getText(address(sourceUrl, id)));
    else regenerate(id, button.dataset.action === "properly");
  });
}
