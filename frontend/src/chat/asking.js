// From what was written to a request on its way: makes the conversation if there is none, and waits its turn while an answer runs.
//
// Other parts take part by hooks: `asking.adds(() => ({...}))` gives fields to each message when it is sent (or throws why it cannot be),
// `asking.creates(() => ({...}))` to the request that makes a conversation, `asking.begun(async (conversation) => {...})` runs before its
// first message, and `asking.returns((entry) => ...)` hears of a message that did not go out.

import { Later } from "./later.js";
import { gettext } from "../i18n.js";
import { post } from "./api.js";
import { uuid } from "./outbox.js";

const HOLDS = {
  cancelled: () => gettext("Held, since the answer was stopped."),
  failed: () => gettext("Held, since the answer failed."),
};

export class Asking {
  #adds = [];
  #creates = [];
  #begun = [];
  #returns = [];
  #starting = null;

  /** `later` is the box of messages that wait; `made(conversation)` hears of the one that was made, as it is stored. */
  constructor({ place, urls, composer, thread, outbox, scroller, settings, connection, later, made }) {
    Object.assign(this, { place, urls, composer, thread, outbox, scroller, settings, connection, made });
    this.later = new Later(
      later,
      window.localStorage,
      {
        ready: () => place.conversation && place.root.dataset.connection === "open" && !thread.busy && !thread.choosing,
        underWay: (request) => outbox.get(request) !== undefined,
        send: (entry) => this.ask({ type: "send", conversation: place.conversation, ...entry }),
      },
      place.conversation,
    );
    this.later.hold(HOLDS[thread.messages.list.lastElementChild?.dataset.state]?.() ?? "");
    thread.addEventListener("refused", ({ detail }) => this.#refused(detail));
    thread.addEventListener("stored", ({ detail }) => this.later.remove(detail));
    thread.addEventListener("ended", ({ detail }) => HOLDS[detail] && this.later.hold(HOLDS[detail]()));
  }

  adds(fields) {
    this.#adds.push(fields);
  }

  creates(fields) {
    this.#creates.push(fields);
  }

  returns(hear) {
    this.#returns.push(hear);
  }

  begun(prepare) {
    this.#begun.push(prepare);
  }

  /** What was written goes out now, or after the answer that runs. */
  async submit(text, offline) {
    let entry;
    try {
      entry = Object.assign({ text, offline }, ...this.#adds.map((fields) => fields()));
      if (!this.place.conversation) await (this.#starting ??= this.#start().finally(() => (this.#starting = null)));
      if (this.thread.busy || this.later.entries.length) {
        this.later.add(entry);
        this.later.next();
        return;
      }
    } catch (error) {
      this.composer.refuse(error.message, text);
      if (entry) this.#returned(entry);
      return;
    }
    this.ask({ type: "send", request: uuid(), conversation: this.place.conversation, ...entry });
  }

  /** Sends a request that begins an answer. */
  ask(frame) {
    this.composer.refuse("");
    this.outbox.add(frame, this.place.conversation);
    this.thread.addPending(frame);
    this.scroller.toEnd();
  }

  async #start() {
    const made = await post(this.urls.create, Object.assign({}, ...this.#creates.map((fields) => fields())));
    for (const prepare of this.#begun) await prepare(made.conversation);
    const stored = await this.settings.moveTo(made.conversation);
    this.thread.conversation = stored.id;
    this.composer.moveTo(stored.id);
    this.later.conversation = stored.id;
    this.place.moveTo(stored.id, made.url);
    this.made(stored);
    this.connection.send({ type: "open", conversation: stored.id });
  }

  #refused({ frame, message }) {
    const waits = frame && this.later.has(frame.request);
    this.composer.refuse(message, waits ? "" : frame?.text);
    if (waits) this.later.hold(gettext("The site refused the first of these for now."));
    else if (frame) this.#returned(frame);
  }

  #returned(entry) {
    for (const hear of this.#returns) hear(entry);
  }
}
