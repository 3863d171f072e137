// One message on the page: made from the server's own template, filled from the wire's `MessageOut`.

import { gettext, interpolate } from "../i18n.js";
import { author, tokens } from "./words.js";
import { fillCalls } from "./calls.js";
import { dressCode } from "./code.js";
import { copyFrom } from "./copy.js";
import { dressMath } from "./math.js";
import { fillAttached } from "./attached.js";
import { showMemory } from "./memory.js";
import { part } from "./parts.js";
import { showRating } from "./rating.js";
import { saveAsPaste } from "./pasting.js";
import { isUnderWay } from "./states.js";
import { dressSources } from "./sources.js";
import { fillThoughts } from "./thoughts.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function pattern() {
  return document.getElementById("message-template").content.firstElementChild.cloneNode(true);
}

export function build(message) {
  const article = pattern();
  fill(article, message);
  return article;
}

export function fill(article, message) {
  if (message.id) article.id = `m-${message.id}`;
  Object.assign(article.dataset, {
    message: message.id,
    role: message.role,
    source: message.source,
    state: message.state ?? "",
    generation: message.generation ?? "",
    tokens: message.tokens ?? "",
    cut: message.cut ? "1" : "",
    pinned: message.pinned ? "1" : "",
    edited: message.edited ? String(Math.floor(Date.parse(message.edited) / 1000)) : "",
  });
  // Without a place, the article keeps the one it was told before.
  if (message.place) {
    const { number, count, before, after } = message.place;
    Object.assign(article.dataset, { number, count, before: before ?? "", after: after ?? "" });
  }
  if (message.rating !== null && message.rating !== undefined) article.dataset.rating = message.rating;
  complete(article);
  part(article, "author").textContent = article.dataset.label || author(message);
  part(article, "time").dateTime = message.created;
  fillRoute(part(article, "route"), message.route);
  const error = part(article, "error");
  error.textContent = message.error || "";
  error.hidden = !message.error;
  fillCalls(article, message.calls, message.sources);
  // An answer that runs is painted by its stream; everything else comes as the site rendered it.
  if (!isUnderWay(message.state)) {
    part(article, "body").innerHTML = message.html;
    fillAttached(article, message.attachments);
    fillThoughts(article, message.thinking ?? 0);
  }
  dress(article);
}

function fillRoute(badge, route) {
  badge.hidden = !route;
  if (!route) return;
  const { key, name, stage, reason, confidence } = route;
  Object.assign(badge.dataset, { key, name, stage, reason, confidence });
  badge.textContent = name;
}

/** The site renders only what can be read; the rest of a message comes from the pattern. */
function complete(article) {
  if (part(article, "tools")) return;
  const whole = pattern();
  if (!part(article, "route")) part(article, "time").before(part(whole, "route"));
  if (!part(article, "thinking")) part(article, "body").before(part(whole, "thinking"));
  for (const name of ["error", "note", "progress", "tools"]) article.append(part(article, name) ?? part(whole, name));
}

/** Tools, local times and code buttons: what a message needs once it is seen. */
export function dress(article) {
  complete(article);
  showVersions(article);
  showRating(article);
  showMemory(article);
  part(article, "tokens").textContent = tokens(Number(article.dataset.tokens));
  const time = part(article, "time");
  const moment = new Date(time.dateTime);
  if (!Number.isNaN(moment.valueOf())) {
    time.textContent = clock.format(moment);
    time.title = calendar.format(moment);
  }
  dressParts(part(article, "body"));
  if (article.dataset.role === "assistant" && !isUnderWay(article.dataset.state)) dressSources(part(article, "body"));
}

/** Of rendered text: tools for code, formulas and diagrams. */
export function dressParts(root) {
  dressCode(root);
  dressMath(root);
}

function showVersions(article) {
  const { number, count, before, after } = article.dataset;
  const box = part(article, "versions");
  box.hidden = !(Number(count) > 1);
  if (box.hidden) return;
  part(box, "version").textContent = `${number}/${count}`;
  box.setAttribute("aria-label", interpolate(gettext("Version %s of %s"), [number, count]));
  box.querySelector("[data-action=before]").disabled = !before;
  box.querySelector("[data-action=after]").disabled = !after;
}

/** Dresses articles when they come near the sight of `box`: all of a long conversation at once would delay its first sight. */
export function dresser(box) {
  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        dress(target);
      }
    },
    { root: box, rootMargin: "600px" },
  );
  return (article) => near.observe(article);
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

/** A question on its way to the site, as plain text. */
export function buildPending(frame) {
  const article = build({ id: "", role: "user", source: "person", html: "", created: new Date().toISOString(), tokens: null });
  const plain = Object.assign(document.createElement("div"), { className: "plain", textContent: frame.text });
  part(article, "body").replaceChildren(plain);
  article.dataset.pending = frame.request;
  setNote(article, gettext("Sending…"));
  return article;
}

async function pasteFrom(button, text) {
  try {
    saveAsPaste("message.md", await text);
  } catch (error) {
    button.title = error.message;
  }
}

/** The buttons of all messages at once: Copy and Paste are done here, with the Markdown that `source` promises, all else by `act`. */
export function tools(list, source, act) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-action]");
    const article = button?.closest("[data-message]");
    if (!article) return;
    if (button.dataset.action === "copy") copyFrom(button, source(article.dataset.message));
    else if (button.dataset.action === "paste") pasteFrom(button, source(article.dataset.message));
    else act(button.dataset.action, article, button);
  });
}
