// Requests not answered yet. Each keeps the id it was made with, so sending it again is harmless; they outlive a reload of the page.

const RESEND_AFTER = 4000;

export class Outbox {
  #kept = new Map();

  /**
   * @param {(frame: object) => boolean} send
   * @param {Storage | null} storage
   */
  constructor(send, storage, now = () => Date.now()) {
    this.send = send;
    this.storage = storage;
    this.now = now;
    for (const { frame, conversation } of this.#stored()) this.#kept.set(frame.request, { frame, conversation, sent: 0 });
  }

  get size() {
    return this.#kept.size;
  }

  /** What waits for an answer in this conversation. */
  frames(conversation) {
    return [...this.#kept.values()].filter((entry) => entry.conversation === conversation).map((entry) => entry.frame);
  }

  get(request) {
    return this.#kept.get(request)?.frame;
  }

  add(frame, conversation) {
    this.#kept.set(frame.request, { frame, conversation, sent: this.send(frame) ? this.now() : 0 });
    this.#store();
  }

  /** The site answered. Returns the request, or undefined when it was not ours. */
  settle(request) {
    const entry = this.#kept.get(request);
    this.#kept.delete(request);
    if (entry) this.#store();
    return entry?.frame;
  }

  /** The socket is new: whatever it carried before may not have arrived. Requests of other conversations, left behind by a page
   * that was closed too soon, go out once and are then forgotten: their answers are told to readers of those conversations. */
  resend(conversation) {
    for (const entry of [...this.#kept.values()]) {
      entry.sent = this.send(entry.frame) ? this.now() : 0;
      if (entry.sent && entry.conversation !== conversation) this.settle(entry.frame.request);
    }
  }

  /** Sends again what waited too long. Returns whether there was any. */
  nudge() {
    let late = false;
    for (const entry of this.#kept.values()) {
      if (entry.sent === 0 || this.now() - entry.sent < RESEND_AFTER) continue;
      late = true;
      entry.sent = this.send(entry.frame) ? this.now() : 0;
    }
    return late;
  }

  #stored() {
    try {
      return JSON.parse(this.storage?.getItem("outbox") ?? "[]");
    } catch {
      return [];
    }
  }

  #store() {
    try {
      if (this.size) this.storage?.setItem("outbox", JSON.stringify([...this.#kept.values()].map(({ frame, conversation }) => ({ frame, conversation }))));
      else this.storage?.removeItem("outbox");
    } catch {
      /* Full or forbidden: the requests live as long as the page. */
    }
  }
}

/** A random UUID. `crypto.randomUUID` exists only over HTTPS and on localhost; a site in a home network may have neither. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
