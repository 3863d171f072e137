// Files that the site itself fetches: an address goes out, progress is asked for while something is on its way.

import { gettext, interpolate } from "../../i18n.js";
import { size } from "./words.js";

const part = (place, name) => place.querySelector(`[data-part="${name}"]`);
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const EVERY = 1_000;
const OPEN = ["waiting", "running"];

/** `stored` is called when one has become a file. */
export class Fetching {
  #rows = new Map();
  #states = new Map();
  #hidden = new Set();
  #timer = null;

  constructor({ root, url, cancelUrl, folder, say, stored }) {
    Object.assign(this, { root, url, cancelUrl, folder, say, stored });
    this.box = part(root, "fetches");
    this.list = part(this.box, "list");
    this.pattern = part(this.box, "row").content.firstElementChild;
    this.dialog = part(root, "fetch-dialog");
    const form = this.dialog.querySelector("form");
    part(root, "fetch").addEventListener("click", () => {
      form.reset();
      this.#note("");
      this.dialog.showModal();
    });
    part(this.dialog, "cancel").addEventListener("click", () => this.dialog.close());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#begin(form.elements.url.value.trim());
    });
    this.box.addEventListener("click", ({ target }) => this.#pressed(target.closest("button[data-do]")));
  }

  /** What is on its way already, begun before a reload or at another device. */
  async start() {
    // What had ended before is no news.
    for (const { id, state } of (await this.#asked()) ?? []) if (!OPEN.includes(state)) this.#hidden.add(id);
    await this.look();
  }

  async look() {
    clearTimeout(this.#timer);
    const found = await this.#asked();
    if (found) this.show(found.filter(({ id }) => !this.#hidden.has(id)));
    if (!found || found.some(({ state }) => OPEN.includes(state))) this.#timer = setTimeout(() => this.look(), found ? EVERY : 5 * EVERY);
  }

  show(fetches) {
    this.box.hidden = !fetches.length;
    for (const fetch of fetches) {
      this.#show(fetch);
      const before = this.#states.get(fetch.id);
      this.#states.set(fetch.id, fetch.state);
      if (!before || before === fetch.state) continue;
      if (fetch.state === "done") {
        this.say(interpolate(gettext("%s is here."), [fetch.name]));
        this.stored();
      } else if (fetch.state === "failed") this.say(`${fetch.name || fetch.url}: ${fetch.words}`);
    }
  }

  async #begin(url) {
    try {
      const { fetch } = await this.#post(this.url, { url, folder: this.folder });
      this.dialog.close();
      this.say(interpolate(gettext("The site fetches %s."), [url]));
      this.#states.set(fetch.id, fetch.state);
      await this.look();
    } catch (error) {
      this.#note(error.message);
    }
  }

  async #pressed(button) {
    const id = button?.closest("[data-fetch]")?.dataset.fetch;
    if (!id) return;
    if (OPEN.includes(this.#states.get(id))) {
      try {
        await this.#post(this.cancelUrl.replace("00000000-0000-0000-0000-000000000000", id), {});
      } catch (error) {
        this.say(error.message);
        return;
      }
    }
    this.#hidden.add(id);
    this.#rows.get(id)?.remove();
    this.#rows.delete(id);
    this.box.hidden = !this.#rows.size;
    part(this.root, "fetch").focus();
    await this.look();
  }

  #show(fetch) {
    let row = this.#rows.get(fetch.id);
    if (!row) {
      row = this.pattern.cloneNode(true);
      row.dataset.fetch = fetch.id;
      this.#rows.set(fetch.id, row);
      this.list.append(row);
    }
    row.dataset.state = fetch.state;
    const name = fetch.name || fetch.url;
    part(row, "name").textContent = name;
    part(row, "name").title = fetch.url;
    part(row, "facts").textContent = facts(fetch);
    const bar = part(row, "bar");
    bar.hidden = fetch.state !== "running";
    bar.setAttribute("aria-label", name);
    if (fetch.size) Object.assign(bar, { max: fetch.size, value: fetch.got });
    else bar.removeAttribute("value");
    const button = row.querySelector("[data-do=remove]");
    button.textContent = OPEN.includes(fetch.state) ? gettext("Cancel") : gettext("Remove");
    button.setAttribute("aria-label", `${button.textContent}: ${name}`);
  }

  #note(words) {
    part(this.dialog, "note").textContent = words;
  }

  async #asked() {
    try {
      const response = await fetch(this.url, { headers: { Accept: "application/json" } });
      return response.ok ? (await response.json()).fetches : null;
    } catch {
      return null;
    }
  }

  async #post(url, fields) {
    let response;
    try {
      response = await fetch(url, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": token() }, body: new URLSearchParams(fields) });
    } catch {
      throw new Error(gettext("The site cannot be reached. Check the connection and try again."));
    }
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new Error(answer?.error?.message ?? interpolate(gettext("The site refused this (%s)."), [response.status]));
    return answer;
  }
}

export function facts({ state, got, size: bytes, words }) {
  const said = {
    waiting: () => gettext("waiting"),
    running: () => (bytes ? interpolate(gettext("%(sent)s of %(all)s"), { sent: size(got), all: size(bytes) }) : size(got)),
    done: () => interpolate(gettext("here, %s"), [size(bytes ?? got)]),
    failed: () => words,
    cancelled: () => gettext("cancelled"),
  };
  return said[state]?.() ?? "";
}
