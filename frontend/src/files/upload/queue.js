// What is on its way, a few at once. Knows no page and no network: `send` brings one file (see transfer.js), and events tell what happened.

export const AT_ONCE = 3;
export const SMALL_AT_ONCE = 6;
const SMALL = 1_000_000;
const WAITS = [2_000, 5_000, 15_000, 30_000, 60_000];

/** @typedef {"waiting" | "sending" | "paused" | "done" | "failed"} State */

/**
 * Tells by "changed" (with the item, if it is one) and by "stored", "failed", "settled" (nothing is left to do) and "halted" (with words: a
 * refusal that holds for all).
 */
export class Queue extends EventTarget {
  #items = new Map();
  #waiting = [];
  #active = new Map();
  #lost = 0;
  #timer = null;
  #next = 0;

  /** `later` and `cancelLater` are clocks; `online` says whether the browser has a network. */
  constructor({ send, online = () => navigator.onLine !== false, later = setTimeout.bind(globalThis), cancelLater = clearTimeout.bind(globalThis) }) {
    super();
    Object.assign(this, { send, online, later, cancelLater });
    this.bytes = 0;
    this.sent = 0;
    this.counts = { waiting: 0, sending: 0, paused: 0, done: 0, failed: 0 };
    this.held = false;
  }

  /** Whether it waits for the site to be reachable again. */
  get isLost() {
    return this.#lost > 0;
  }

