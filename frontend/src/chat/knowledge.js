// Collections that answers are given from: chosen by "#", and on a page of their own.

import { gettext, interpolate } from "../i18n.js";
import { address, post } from "./api.js";

export class Knowledge {
  constructor({ data, place, toast }) {
    Object.assign(this, { data, place, toast });
  }

  /** From the next answer on. In a page without a conversation one is begun, and the draft goes along. */
  async choose(item, field, temporary) {
    if (temporary) throw new Error(gettext("Collections are asked in conversations that are kept. Begin one of those, or go on here without."));
    const { conversation } = this.place;
    if (conversation) {
      await post(address(this.data.urlTalkKnowledgeAdd, conversation), { collection: item.id });
      this.toast.show(interpolate(gettext("Answers are given from %s from now on."), [item.title]));
      return "";
    }
    const begun = await post(this.data.urlCreate, {});
    await post(address(this.data.urlTalkKnowledgeAdd, begun.conversation.id), { collection: item.id });
    const rest = field.value.replace(/(^|\s)#\S*\s?/u, "$1").trim();
    try {
      if (rest) localStorage.setItem(`draft:${begun.conversation.id}`, rest);
    } catch {
      /* A forbidden storage loses only the draft. */
    }
    field.value = "";
    field.dispatchEvent(new Event("input"));
    location.assign(begun.url);
    return null;
  }
}
