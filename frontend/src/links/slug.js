// Asks, while a slug is typed, whether it is free; and for one that is made up.
import { get } from "../chat/api.js";
import { gettext, interpolate } from "../i18n.js";

const PAUSE_MS = 350;

export class SlugField {
  #asked = 0;

  /** `chosen(slug, domain)` is told of what can be a slug. */
  constructor(form, chosen = () => {}) {
    this.form = form;
    this.chosen = chosen;
    this.field = form.elements.slug;
    this.state = form.querySelector("[data-slug-state]");
    this.field.addEventListener("input", () => this.#later());
    form.elements.domain?.addEventListener?.("change", () => this.#later());
    const tools = form.querySelector("[data-made-up]");
    if (!tools) return;
    tools.hidden = false;
    for (const button of tools.querySelectorAll("[data-style]")) {
      button.addEventListener("click", () => this.#ask({ style: button.dataset.style }));
    }
  }

  get domain() {
    return this.form.elements.domain?.value ?? this.form.dataset.domain ?? "";
  }

  #later() {
    clearTimeout(this.timer);
    const slug = this.field.value.trim();
    this.#asked++;
    this.#say("", null);
    // As it is now: taken by this very link.
    if (slug && slug !== this.form.dataset.slug) this.timer = setTimeout(() => this.#ask({ slug }), PAUSE_MS);
  }

  async #ask(what) {
    const asked = ++this.#asked;
    const query = new URLSearchParams({ ...what, domain: this.domain });
    try {
      const said = await get(`${this.form.dataset.slugUrl}?${query}`);
      // What was typed meanwhile has a question of its own.
      if (asked !== this.#asked) return;
      if (what.style) this.field.value = said.slug;
      this.#say(what.style ? interpolate(gettext("%s is free."), [said.slug]) : said.message, said.free);
      if (said.slug) this.chosen(said.slug, this.domain);
    } catch (error) {
      if (asked === this.#asked) this.#say(error.message, false);
    }
  }

  #say(words, free) {
    this.state.textContent = words;
    this.state.dataset.free = String(free);
    if (free === false) this.field.setAttribute("aria-invalid", "true");
    else this.field.removeAttribute("aria-invalid");
  }
}
