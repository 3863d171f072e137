// The open conversation: turns events of the socket into what the reader sees.

import { gettext } from "../i18n.js";
import { fillCalls } from "./calls.js";
import { isEdited } from "./editor.js";
import { Comparison } from "./compare.js";
import { Elsewhere } from "./elsewhere.js";
import { dress, dresser, fill, setNote } from "./message_view.js";
import { MessageList } from "./message_list.js";
import { arrived, Resync } from "./resync.js";
import { Runs } from "./runs.js";
import { hasEnded, isRunning } from "./states.js";
import { thoughtsOnDemand } from "./thoughts.js";
import { outcome } from "./words.js";

const ENDINGS = {
  failed: gettext("The answer failed."),
  cancelled: gettext("Stopped."),
  tool_calls: gettext("The model asked for a tool."),
};

/**
 * Tells by "changed" that something began, ended or came in, by "refused" that a request was turned down, by "stored" that one is
 * stored, by "ended" how an answer that ran here is over.
 */
export class Thread extends EventTarget {
  #streams = new Map();
  #begun = new Set();
  #elsewhere;
  #resync = new Resync((read) => this.#merge(read));
  #dressOnSight;
  #loadThoughts;

  constructor({ list, comparison, connection, outbox, announce, conversation, thinkingUrl }) {
    super();
    this.#loadThoughts = thoughtsOnDemand(list, thinkingUrl);
    Object.assign(this, { connection, outbox, announce, conversation });
    this.#elsewhere = new Elsewhere(connection);
    this.runs = new Runs(connection, () => this.#changed());
    const dropped = (article) => this.#drop(article);
    this.messages = new MessageList(list, dropped);
    this.comparison = new Comparison(comparison, dropped);
    this.#dressOnSight = dresser(list.parentElement);
    for (const article of [...list.children, ...this.comparison.articles]) this.#adopt(article);
    for (const frame of outbox.frames(conversation)) this.addPending(frame);
  }

  get busy() {
    return this.runs.any || this.#elsewhere.any || this.outbox.frames(this.conversation).length > 0;
  }

  /** Answers stand side by side, and one may be kept: what is to follow waits until it is known which of them it follows. */
  get choosing() {
    return this.comparison.open && !this.comparison.failed;
  }

  /** The message `id`, wherever it stands on the page. */
  find(id) {
    return this.messages.find(id) ?? this.comparison.find(id);
  }

  /** The socket is open. `again`: it was before, and much may have been said since. */
  opened(again) {
    this.#streams.clear();
    this.#elsewhere.clear();
    if (this.temporary) {
      this.temporary.opened();
      return;
    }
    this.connection.send({ type: "open", conversation: this.conversation });
    this.runs.expect();
    this.outbox.resend(this.conversation);
    if (again && this.conversation) this.resync();
  }

  stop() {
    this.runs.stop();
    this.#elsewhere.stop();
  }

  addPending(frame) {
    if (frame.type === "send" || frame.type === "compare") this.messages.addPending(frame);
    this.showPending();
    this.#changed();
  }

  /** What is on its way waits while there is no connection, and says so. */
  showPending() {
    const words = this.connection.open ? gettext("Sending…") : gettext("Waits for the connection, and goes out by itself.");
    for (const article of this.messages.list.querySelectorAll("[data-pending]")) setNote(article, words);
  }

  delta({ stream, thinking, offset, text }) {
    this.runs.get(this.#streams.get(stream))?.receive(offset, text, thinking);
  }

  event(event) {
    if (event.type === "error") this.#refused(event);
    else if (event.conversation === this.conversation) this.#handlers[event.type]?.(event);
  }

  /** Called each second. */
  tick() {
    this.runs.tick();
    this.#elsewhere.tick();
    if (this.outbox.nudge()) this.resync();
  }

  /** Makes the page equal to what the site has stored. Events are hints that may be lost; this is not. */
  resync(now = false) {
    // Of a temporary chat the site has nothing stored.
    if (this.temporary) return Promise.resolve();
    return this.#resync.ask(now);
  }

  /** Shows the branch that ends with `head`. */
  turnTo(head) {
    return this.#resync.turnTo(head);
  }

  #handlers = {
    "message.added": (event) => this.#added(event),
    "comparison.shown": (event) => this.comparison.begin(event),
    "message.changed": ({ message }) => this.#edited(message),
    "branch.shown": ({ head }) => this.turnTo(head),
    "context.changed": () => this.resync(true),
    "tool.called": (event) => this.#called(event),
    "generation.queued": (event) => this.#run(event)?.queued(event),
    "generation.stream": (event) => {
      this.#streams.set(event.stream, event.generation);
      if (!event.text) this.#announceBeginning(event.generation);
      this.#run(event)?.stream(event);
    },
    "generation.blocks": (event) => this.runs.get(event.generation)?.blocks(event),
    "generation.progress": (event) => this.#run(event)?.progress(event),
    "generation.node": (event) => this.#run(event)?.away(event.away),
    "generation.stopping": (event) => this.#run(event)?.confirmStopping(),
    "generation.finished": (event) => this.#finished(event),
  };

  #called({ message, calls, sources }) {
    const article = this.find(message);
    if (!article) return;
    fillCalls(article, calls, sources);
    this.runs.get(article.dataset.generation)?.calling();
    if (calls.some(({ state }) => state === "waiting")) this.announce(gettext("A tool waits for your approval."));
    this.#changed();
  }