  get items() {
    return [...this.#items.values()];
  }

  get size() {
    return this.#items.size;
  }

  get isBusy() {
    return this.counts.waiting + this.counts.sending > 0;
  }

  /** Takes `{file, path, folder, collision, url, sent, record}`. */
  add(items) {
    for (const item of items) {
      Object.assign(item, { key: ++this.#next, size: item.file.size, sent: item.sent ?? 0, state: "waiting", words: "" });
      this.#items.set(item.key, item);
      this.#waiting.push(item);
      this.counts.waiting += 1;
      this.bytes += item.size;
      this.sent += item.sent;
    }
    this.#tell("changed");
    this.#fill();
  }

  /** One that was refused before it began: shown among the others, with the reason. */
  refuse({ file, path, folder }, words) {
    const item = { file, path, folder, key: ++this.#next, size: 0, sent: 0, state: "failed", words, final: true };
    this.#items.set(item.key, item);
    this.counts.failed += 1;
    this.#tell("changed", item);
  }

  pause(item) {
    if (item.state !== "waiting" && item.state !== "sending") return;
    this.#stop(item);
    this.#turn(item, "paused");
    this.#fill();
  }

  resume(item) {
    if (item.state !== "paused" && item.state !== "failed") return;
    if (item.final) return;
    item.words = "";
    this.#turn(item, "waiting");
    this.#waiting.push(item);
    this.#fill();
  }

  /** The site deletes what it has of it. What was refused, or has arrived, is only taken off the list. */
  cancel(item) {
    if (!this.#items.delete(item.key)) return;
    const active = this.#active.get(item.key);
    this.#active.delete(item.key);
    const unfinished = item.state !== "done";
    active?.abort();
    this.counts[item.state] -= 1;
    item.state = "cancelled";
    this.bytes -= item.size;
    this.sent -= item.sent;
    this.#tell("changed", item);
    if (unfinished) this.#tell("dropped", item);
    this.#fill();
    this.#settle();
  }

  /** Holds all that is not over; `words` when the site asked for it. */
  pauseAll(words = "") {
    this.held = true;
    for (const item of this.#active.keys()) this.#stop(this.#items.get(item));
    for (const item of this.#items.values()) if (item.state === "sending") this.#turn(item, "waiting", true);
    this.#waiting = this.items.filter(({ state }) => state === "waiting");
    this.#tell(words ? "halted" : "changed", words);
  }

  resumeAll() {
    this.held = false;
    for (const item of this.#items.values()) if (item.state === "paused") this.resume(item);
    this.back();
  }

  retryFailed() {
    for (const item of this.#items.values()) if (item.state === "failed") this.resume(item);
  }

  /** Takes off the list what has arrived. */
  clearDone() {
    for (const item of this.#items.values()) {
      if (item.state !== "done" && !item.final) continue;
      this.#items.delete(item.key);
      this.counts[item.state] -= 1;
      this.bytes -= item.size;
      this.sent -= item.sent;
    }
    this.#tell("changed");
  }

  /** The network is gone: what was sent stays where it is until :meth:`back`. */
  lose() {
    this.#lost += 1;
    for (const key of [...this.#active.keys()]) {
      const item = this.#items.get(key);
      this.#stop(item);
      this.#turn(item, "waiting", true);
      this.#waiting.unshift(item);
    }
    this.cancelLater(this.#timer);
    this.#timer = this.later(() => this.back(), WAITS[Math.min(this.#lost, WAITS.length) - 1]);
    this.#tell("changed");
  }

  /** Tries again now. Whether the site is there shows with the first file. */
  back() {
    this.cancelLater(this.#timer);
    if (!this.online()) return;
    this.#timer = null;
    this.#fill(this.isLost ? 1 : SMALL_AT_ONCE);
    this.#tell("changed");
  }

  #fill(most = this.isLost ? 0 : SMALL_AT_ONCE) {
    if (this.held || !this.online()) return;
    while (this.#active.size < most && this.#waiting.length) {
      const item = this.#waiting[0];
      if (item.state === "waiting" && item.size > SMALL && this.#active.size >= AT_ONCE) return;
      this.#waiting.shift();
      // Paused or cancelled while it waited, or listed twice by a pause in between.
      if (item.state === "waiting" && this.#items.has(item.key)) this.#begin(item);
    }
  }

  #begin(item) {
    this.#turn(item, "sending");
    // What a transfer tells after it was stopped belongs to no item any more.
    const mine = (work) => (value) => this.#active.get(item.key) === transfer && work(value);
    let early = [];
    const soon = (work) => (value) => (early ? early.push(() => mine(work)(value)) : mine(work)(value));
    const transfer = this.send(item, {
      address: soon((url) => {
        item.url = url;
        this.#tell("addressed", item);
        // The site has answered: it is there again.
        if (this.isLost) {
          this.#found();
          this.#fill();
        }
      }),
      progress: soon((sent) => this.#progress(item, sent)),
      done: soon((location) => this.#done(item, location)),
      failed: soon((refusal) => this.#failed(item, refusal)),
    });
    this.#active.set(item.key, transfer);
    const told = early;
    early = null;
    for (const tell of told) tell();
  }

  #progress(item, sent) {
    this.sent += sent - item.sent;
    item.sent = sent;
    this.#tell("changed", item);
  }

  #done(item, location) {
    this.#active.delete(item.key);
    this.#found();
    this.sent += item.size - item.sent;
    Object.assign(item, { sent: item.size, location });
    this.#turn(item, "done");
    this.#tell("stored", item);
    this.#fill();
    this.#settle();
  }

  #failed(item, { kind, words, wait = 0 }) {
    this.#active.delete(item.key);
    if (kind === "unreachable" || kind === "slow") {
      this.#turn(item, "waiting", true);
      this.#waiting.unshift(item);
      if (kind === "unreachable") this.lose();
      else this.#rest(wait);
      return;
    }
    this.#found();
    item.words = words;
    this.#turn(item, "failed");
    this.#tell("failed", item);
    if (kind === "signed-out" || kind === "full") this.pauseAll(words);
    else this.#fill();
    this.#settle();
  }

  /** The site asks to be slower. */
  #rest(seconds) {
    this.#lost = Math.max(1, this.#lost);
    this.cancelLater(this.#timer);
    this.#timer = this.later(() => this.back(), seconds * 1000);
    this.#tell("changed");
  }

  #found() {
    this.#lost = 0;
    this.cancelLater(this.#timer);
    this.#timer = null;
  }

  #stop(item) {
    const active = this.#active.get(item.key);
    this.#active.delete(item.key);
    active?.abort();
  }

  #turn(item, state, quiet = false) {
    this.counts[item.state] -= 1;
    item.state = state;
    this.counts[state] += 1;
    if (!quiet) this.#tell("changed", item);
  }

  #settle() {
    if (!this.isBusy && !this.counts.paused) this.#tell("settled");
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
