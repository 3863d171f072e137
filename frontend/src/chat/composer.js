// Where one writes: Enter and Shift-Enter, growing, a draft for each conversation, and what will happen to a message sent now.

import { gettext, interpolate, number } from "../i18n.js";
import { Folded, isLong } from "./folded.js";
import { codePoints } from "./reader.js";
import { pressed } from "./shortcuts.js";
import { availability } from "./words.js";

const TOO_LONG_TO_MEASURE = 20_000;

export class Composer {
  busy = false;
  /** What goes out beside the text: whether there is any, and why it cannot go yet (empty: it can). */
  beside = { any: false, problem: "" };
  #timer = 0;
  #frame = 0;

  /**
   * @param {HTMLFormElement} form
   * @param {{submit(text: string, offline: string): void, stop(): void, editLast(): boolean | void}} actions
   */
  constructor(form, actions, conversation, storage) {
    this.form = form;
    this.actions = actions;
    this.conversation = conversation;
    this.storage = storage;
    this.text = form.elements.text;
    this.error = form.querySelector("[data-part=error]");
    this.status = form.querySelector("[data-part=status]");
    this.offline = form.querySelector("[data-part=offline]");
    this.sendButton = form.querySelector("[data-part=send]");
    this.stopButton = form.querySelector("[data-part=stop]");
    this.folded = new Folded(form.querySelector("[data-part=folded]"), this.text, storage, () => `pasted:${this.#place()}`, () => this.#offerSending());
    this.#listen();
    this.text.value ||= this.#stored();
    this.#grow();
  }

  setStatus(status) {
    this.form.dataset.state = status.state;
    const words = availability(status);
    // The same words written again would be read out again.
    if (this.status.textContent !== words) this.status.textContent = words;
    this.offline.hidden = status.state !== "offline";
  }

  setBusy(busy, stopping) {
    this.busy = busy;
    this.#offerSending();
    this.stopButton.hidden = !busy;
    this.stopButton.disabled = stopping;
    this.stopButton.textContent = stopping ? gettext("Stopping…") : gettext("Stop");
  }

  /** While an answer runs, Stop has the place of Send until something is written that could follow. */
  offerSending() {
    this.#offerSending();
  }

  #offerSending() {
    this.sendButton.hidden = this.busy && !this.text.value.trim() && !this.folded.any && !this.beside.any;
    this.sendButton.textContent = this.busy ? gettext("Queue") : gettext("Send");
  }

  /** Words of a refusal; `text` comes back to be sent again, unless something new was written meanwhile. */
  refuse(message, text = "") {
    this.error.textContent = message;
    this.error.hidden = !message;
    if (!text || this.text.value.trim() || this.folded.any) return;
    if (isLong(text)) this.folded.add(text);
    else this.#put(text);
  }

  moveTo(conversation) {
    this.#keep("");
    this.folded.clear();
    this.conversation = conversation;
  }

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.text.addEventListener("keydown", (event) => {
      // Enter that ends the input of a composed character (Japanese, Chinese, Korean) is not a wish to send.
      if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
      if (pressed("send", event) && (event.ctrlKey || event.metaKey || !matchMedia("(pointer: coarse)").matches)) this.#submit();
      else if (!pressed("editLast", event) || this.text.value || this.actions.editLast() === false) return;
      event.preventDefault();
    });
    this.text.addEventListener("input", () => {
      this.#offerSending();
      this.#frame ||= requestAnimationFrame(() => this.#grow());
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#keep(this.text.value), 300);
    });
    addEventListener("pagehide", () => this.#keep(this.text.value));
    this.stopButton.addEventListener("click", () => this.actions.stop());
  }

  #submit() {
    const text = this.folded.with(this.text.value);
    if (!text.trim() && !this.beside.any) return;
    if (this.beside.problem) {
      this.refuse(this.beside.problem);
      return;
    }
    const most = Number(this.text.dataset.max);
    if (codePoints(text) > most) {
      const words = gettext("A message has at most %s characters; this one has %s.");
      this.refuse(interpolate(words, [number(most), number(codePoints(text))]));
      return;
    }
    this.refuse("");
    const offline = this.form.dataset.state === "offline" ? new FormData(this.form).get("offline") : "wait";
    this.#put("");
    this.folded.clear();
    this.actions.submit(text, offline ?? "wait");
    this.text.focus();
  }

  #put(text) {
    this.text.value = text;
    this.#offerSending();
    this.#keep(text);
    this.#grow();
  }

  // Measuring lays the text out, so once a frame; and a long paste is at full height anyway.
  #grow() {
    this.#frame = 0;
    if (this.text.value.length > TOO_LONG_TO_MEASURE) {
      this.text.style.height = "40vh";
      return;
    }
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, innerHeight * 0.4)}px`;
  }

  #place() {
    return this.conversation ?? "new";
  }

  #key() {
    return `draft:${this.#place()}`;
  }

  #stored() {
    try {
      return this.storage?.getItem(this.#key()) ?? "";
    } catch {
      return "";
    }
  }

  #keep(text) {
    clearTimeout(this.#timer);
    try {
      if (text.trim()) this.storage?.setItem(this.#key(), text);
      else this.storage?.removeItem(this.#key());
    } catch {
      /* A full or forbidden storage loses only the draft. */
    }
  }
}
