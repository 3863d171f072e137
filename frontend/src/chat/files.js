// Files that came out of the conversation: on their messages, and the panel beside it, which is loaded once somebody opens it.

import { address, get } from "./api.js";
import { gettext, interpolate, ngettext, number } from "../i18n.js";
import { openBlock } from "./written_file.js";
import { replace } from "./writing.js";

const LOOK = 400;
const HASH = /^#artifact-([0-9a-f-]{36})$/;

export class Files {
  list = [];
  #panel = null;
  #loading = null;
  #asked = 0;
  #looking = 0;
  #timer = 0;

  /**
   * @param {HTMLElement} box The panel's place. `opener` is its button, `messages` where messages are.
   * @param {object} page `conversation()`, `temporary()`, `compose(text)`, `failed(words)`, `announce(words)`.
   */
  constructor({ box, opener, messages, page }) {
    Object.assign(this, { box, opener, messages, page });
    opener.addEventListener("click", () => (box.hidden ? this.open() : this.#panel?.close()));
    messages.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-file]");
      if (chip) this.open(chip.dataset.file, Number(chip.dataset.version), chip);
    });
    messages.addEventListener("grown", () => this.#written());
    addEventListener("hashchange", () => this.#named());
    if (opener.dataset.some) this.read().then(() => this.#named());
  }

  /** What the socket says of files. */
  async event({ conversation, full, message }) {
    if (conversation !== this.page.conversation()) return;
    if (full) this.page.failed(gettext("Your storage is full: not every file of this answer was kept. Delete something first."));
    const known = this.list.length;
    await this.read();
    if (message && this.list.length > known) this.page.announce(interpolate(gettext("There is a file: %s"), [this.list.at(-1).name]));
  }

  /** The list as the site has it for the branch that is shown. */
  async read() {
    const asked = ++this.#asked;
    const where = this.page.conversation();
    if (!where || this.page.temporary()) return;
    try {
      const { artifacts } = await get(address(this.box.dataset.list, where));
      if (asked === this.#asked) this.take(artifacts);
    } catch (error) {
      this.page.failed(error.message);
    }
  }

  take(list) {
    this.list = list;
    if (list.length) this.opener.dataset.some = "1";
    this.show();
    this.#panel?.listed();
  }

  /** Puts chips on the messages that are there, and the number on the button. Cheap where there are no files. */
  show() {
    this.opener.hidden = !this.list.length && !this.#panel?.shown && !this.#offered;
    this.opener.textContent = this.list.length ? interpolate(gettext("Files (%s)"), [number(this.list.length)]) : gettext("Files");
    const wanted = new Map();
    for (const file of this.list) {
      for (const version of file.versions) if (version.origin !== "restored") wanted.set(version.message, [...(wanted.get(version.message) ?? []), [file, version]]);
    }
    for (const old of this.messages.querySelectorAll(".file-chips")) if (!wanted.has(old.closest("[data-message]")?.dataset.message)) old.remove();
    for (const [message, rows] of wanted) this.#chips(message, rows);
  }

  /** The branch or the messages are others than before. */
  moved() {
    if (this.opener.dataset.some) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.read(), 150);
    }
    this.#panel?.local();
  }

  async open(id = null, version = 0, from = this.opener) {
    this.#loading ??= import(this.box.dataset.script);
    try {
      const { Panel } = await this.#loading;
      this.#panel ??= new Panel(this);
      this.#panel.open(id, version, from);
      this.#look();
    } catch {
      this.#loading = null;
      this.page.failed(gettext("The panel could not be loaded. Check the connection and try again."));
    }
  }

  /** The text of the answer that is being written which no block of HTML shows yet. */
  get running() {
    const bodies = [...this.messages.querySelectorAll(".message-body.streaming")];
    return bodies.length ? [...bodies.at(-1).querySelectorAll(":scope > .tail:not(.kept)")].map((tail) => tail.textContent).join("") : "";
  }

  #offered = false;

  /** While an answer grows: the button comes with the first block of code that is worth it, and the panel shows what is written. */
  #written() {
    this.#looking ||= setTimeout(() => this.#look(), LOOK);
  }

  #look() {
    clearTimeout(this.#looking);
    this.#looking = 0;
    const block = openBlock(this.running);
    if (!this.#offered && block && block.text.split("\n").length > 8) {
      this.#offered = true;
      this.show();
    }
    this.#panel?.written(block);
  }

  #named() {
    const found = location.hash.match(HASH);
    if (!found) return;
    if (this.list.some(({ id }) => id === found[1])) this.open(found[1]);
    else this.page.failed(gettext("This file is not on the branch that is shown, or its time is over."));
  }

  #chips(message, rows) {
    const article = this.messages.querySelector(`[data-message="${CSS.escape(message)}"]`);
    const body = article?.querySelector("[data-part=body]");
    if (!body) return;
    const mark = rows.map(([file, version]) => `${file.id} ${version.number}`).join();
    const there = article.querySelector(".file-chips");
    if (there?.dataset.mark === mark) return;
    there?.remove();
    const chips = Object.assign(document.createElement("ul"), { className: "file-chips" });
    chips.dataset.mark = mark;
    chips.setAttribute("aria-label", ngettext("File of this message", "Files of this message", rows.length));
    chips.append(...rows.map(([file, version]) => chip(file, version)));
    (article.querySelector(":scope > .sources") ?? body).after(chips);
  }
}

function chip(file, version) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "file-chip" });
  Object.assign(button.dataset, { file: file.id, version: version.number, testid: "file-chip" });
  button.append(
    Object.assign(document.createElement("span"), { textContent: file.name, dir: "auto" }),
    Object.assign(document.createElement("span"), { textContent: interpolate(gettext("version %s"), [number(version.number)]) }),
  );
  const item = document.createElement("li");
  item.append(button);
  return item;
}

/** Begins a question with `before`, behind what stands in the field; the caret waits there, ahead of `after`. */
export function compose(field, before, after = "") {
  const end = field.value.length;
  const begun = `${field.value.trim() ? "\n\n" : ""}${before}`;
  replace(field, end, end, begun + after);
  field.setSelectionRange(end + begun.length, end + begun.length);
}
