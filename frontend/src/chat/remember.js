// "Remember that I am vegetarian": the page asks whether that is to be remembered, whatever the model can do. Only what was sent from this
// page is looked at, and only a press of the button stores anything.

import { gettext } from "../i18n.js";
import { post } from "./api.js";
import { wish } from "./wish.js";

export class Remember {
  /** `box`: the form that asks; null where nothing is remembered. */
  constructor(box, { place, toast }) {
    Object.assign(this, { box, place, toast });
    if (!box) return;
    box.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#keep();
    });
    box.querySelector("[data-part=no]").addEventListener("click", () => this.hide());
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.hide();
    });
    place.addEventListener("moved", () => this.#moved());
  }

  /** Of a message that is being sent. The focus stays where it is: whoever goes on writing confirms nothing. */
  look(text) {
    const thing = this.box ? wish(text) : "";
    if (!thing) return;
    this.asked = this.place.conversation;
    this.box.elements.fact.value = thing;
    this.#refuse("");
    this.box.hidden = false;
  }

  /** A tool of the model's asks the same. */
  heard(event) {
    if (event.type === "tool.called" && event.calls.some((call) => call.name === "remember")) this.hide();
  }

  hide() {
    if (this.box) this.box.hidden = true;
  }

  // The conversation that a first message makes is the one it was asked in.
  #moved() {
    if (this.asked === null) this.asked = this.place.conversation;
    else if (this.asked !== this.place.conversation) this.hide();
  }

  async #keep() {
    const button = this.box.querySelector("[data-part=yes]");
    button.disabled = true;
    try {
      const { url } = this.box.dataset;
      const { fact, added } = await post(url, { fact: this.box.elements.fact.value, conversation: this.asked });
      this.hide();
      const undo = () => post(url, { forget: fact }).catch((error) => this.toast.show(error.message));
      const words = added ? gettext("Remembered. Models are told from the next answer on.") : gettext("This was remembered already.");
      this.toast.show(words, added ? undo : null);
    } catch (error) {
      this.#refuse(error.message);
    } finally {
      button.disabled = false;
    }
  }

  #refuse(words) {
    const line = this.box.querySelector("[data-part=problem]");
    line.textContent = words;
    line.hidden = !words;
  }
}
