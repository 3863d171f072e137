// What a reader does to the tree of the conversation: versions, edits, deletions, copies.

import { gettext, interpolate, ngettext, number } from "../i18n.js";
import { address, getText, post } from "./api.js";
import { edit } from "./editor.js";
import { dress } from "./message_view.js";
import { uuid } from "./outbox.js";
import { part } from "./parts.js";

export class Branches {
  constructor({ thread, urls, ask, offline, failed, toast }) {
    Object.assign(this, { thread, urls, ask, offline, failed, toast });
  }

  /** A button of the message `article`. */
  async act(action, article, detail) {
    const verb = this.#verbs[action];
    if (!verb) return;
    try {
      await verb(article.dataset.message, article, detail);
    } catch (error) {
      this.failed(error.message);
    }
  }

  /** An address may name a message of a branch that is not shown. */
  async showNamed(hash) {
    const id = hash.match(/^#m-([0-9a-f-]{36})$/)?.[1];
    if (!id || this.thread.find(id)) return false;
    try {
      await this.#show(id);
      return true;
    } catch {
      return false;
    }
  }

  #verbs = {
    before: (id, article) => this.#turn(article, "before"),
    after: (id, article) => this.#turn(article, "after"),
    regenerate: (id) => this.#ask({ type: "regenerate", message: id, offline: this.offline() }),
    reroute: (id, _article, route) => this.#ask({ type: "regenerate", message: id, offline: this.offline(), route }),
    properly: (id) => this.#ask({ type: "regenerate", message: id, offline: "wait" }),
    continue: (id) => this.#ask({ type: "continue", message: id }),
    edit: (id, article) => this.#edit(id, article),
    fork: async (id) => location.assign((await post(address(this.urls.fork, id))).url),
    remove: (id) => this.#remove(id),
  };

  #ask(frame) {
    if (this.thread.busy) throw new Error(gettext("An answer is still being written here. Stop it or wait for it."));
    this.ask({ request: uuid(), ...frame });
  }

  async #show(id) {
    const { head } = await post(address(this.urls.show, id));
    await this.thread.turnTo(head);
  }

  async #turn(article, way) {
    const id = article.dataset[way];
    if (!id) return;
    await this.#show(id);
    const shown = this.thread.messages.find(id);
    if (!shown) return;
    dress(shown);
    const buttons = part(shown, "versions");
    (buttons.querySelector(`[data-action=${way}]:not(:disabled)`) ?? buttons.querySelector("button:not(:disabled)"))?.focus();
  }

  async #edit(id, article) {
    const text = await getText(address(this.urls.source, id));
    if (article.dataset.role === "user") {
      edit(article, text, { label: gettext("Ask again"), keep: (words) => this.#ask({ type: "edit", message: id, text: words, offline: this.offline() }) });
    } else {
      edit(article, text, { label: gettext("Save"), keep: (words) => post(address(this.urls.edit, id), { text: words }) });
    }
  }

  async #remove(id) {
    const { deleted } = await post(address(this.urls.remove, id));
    this.toast.show(interpolate(ngettext("%s message was deleted.", "%s messages were deleted.", deleted), [number(deleted)]), async () => {
      try {
        const { head } = await post(address(this.urls.restore, id));
        await this.thread.turnTo(head);
      } catch (error) {
        this.failed(error.message);
      }
    });
  }
}
