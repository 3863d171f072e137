// A temporary chat: what is said is kept by this page alone, and sent along with each question. A reload, or leaving, ends it.
//
// Its answers come as those of any conversation, so the thread paints them; what would ask the site about stored messages is out of reach.

import { gettext } from "../i18n.js";
import { post } from "./api.js";
import { uuid } from "./outbox.js";

export const HASH = "#temporary";

const MOST_TURNS = 400;

export class Temporary {
  on = false;
  #turns = [];
  #texts = new Map();
  #pending = null;
  #early = "";
  #model = "";
  #kept = false;

  /** `parts`: root, banner, thread, composer, settings, connection, scroller, drawer, title, keepUrl. */
  constructor(parts) {
    Object.assign(this, parts);
    this.words = this.banner.querySelector("[data-part=words]");
    this.keepButton = this.banner.querySelector("[data-part=keep]");
    this.keepButton.addEventListener("click", () => this.#keep());
    this.thread.addEventListener("changed", () => this.on && this.#show());
    addEventListener("hashchange", () => location.hash === HASH && this.begin());
    addEventListener("beforeunload", (event) => this.on && this.#turns.length && !this.#kept && event.preventDefault());
  }

  /** On the page of a new conversation only: another one is left by its own address. */
  begin() {
    if (this.on || this.thread.conversation || this.thread.messages.list.children.length) return;
    this.on = true;
    this.root.dataset.temporary = "1";
    this.banner.hidden = false;
    const [way] = performance.getEntriesByType("navigation");
    if (way?.type === "reload") this.words.textContent = gettext("The temporary chat that was here is gone: nothing of it was stored. This is a new one. Models get no tools here.");
    this.title.textContent = gettext("Temporary chat");
    if (this.drawer.open) this.drawer.show(false);
    this.composer.text.focus();
    // Nothing of it is kept in the browser either.
    this.composer.storage = null;
    this.thread.temporary = this;
    if (this.connection.open) this.opened();
  }

  /** The socket is open: a chat on a socket before this one is over, and so is what was being answered on it. */
  opened() {
    this.connection.send({ type: "temporary.begin" });
    if (this.#pending || this.thread.runs.any) this.#lost();
  }

  /** Whether it was for this alone. */
  event(event) {
    if (!this.on) return false;
    if (event.type === "temporary") this.#begun(event.conversation);
    else if (event.type === "temporary.text") this.#texts.set(event.message, event.content);
    else if (event.type === "error" && this.#pending && event.request === this.#pending.request) this.#refused(event.message);
    else if (event.type === "message.added" && event.request === this.#pending?.request) this.#added(event);
    else if (event.type === "generation.finished" && event.conversation === this.thread.conversation) this.#answered(event);
    return event.type.startsWith("temporary");
  }

  submit(text) {
    // Written before the site has answered that the chat has begun.
    if (this.connection.open && !this.thread.conversation && !this.#early) {
      this.#early = text;
      return;
    }
    if (this.thread.runs.any || this.#pending || !this.connection.open || !this.thread.conversation) {
      const words = this.connection.open ? gettext("An answer is still being written here. Stop it or wait for it.") : gettext("The site cannot be reached now. Your message was not sent.");
      this.composer.refuse(words, text);
      return;
    }
    const { model, system_prompt, temperature, thinking } = this.settings.values;
    const frame = { type: "temporary.ask", request: uuid(), text, turns: this.#turns.slice(-MOST_TURNS), model, system_prompt, temperature, thinking };
    this.#pending = frame;
    this.#model = model;
    this.thread.messages.addPending(frame);
    this.connection.send(frame);
    this.scroller.toEnd();
    this.#show();
  }

  /** The Markdown of a message, for Copy. */
  source(id) {
    return this.on ? Promise.resolve(this.#texts.get(id) ?? "") : null;
  }

  /** Says why no file may be attached, where none may: it would be stored. */
  refusesFiles() {
    if (this.on) this.composer.refuse(gettext("Files are stored when they are attached, so a temporary chat takes none."));
    return this.on;
  }

  #begun(conversation) {
    const text = this.#early;
    this.#early = "";
    this.thread.conversation = conversation;
    if (text) this.submit(text);
  }

  #added({ message, request }) {
    if (message.role === "user") {
      this.#texts.set(message.id, this.#pending.text);
      this.thread.messages.removePending(request);
      return;
    }
    this.#turns = [...this.#turns, { role: "user", content: this.#pending.text }];
    this.#pending = null;
    this.#show();
  }

  #answered({ message }) {
    const content = this.#texts.get(message.id);
    // A question without an answer is asked anew: two in a row would confuse some models.
    this.#turns = content ? [...this.#turns, { role: "assistant", content }] : this.#turns.slice(0, -1);
    if (message.model) this.#model = message.model;
    this.#show();
  }

  #refused(words) {
    const { request, text } = this.#pending;
    this.#pending = null;
    this.thread.messages.removePending(request);
    this.composer.refuse(words, text);
    this.#show();
  }

  #lost() {
    if (this.#pending) this.#refused(gettext("The connection was lost. Your message was not sent."));
    for (const article of [...this.thread.messages.list.querySelectorAll("[aria-busy=true]")]) this.thread.messages.remove(article);
    if (this.#turns.at(-1)?.role === "user") this.#turns = this.#turns.slice(0, -1);
    this.composer.refuse(gettext("The connection was lost, and in a temporary chat the answer went with it. Ask again."));
    this.thread.dispatchEvent(new Event("changed"));
    this.#show();
  }

  #show() {
    this.keepButton.hidden = !this.#turns.some((turn) => turn.role === "assistant");
    this.keepButton.disabled = this.thread.runs.any;
  }

  async #keep() {
    this.keepButton.disabled = true;
    const turns = this.#turns.at(-1)?.role === "user" ? this.#turns.slice(0, -1) : this.#turns;
    try {
      const { url } = await post(this.keepUrl, { turns, model: this.#model, system_prompt: this.settings.values.system_prompt });
      this.#kept = true;
      location.assign(url);
    } catch (error) {
      this.composer.refuse(error.message);
      this.keepButton.disabled = false;
    }
  }
}