  /** Once: what follows is read when somebody goes there, and not token by token. */
  #announceBeginning(generation) {
    if (this.#begun.has(generation)) return;
    this.#begun.add(generation);
    this.announce(gettext("The answer begins."));
  }

  /** The running answer that `event` speaks of; if the page does not know it, it reads the conversation anew. */
  #run(event) {
    const run = this.runs.get(event.generation);
    if (run) return run;
    const article = this.find(event.message);
    if (!article) {
      this.#lookFor(event);
      return null;
    }
    // News read before the answer's end may arrive after it: an end is final.
    if (hasEnded(article, event.generation)) return null;
    article.dataset.generation = event.generation;
    return this.runs.begin(article);
  }

  /** The page may have missed it, or it runs in a branch that is not shown. */
  async #lookFor({ generation, message }) {
    if (!message || this.#elsewhere.has(generation)) return;
    this.#elsewhere.add(generation);
    await this.resync(true);
    if (this.find(message)) this.#elsewhere.remove(generation);
    this.#changed();
  }

  /** An answer that runs on out of sight keeps the composer busy until the site says that it is over. */
  #drop(article) {
    if (this.runs.has(article)) this.#elsewhere.add(article.dataset.generation);
    this.runs.end(article);
  }

  #adopt(article) {
    this.#elsewhere.remove(article.dataset.generation);
    if (isRunning(article) && !this.runs.has(article)) {
      dress(article);
      this.runs.begin(article);
    } else this.#dressOnSight(article);
  }

  #added({ message, request, replaces }) {
    if (request) this.#stored(request);
    const known = this.find(message.id);
    const late = known && hasEnded(known, message.generation);
    if (known && !late && !this.runs.has(known)) fill(known, message);
    if (!known && this.comparison.expects(message.id)) this.comparison.add(message);
    else if (!known && !this.messages.add(message, replaces)) this.resync(true);
    this.#resync.outdated();
    const shown = this.find(message.id);
    // What is there at once ends with no event of its own that would bring the note.
    if (shown && !known && message.notice) setNote(shown, message.notice);
    this.#adopt(shown);
    // An answer that goes on has text already.
    if (known) this.runs.get(message.generation)?.sync();
    this.#changed();
  }

  #edited(message) {
    const article = this.find(message.id);
    if (!article || this.runs.has(article)) return;
    fill(article, message);
    setNote(article, message.notice);
    this.#loadThoughts(article);
    this.#changed();
  }

  #finished(event) {
    const article = this.find(event.message.id);
    if (!article) {
      if (this.#elsewhere.remove(event.generation)) this.#changed();
      else this.resync();
      return;
    }
    const ran = this.runs.has(article);
    this.runs.end(article);
    fill(article, event.message);
    setNote(article, outcome(event));
    this.#loadThoughts(article);
    if (ran) {
      this.announce(ENDINGS[event.reason] ?? gettext("Answer ready."));
      // What waits for a choice anyway is not held as well.
      const among = this.comparison.find(event.message.id);
      if (!among || !this.choosing) this.dispatchEvent(new CustomEvent("ended", { detail: event.reason }));
    }
    this.#changed();
  }

  #refused({ request, code, message }) {
    // Said of a request that another try of ours is carrying out at this moment.
    if (code === "repeated") {
      this.resync();
      return;
    }
    const frame = this.#settle(request);
    this.dispatchEvent(new CustomEvent("refused", { detail: { frame, message } }));
    this.#changed();
  }

  #settle(request) {
    this.messages.removePending(request);
    return this.outbox.settle(request);
  }

  #stored(request) {
    this.#settle(request);
    this.dispatchEvent(new CustomEvent("stored", { detail: request }));
  }

  #merge({ articles, comparison }) {
    const keep = (article) => this.runs.has(article) || isEdited(article);
    const fresh = [...this.messages.merge(articles, keep), ...this.comparison.merge(comparison, keep)];
    for (const article of fresh) this.#adopt(article);
    for (const frame of this.outbox.frames(this.conversation)) if (arrived(frame, fresh)) this.#stored(frame.request);
    this.#changed();
  }

  #changed() {
    this.comparison.show();
    this.dispatchEvent(new Event("changed"));
  }
}
