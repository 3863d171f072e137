// The search box of the side bar: what it finds stands in the place of the list until it is emptied.

import { gettext, interpolate, ngettext, number } from "../i18n.js";
import { get } from "./api.js";

const PAUSE = 200;
const UNTITLED = gettext("New conversation");

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function row({ conversation, url, hits, by_meaning: near }) {
  const title = conversation.title || UNTITLED;
  const item = element("li", { className: "found" }, element("a", { href: url, textContent: title, title }));
  if (near) item.append(element("span", { className: "muted", textContent: gettext("similar in meaning") }));
  item.dataset.testid = "found";
  for (const hit of hits) {
    const words = hit.parts.map(([text, marked]) => (marked ? element("mark", { textContent: text }) : text));
    item.append(element("a", { href: hit.url, className: "found-hit" }, hit.role === "user" ? `${gettext("You")}: ` : "", ...words));
  }
  return item;
}

function found(count) {
  return interpolate(ngettext("%s conversation found.", "%s conversations found.", count), [number(count)]);
}

export class Search {
  #timer = 0;
  #number = 0;

  /** `box` is the input, `list` where results go, `rest` what they replace, `note` says how many, `announce` says it to screen readers. */
  constructor({ box, list, rest, note, url, announce }) {
    Object.assign(this, { box, list, rest, note, url, announce });
    box.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#ask(), PAUSE);
    });
    box.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("keydown", (event) => this.#walk(event));
    if (box.value) this.#ask();
  }

  open() {
    this.opened?.();
    this.box.focus();
    this.box.select();
  }

  #key(event) {
    if (event.key === "Escape" && this.box.value) {
      this.box.value = "";
      this.#ask();
      event.preventDefault();
    } else if (event.key === "ArrowDown") {
      this.list.querySelector("a")?.focus();
      event.preventDefault();
    } else if (event.key === "Enter") {
      clearTimeout(this.#timer);
      this.#ask();
    }
  }

  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const links = [...this.list.querySelectorAll("a")];
    const next = links[links.indexOf(event.target) + step];
    (next ?? (step < 0 ? this.box : event.target)).focus();
    event.preventDefault();
  }

  async #ask() {
    const words = this.box.value.trim();
    // Answers may overtake each other: only the newest counts.
    const number = ++this.#number;
    if (!words) {
      this.#show(null, "");
      return;
    }
    try {
      const { results, by_meaning: meant } = await get(`${this.url}?q=${encodeURIComponent(words)}`);
      if (number !== this.#number) return;
      const count = results.length;
      const wordsOnly = meant === false ? ` ${gettext("Searched by words alone.")}` : "";
      this.#show(results.map(row), (count ? found(count) : gettext("Nothing found.")) + wordsOnly);
    } catch (error) {
      if (number === this.#number) this.#show([], error.message);
    }
  }

  #show(rows, words) {
    this.list.replaceChildren(...(rows ?? []));
    this.list.hidden = rows === null;
    for (const part of this.rest) part.classList.toggle("searching", rows !== null);
    this.note.textContent = words;
    this.announce(words);
  }
}
