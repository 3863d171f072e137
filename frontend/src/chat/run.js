// One running answer: reader, view and what is said about it. Events are hints: after three silent seconds it asks the site itself.

import { gettext, interpolate, number } from "../i18n.js";
import { callingWords } from "./calls.js";
import { Reader } from "./reader.js";
import { StreamView } from "./stream_view.js";
import { Thoughts } from "./thoughts.js";
import { dressParts, setNote } from "./message_view.js";
import { part } from "./parts.js";
import { waiting } from "./words.js";

const SILENCE = 3000;
const LONGEST_SILENCE = 10_000;
const AFTER_OPEN = 700;
const ASK_AGAIN = 1000;

export class Run {
  stopping = false;
  #reader = new Reader();
  #view;
  #thoughts;
  #deadline;
  #silence = SILENCE;
  #asked = -Infinity;
  #said = null;

  constructor(article, connection, changed) {
    this.article = article;
    this.connection = connection;
    this.changed = changed;
    this.generation = article.dataset.generation;
    this.#view = new StreamView(part(article, "body"), dressParts);
    this.#thoughts = new Thoughts(article);
    this.#deadline = performance.now() + SILENCE;
    article.setAttribute("aria-busy", "true");
    setNote(article, gettext("Waiting…"));
  }

  queued(event) {
    this.#heard();
    this.article.dataset.state = "queued";
    this.#say(waiting(event));
  }

  stream(event) {
    this.#heard();
    this.article.dataset.state = event.state;
    const { thought, append, replace } = this.#reader.paint(event.text, event.thinking);
    if (replace) {
      this.#view.clear();
      this.#thoughts.clear();
    }
    this.#show(thought, append);
    this.away(event.reconnecting);
  }

  receive(offset, text, thinking) {
    this.#heard();
    const { thought, append, ask } = this.#reader.receive(offset, text, thinking);
    this.#show(thought, append);
    if (thought || append) {
      this.article.dataset.state = "streaming";
      this.#say("");
    }
    if (ask && performance.now() - this.#asked > ASK_AGAIN) this.sync();
  }

  #show(thought, append) {
    this.#thoughts.append(thought);
    if (append) this.#thoughts.answering();
    this.#view.append(append);
  }

  /** Blocks of the answer that are over, as the site has rendered them. */
  blocks({ offset, blocks }) {
    this.#heard();
    const { thinking } = this.#reader;
    if (offset < thinking) return;
    this.#view.format(offset - thinking, blocks.map(({ end, html }) => ({ end: end - thinking, html })));
  }

  /** Its model has called tools, or they went on. */
  calling() {
    this.#heard();
    this.#say(callingWords(this.article) || gettext("Reading the prompt…"));
  }

  progress({ done, total }) {
    this.#heard();
    if (this.#reader.length) return;
    this.#say(interpolate(gettext("Reading the prompt: %s of %s tokens."), [number(done), number(total)]), { done, total });
  }

  away(gone) {
    this.#heard();
    if (gone) this.#say(gettext("Reconnecting to the machine…"));
    else this.#say(callingWords(this.article) || (this.#reader.length ? "" : gettext("Reading the prompt…")));
  }

  stop() {
    this.connection.send({ type: "stop", generation: this.generation });
    this.confirmStopping();
  }

  confirmStopping() {
    if (this.stopping) return;
    this.stopping = true;
    this.#say("");
    this.changed();
  }

  /** A new socket: what is stored comes at once if the answer still runs; if nothing comes it may have ended meanwhile. */
  expect() {
    this.#deadline = performance.now() + AFTER_OPEN;
    if (this.stopping) this.connection.send({ type: "stop", generation: this.generation });
  }

  tick() {
    if (performance.now() < this.#deadline) return;
    this.#silence = Math.min(LONGEST_SILENCE, this.#silence * 1.5);
    if (this.stopping) this.connection.send({ type: "stop", generation: this.generation });
    this.sync();
  }

  sync() {
    this.#asked = performance.now();
    this.#deadline = this.#asked + this.#silence;
    this.connection.send({ type: "sync", generation: this.generation, length: this.#reader.length });
  }

  /** Hands the article back, for the final HTML or because it leaves the page. */
  end() {
    this.#view.end();
    this.#thoughts.end(this.#reader.thinking);
    this.article.removeAttribute("aria-busy");
  }

  #heard() {
    this.#silence = SILENCE;
    this.#deadline = performance.now() + SILENCE;
  }

  #say(text, progress = null) {
    const words = this.stopping ? gettext("Stopping…") : text;
    if (words === this.#said) return;
    this.#said = words;
    setNote(this.article, words, this.stopping ? null : progress);
  }
}
