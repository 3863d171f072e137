// Files beside what is being written: dropped, pasted, picked or fetched, each a chip with its progress, until the message takes them.

import { gettext, interpolate, number } from "../i18n.js";
import { address, post } from "./api.js";
import { facts, size } from "./attached.js";
import { part } from "./parts.js";
import { upload } from "./uploading.js";

const DAY = 24 * 3600 * 1000;
const STATES = { waiting: () => gettext("Waiting…"), reading: () => gettext("Being read…") };

/** Tells by "changed" that there is more or less to send. */
export class Attachments extends EventTarget {
  #entries = [];
  /** Sent, until the site has stored the message: a refusal brings them back. */
  #sent = new Map();
  #models = [];
  #busy = false;

  /**
   * @param {HTMLElement} box Holds a list of chips and a line for what is to be said of them.
   * @param {{model(): string, conversation(): string | null, announce(words: string): void}} page
   */
  constructor({ box, urls, most, storage, page }) {
    super();
    Object.assign(this, { box, urls, storage, page });
    this.most = { bytes: Number(most.bytes), files: Number(most.files), text: Number(most.text) };
    this.list = part(box, "chips");
    this.note = part(box, "attach-note");
    box.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-do]");
      const entry = button && this.#entries.find(({ chip }) => chip.contains(button));
      if (entry) this.#verbs[button.dataset.do](entry);
    });
    for (const attachment of this.#stored()) this.#add({ name: attachment.name, state: "ready", attachment });
    this.#changed();
  }

  get any() {
    return this.#entries.length > 0;
  }

  /** Why a message cannot go out with these; empty when it can. */
  get problem() {
    if (this.#entries.some(({ state }) => state === "failed")) return gettext("One of the files could not be attached. Remove it, or try again.");
    if (this.#entries.some(({ state }) => state !== "ready")) return gettext("A file is still on its way. Wait for it, or remove it.");
    return "";
  }

  /** Takes files of the device. */
  add(files) {
    for (const file of files) {
      if (this.#entries.length >= this.most.files) {
        this.#say(interpolate(gettext("A message has at most %s files."), [number(this.most.files)]));
        break;
      }
      const entry = this.#add({ name: file.name || gettext("pasted file"), state: "waiting", file });
      if (file.size > this.most.bytes) this.#fail(entry, interpolate(gettext("This file has %s. A file may have at most %s."), [size(file.size), size(this.most.bytes)]));
    }
    this.#changed();
    this.#next();
  }

  /** Takes what was chosen in the menu: a file that was attached before, or something the site fetches now. */
  async take({ source, id, title, attachment }) {
    if (attachment && this.#entries.some((entry) => entry.attachment?.id === attachment.id)) return;
    const entry = this.#add({ name: title, state: attachment ? "ready" : "reading", attachment });
    this.#changed();
    if (!attachment) await this.#fetch(entry, source, id);
    else this.page.announce(interpolate(gettext("%s is attached."), [title]));
  }

  /** What goes out with a message now; nothing stays behind. */
  taken() {
    const ready = this.#entries.map(({ attachment }) => attachment);
    if (!ready.length) return {};
    for (const attachment of ready) this.#sent.set(attachment.id, attachment);
    this.#entries = [];
    this.#changed();
    return { attachments: ready.map(({ id }) => id) };
  }

  /** The message that had these was refused. */
  comeBack(ids = []) {
    for (const id of ids) {
      const attachment = this.#sent.get(id);
      if (attachment && !this.#entries.some((entry) => entry.attachment?.id === id)) this.#add({ name: attachment.name, state: "ready", attachment });
    }
    this.#changed();
  }

  /** The conversation was made: what lay beside the draft of a new one lies there no more. */
  moved() {
    this.#keep("new", []);
    this.#changed();
  }

  setModels(models) {
    this.#models = models;
    this.#look();
  }

  look() {
    this.#look();
  }

  #verbs = {
    remove: (entry) => this.#remove(entry),
    retry: (entry) => {
      entry.state = "waiting";
      this.#show(entry);
      if (entry.file) this.#next();
      else this.#fetch(entry, entry.source, entry.key);
    },
  };

  #add(entry) {
    entry.chip = document.getElementById("chip-template").content.firstElementChild.cloneNode(true);
    this.#entries.push(entry);
    this.#show(entry);
    return entry;
  }

  async #next() {
    const entry = this.#entries.find(({ state, file }) => state === "waiting" && file);
    if (!entry || this.#busy) return;
    this.#busy = true;
    entry.aborter = new AbortController();
    entry.state = "sending";
    entry.share = 0;
    this.#show(entry);
    const progress = (share) => {
      entry.share = share;
      if (share === 1) entry.state = "reading";
      this.#show(entry);
    };
    await this.#settle(entry, upload(this.urls.urlAttach, entry.file, progress, entry.aborter.signal));
    this.#busy = false;
    this.#next();
  }

  async #fetch(entry, source, key) {
    Object.assign(entry, { source, key, state: "reading" });
    this.#show(entry);
    await this.#settle(entry, post(this.urls.urlAttachTake, { source, id: key }).then(({ attachment }) => attachment));
  }

  async #settle(entry, coming) {
    try {
      const attachment = await coming;
      if (!this.#entries.includes(entry)) {
        this.#forget(attachment);
        return;
      }
      Object.assign(entry, { attachment, name: attachment.name, state: "ready", file: null });
      this.#show(entry);
      this.page.announce(interpolate(gettext("%s is attached."), [entry.name]));
    } catch (error) {
      if (entry.aborter?.signal.aborted) return;
      this.#fail(entry, error.message, error.again || !entry.file);
    }
    this.#changed();
  }

  /** `again`: another try may succeed. */
  #fail(entry, words, again = false) {
    Object.assign(entry, { state: "failed", error: words, again });
    this.#show(entry);
    this.page.announce(`${entry.name}: ${words}`);
  }

  #remove(entry) {
    const at = this.#entries.indexOf(entry);
    this.#entries.splice(at, 1);
    entry.aborter?.abort();
    if (entry.attachment) this.#forget(entry.attachment);
    this.#changed();
    this.page.announce(interpolate(gettext("%s was removed."), [entry.name]));
    (this.#entries[Math.min(at, this.#entries.length - 1)]?.chip.querySelector("[data-do=remove]") ?? document.getElementById("text")).focus();
  }

  /** The site deletes it unless a message has it; should this get lost, it does so after a day. */
  #forget({ id }) {
    post(address(this.urls.urlAttachRemove, id)).catch(() => {});
  }

  #show(entry) {
    const { chip, state, attachment, name, share, error } = entry;
    chip.dataset.state = state;
    part(chip, "name").textContent = name;
    part(chip, "name").title = name;
    const bar = part(chip, "progress");
    bar.hidden = state !== "sending";
    bar.value = share ?? 0;
    const words = { ready: () => `${facts(attachment)}, ${size(attachment.size)}`, failed: () => error, sending: () => "", ...STATES };
    part(chip, "facts").textContent = words[state]();
    chip.querySelector("[data-do=retry]").hidden = state !== "failed" || !entry.again;
    chip.querySelector("[data-do=retry]").setAttribute("aria-label", interpolate(gettext("Try %s again"), [name]));
    chip.querySelector("[data-do=remove]").setAttribute("aria-label", interpolate(gettext("Remove %s"), [name]));
    const picture = part(chip, "thumbnail");
    picture.hidden = attachment?.kind !== "image";
    if (!picture.hidden && !picture.src) picture.src = address(this.urls.urlAttachThumbnail, attachment.id);
  }

  #changed() {
    this.list.replaceChildren(...this.#entries.map(({ chip }) => chip));
    this.list.hidden = !this.any;
    this.#keep(this.page.conversation() ?? "new", this.#entries.filter(({ state }) => state === "ready").map(({ attachment }) => attachment));
    this.#look();
    this.dispatchEvent(new Event("changed"));
  }

  /** Says before sending what the site would refuse. */
  #look() {
    const ready = this.#entries.map(({ attachment }) => attachment).filter(Boolean);
    const length = ready.reduce((sum, one) => sum + (one.length ?? 0), 0);
    const chosen = this.page.model();
    const blind = ready.some(({ kind }) => kind === "image") && this.#blind(chosen);
    const words = [
      blind && chosen ? interpolate(gettext("%s cannot see images. Choose a model that can, or remove the images."), [chosen]) : "",
      blind && !chosen ? gettext("No model here can see images. Remove them, or ask for a model that sees.") : "",
      length > this.most.text ? interpolate(gettext("These documents have %s characters together, and a message takes %s. Remove one."), [number(length), number(this.most.text)]) : "",
    ];
    this.#say(words.filter(Boolean).join(" "));
  }

  #blind(chosen) {
    const asked = chosen ? this.#models.filter(({ alias }) => alias === chosen) : this.#models;
    return asked.length > 0 && !asked.some(({ vision }) => vision);
  }

  #say(words) {
    if (this.note.textContent !== words) this.note.textContent = words;
    this.note.hidden = !words;
  }

  #stored() {
    try {
      const { at, files } = JSON.parse(this.storage?.getItem(`attached:${this.page.conversation() ?? "new"}`) ?? "{}");
      return Date.now() - at < DAY && Array.isArray(files) ? files.filter((file) => file?.id && file.name && file.kind) : [];
    } catch {
      return [];
    }
  }

  #keep(place, files) {
    try {
      if (files.length) this.storage?.setItem(`attached:${place}`, JSON.stringify({ at: Date.now(), files }));
      else this.storage?.removeItem(`attached:${place}`);
    } catch {
      /* A full or forbidden storage loses only what a reload would have kept. */
    }
  }
}
