// The question of a conversation flow that is open: its choices as buttons, and the way out. What is open the site knows; the page asks
// whenever another message stands at the end.

import { gettext } from "../i18n.js";
import { address, get, post } from "./api.js";
import { part } from "./parts.js";

const WORDS = {
  choice: gettext("Choose an answer, or type it."),
  yes_no: gettext("Choose an answer, or type it."),
  number: gettext("Answer with a number."),
  text: gettext("Write your answer."),
};

export class Flow {
  #on;
  #read = "";
  #reading = 0;

  /** `last()` names the message at the end (empty while it may still change), `answer(text)` sends one, `failed` hears why not. */
  constructor(box, { place, last, answer, failed }) {
    Object.assign(this, { box, place, last, answer, failed });
    this.#on = Boolean(box.dataset.on);
    part(box, "choices").addEventListener("click", ({ target }) => this.#choose(target.closest("button")));
    part(box, "skip").addEventListener("click", () => this.#skip());
  }

  /** The conversation is in a flow, or in none. */
  changed(on) {
    this.#on = on;
    this.#read = "";
    this.look();
  }

  /** Something came in, or another branch is shown. */
  async look() {
    const last = this.last();
    if (!this.#on || !last) {
      this.#read = "";
      this.#show(null);
      return;
    }
    if (last === this.#read) return;
    this.#read = last;
    const reading = ++this.#reading;
    try {
      const { flow } = await get(address(this.box.dataset.url, this.place.conversation));
      if (reading === this.#reading && last === this.#read) this.#show(flow);
    } catch {
      // The next message, or the next look, asks again.
      if (last === this.#read) this.#read = "";
    }
  }

  #show(flow) {
    if (!flow) this.#reading++;
    this.box.hidden = !flow;
    const choices = part(this.box, "choices");
    choices.replaceChildren(...(flow?.choices ?? []).map(button));
    choices.hidden = !choices.children.length;
    const closed = gettext("This conversation has come to its end. Begin a new one, or go on in free chat.");
    part(this.box, "words").textContent = flow ? (flow.state === "closed" ? closed : (WORDS[flow.kind] ?? "")) : "";
  }

  #choose(chosen) {
    if (!chosen) return;
    for (const other of part(this.box, "choices").children) other.disabled = true;
    this.answer(chosen.textContent);
  }

  async #skip() {
    const skip = part(this.box, "skip");
    skip.disabled = true;
    try {
      await post(address(this.box.dataset.urlSkip, this.place.conversation));
    } catch (error) {
      this.failed(error.message);
    } finally {
      skip.disabled = false;
    }
  }
}

function button(text) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: text });
  made.dataset.testid = "flow-choice";
  return made;
}
