// Who speaks in the conversation: chosen by "@", shown in the head of the page.

import { gettext, interpolate } from "../i18n.js";
import { address, get, post } from "./api.js";

export class Persona {
  #shown = null;

  constructor({ chip, data, place, toast }) {
    Object.assign(this, { chip, data, place, toast });
    this.#shown = chip.hidden ? null : undefined;
    const dialog = document.querySelector("#settings [data-part=talk]");
    // Without a conversation there is nobody to arrange yet.
    const link = () => (dialog.hidden = !place.conversation) || (dialog.href = address(data.urlTalk, place.conversation));
    place.addEventListener("moved", link);
    link();
  }

  /** In a new conversation the persona begins; in another it gives the answers to come. What else was written stays. */
  async choose(item, field, temporary) {
    if (temporary) throw new Error(gettext("Personas speak in conversations that are kept. Begin one of those, or go on here without."));
    const { conversation } = this.place;
    if (conversation) {
      const { persona } = await post(address(this.data.urlTalkChoose, conversation), { persona: item.id });
      this.#show(persona);
      this.toast.show(interpolate(gettext("%s answers from now on."), [persona.name]));
      return "";
    }
    const begun = await post(address(this.data.urlPersonaBegin, item.id), {});
    // The draft goes along.
    const rest = field.value.replace(/(^|\s)@\S*\s?/u, "$1").trim();
    try {
      if (rest) localStorage.setItem(`draft:${begun.conversation}`, rest);
    } catch {
      /* A forbidden storage loses only the draft. */
    }
    field.value = "";
    field.dispatchEvent(new Event("input"));
    location.assign(begun.url);
    return null;
  }

  /** Another first message, the next of them. */
  async greet() {
    const { conversation } = this.place;
    await post(address(this.data.urlTalkGreet, conversation), { greeting: "next" });
  }

  /** The conversation has changed: `version` speaks in it now, or nobody (null). */
  async changed(version) {
    if (version === undefined || version === this.#shown) return;
    this.#shown = version;
    if (version === null) {
      this.#show(null);
      return;
    }
    try {
      this.#show((await get(address(this.data.urlTalkWho, this.place.conversation))).persona);
    } catch {
      this.#shown = undefined;
    }
  }

  #show(persona) {
    this.chip.hidden = !persona;
    if (!persona) return;
    this.chip.href = address(this.data.urlTalk, this.place.conversation);
    this.chip.querySelector("img").src = persona.avatar;
    this.chip.querySelector("[data-part=name]").textContent = persona.name;
  }
}
