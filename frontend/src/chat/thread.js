// The open conversation: turns events of the socket into what the reader sees.

import { Run } from "./run.js";
import { build, buildPending, dress, fill, isRunning, setNote } from "./message_view.js";
import { arrived, fetchArticles, merge } from "./resync.js";

const ENDINGS = { failed: "The answer failed.", cancelled: "Stopped." };

export class Thread extends EventTarget {
  runs = new Map();
  #streams = new Map();
  #resyncing = null;

  constructor({ list, connection, outbox, announce, conversation }) {
    super();
    Object.assign(this, { list, connection, outbox, announce, conversation });
    for (const article of list.children) {
      dress(article);
      if (isRunning(article)) this.#run(article);
    }
    for (const frame of outbox.frames(conversation)) this.addPending(frame);
  }

  /** The socket opened: follow, and ask for all that may have been missed. */
  opened(again) {
    this.#streams.clear();
    this.connection.send({ type: "open", conversation: this.conversation });
    for (const run of this.runs.values()) run.expect();
    this.outbox.resend(this.conversation);
    if (again && this.conversation) this.resync();
  }

  addPending(frame) {
    if (frame.type === "send") this.list.append(buildPending(frame));
    this.#changed();
  }

  stop() {
    for (const run of this.runs.values()) run.stop();
  }

  get busy() {
    return this.runs.size > 0 || this.outbox.frames(this.conversation).length > 0;
  }

  get stopping() {
    return [...this.runs.values()].some((run) => run.stopping);
  }

  delta({ stream, offset, text }) {
    this.runs.get(this.#streams.get(stream))?.receive(offset, text);
  }

  event(event) {
    if (event.type === "error") this.#refused(event);
    else if (event.conversation === this.conversation) this.#handlers[event.type]?.(event);
  }

  /** Called each second. */
  tick() {
    for (const run of this.runs.values()) run.tick();
    if (this.outbox.nudge()) this.resync();
  }

  #handlers = {
    "message.added": (event) => this.#added(event),
    "generation.queued": (event) => this.#with(event, (run) => run.queued(event)),
    "generation.stream": (event) => {
      this.#streams.set(event.stream, event.generation);
      this.#with(event, (run) => run.stream(event));
    },
    "generation.progress": (event) => this.#with(event, (run) => run.progress(event)),
    "generation.node": (event) => this.#with(event, (run) => run.away(event.away)),
    "generation.stopping": (event) => this.#with(event, (run) => run.confirmStopping()),
    "generation.finished": (event) => this.#finished(event),
  };

  #with(event, act) {
    const run = this.runs.get(event.generation) ?? this.#find(event);
    if (run) act(run);
    else this.resync();
  }

  #find(event) {
    const article = this.article(event.message);
    if (!article) return null;
    article.dataset.generation = event.generation;
    return this.#run(article);
  }

  article(id) {
    return id ? this.list.querySelector(`[data-message="${CSS.escape(id)}"]`) : null;
  }

  #run(article) {
    const run = new Run(article, this.connection, () => this.#changed());
    this.runs.set(run.generation, run);
    this.#changed();
    return run;
  }

  #added({ message, request, replaces }) {
    if (request) this.#settle(request);
    const known = this.article(message.id);
    if (!known) this.#insert(build(message), message.parent, this.article(replaces));
    else if (!this.runs.has(message.generation)) fill(known, message);
    const article = this.article(message.id);
    if (isRunning(article) && !this.runs.has(message.generation)) this.#run(article);
    this.#changed();
  }

  #insert(article, parent, replaced) {
    if (replaced) {
      // The shown branch goes through the new answer: what followed the old one is no longer below it.
      while (replaced.nextElementSibling) this.#remove(replaced.nextElementSibling);
      this.#remove(replaced);
    }
    const pending = this.list.querySelector("[data-pending]");
    const last = pending ? pending.previousElementSibling : this.list.lastElementChild;
    if ((last?.dataset.message ?? null) !== parent) this.resync();
    this.list.insertBefore(article, pending);
  }

  #finished(event) {
    const run = this.runs.get(event.generation);
    const article = run?.article ?? this.article(event.message.id);
    if (!article) return this.resync();
    run?.end(event);
    this.runs.delete(event.generation);
    fill(article, event.message);
    article.dispatchEvent(new CustomEvent("grown", { bubbles: true }));
    setNote(article, run ? run.outcome : "");
    if (run) this.announce(ENDINGS[event.reason] ?? "Answer ready.");
    this.#changed();
  }

  #refused({ request, code, message }) {
    if (code === "repeated") return this.resync();
    const frame = this.#settle(request);
    this.#changed();
    this.dispatchEvent(new CustomEvent("refused", { detail: { frame, message } }));
  }

  #settle(request) {
    this.list.querySelector(`[data-pending="${CSS.escape(request ?? "")}"]`)?.remove();
    return this.outbox.settle(request);
  }

  #remove(article) {
    const run = this.runs.get(article.dataset.generation);
    run?.drop();
    this.runs.delete(article.dataset.generation);
    article.remove();
  }

  #changed() {
    this.dispatchEvent(new Event("changed"));
  }

  /** Makes the page equal to what the site has stored. Events are hints that may be lost; this is not. */
  resync() {
    this.#resyncing ??= fetchArticles()
      .then((articles) => this.#take(articles))
      .catch(() => {})
      .finally(() => setTimeout(() => (this.#resyncing = null), 2000));
  }

  #take(articles) {
    const fresh = merge(this.list, articles, (article) => this.#remove(article), this.runs);
    for (const article of fresh) {
      dress(article);
      if (isRunning(article)) this.#run(article);
    }
    for (const frame of this.outbox.frames(this.conversation)) if (arrived(frame, fresh)) this.#settle(frame.request);
    this.#changed();
  }
}
