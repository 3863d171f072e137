// The panel of files beside the conversation: which there are, which is looked at, and what is done to it.

import { address, getText, post } from "../chat/api.js";
import { size } from "../chat/attached.js";
import { copyFrom } from "../chat/copy.js";
import { part } from "../chat/parts.js";
import { save } from "../chat/saving.js";
import { canPaste, saveAsPaste } from "../chat/pasting.js";
import { canStore, saveToFiles } from "../chat/storing.js";
import { gettext, interpolate, language, ngettext, number } from "../i18n.js";
import { Editor } from "./editor.js";
import { localFiles, writtenFile } from "./local.js";
import { draw, drawLocal } from "./look.js";
import { sure } from "./sure.js";

const NARROW = "(max-width: 52rem)";
const QUESTION = 20_000;
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

const ORIGINS = {
  answer: gettext("from an answer"),
  person: gettext("changed by hand"),
  restored: gettext("brought back"),
  tool: gettext("made by a tool"),
};

export class Panel {
  #id = null;
  #number = 0;
  #way = "";
  #from = null;
  #locals = [];
  #drawn = "";
  #drawing = 0;

  constructor(files) {
    this.files = files;
    this.box = files.box;
    for (const name of ["list", "note", "file", "name", "ends", "sum", "version", "view", "zip", "download", "tools"]) this[name] = part(this.box, name);
    this.editor = new Editor(part(this.box, "editor"), this.box.dataset, (text) => this.#saved(text), () => this.#editing(false));
    part(this.box, "close").addEventListener("click", () => this.close());
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-file]");
      if (button) this.#choose(button.dataset.file);
    });
    this.version.addEventListener("change", () => this.#choose(this.#id, Number(this.version.value)));
    this.tools.addEventListener("click", ({ target }) => this.#press(target.closest("button")));
    this.download.addEventListener("click", (event) => {
      if (!this.#local) return;
      event.preventDefault();
      save(this.#local.name, this.#local.text());
    });
    matchMedia(NARROW).addEventListener("change", () => this.#alone());
  }

  get shown() {
    return !this.box.hidden;
  }

  open(id, version, from) {
    this.#from = from;
    this.box.hidden = false;
    this.files.opener.setAttribute("aria-expanded", "true");
    this.#alone();
    this.local();
    this.#choose(id ?? this.#id ?? this.files.list.at(-1)?.id ?? this.#locals.at(-1)?.id ?? null, version);
    document.getElementById("files-title").focus();
  }

  async close() {
    if (!(await this.editor.leave())) return;
    this.box.hidden = true;
    this.files.opener.setAttribute("aria-expanded", "false");
    this.#alone();
    (this.#from?.isConnected ? this.#from : this.files.opener).focus();
  }

  /** The list is another. Who looked at the newest version sees the one that came. */
  listed() {
    if (!this.shown) return;
    const file = this.#file;
    const newest = file?.versions.at(-1)?.number;
    const followed = this.#number === this.#newest;
    this.local(false);
    if (!file && this.#id && !this.#local) this.#choose(this.files.list.at(-1)?.id ?? null);
    else this.#choose(this.#id ?? this.files.list.at(-1)?.id ?? null, followed ? newest : this.#number);
  }

  /** Of a chat that is not stored, the blocks on the page are all there is. */
  local(redraw = true) {
    if (!this.shown) return;
    const written = this.#locals.find(({ live }) => live);
    this.#locals = this.files.page.temporary() ? localFiles(this.files.messages) : [];
    if (written) this.#locals.push(written);
    if (redraw) this.#rows();
  }

  /** The file that an answer is in the middle of; null: it is not within one (any more). */
  written(block) {
    if (!this.shown) return;
    const at = this.#locals.findIndex(({ live }) => live);
    if (!block) {
      if (at >= 0) this.#over(this.#locals.splice(at, 1)[0]);
      return;
    }
    const file = writtenFile(block);
    if (at >= 0) this.#locals[at] = file;
    else {
      this.#locals.push(file);
      if (!this.editor.open) this.#choose(file.id);
    }
    if (this.#id === file.id) drawLocal(this.view, file);
  }

  #over(file) {
    if (this.#id !== file.id) return this.#rows();
    this.#locals.push({ ...file, live: false });
    this.#rows();
    this.note.textContent = gettext("This is what was written. It becomes a file when the answer is over.");
  }

  get #file() {
    return this.files.list.find(({ id }) => id === this.#id) ?? null;
  }

  get #local() {
    return this.#file ? null : (this.#locals.find(({ id }) => id === this.#id) ?? null);
  }

  #newest = 0;

  async #choose(id, version = 0) {
    if (id !== this.#id && !(await this.editor.leave())) return;
    if (id !== this.#id) this.#way = "";
    this.#id = id;
    const file = this.#file;
    this.#newest = file?.versions.at(-1)?.number ?? 0;
    this.#number = file?.versions.some((one) => one.number === version) ? version : this.#newest;
    this.note.textContent = "";
    this.#rows();
    this.#show();
  }

  #rows() {
    const stored = this.files.list.map((file) => row(file.id, file.name, facts(file), file.id === this.#id));
    const local = this.#locals.map((file) => row(file.id, file.name, file.live ? gettext("being written…") : gettext("on this page only"), file.id === this.#id));
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.file : null;
    this.list.replaceChildren(...stored, ...local);
    if (focused) this.list.querySelector(`[data-file="${CSS.escape(focused)}"]`)?.focus();
    this.zip.hidden = !this.files.list.length;
    if (this.files.page.conversation()) this.zip.href = address(this.box.dataset.zip, this.files.page.conversation());
    if (!this.files.list.length && !this.#locals.length) this.note.textContent = gettext("No files yet. Ask for one, or for a program, a page or a table.");
  }

  async #show() {
    const [file, local] = [this.#file, this.#local];
    this.file.hidden = !file && !local;
    this.box.toggleAttribute("data-local", Boolean(local));
    if (!file && !local) return;
    this.name.textContent = (file ?? local).name;
    this.name.dir = "auto";
    this.#buttons(file);
    if (this.editor.open) return;
    if (local) {
      this.#drawn = "";
      drawLocal(this.view, local);
      return;
    }
    const drawn = `${file.id} ${this.#number} ${this.#way}`;
    if (drawn === this.#drawn) return;
    const drawing = ++this.#drawing;
    this.view.setAttribute("aria-busy", "true");
    try {
      const note = await draw(this.view, { file, number: this.#number, way: this.#way, url: this.#url(), before: this.#before(), current: () => drawing === this.#drawing });
      if (drawing !== this.#drawing) return;
      this.#drawn = drawn;
      this.note.textContent = note;
    } catch (error) {
      if (drawing === this.#drawing) this.note.textContent = error.message;
    } finally {
      this.view.removeAttribute("aria-busy");
    }
  }

  #buttons(file) {
    const versions = file?.versions ?? [];
    this.version.hidden = !file;
    this.version.replaceChildren(
      ...[...versions].reverse().map((one) => new Option(`${interpolate(gettext("version %s"), [number(one.number)])}, ${ORIGINS[one.origin]}`, one.number, false, one.number === this.#number)),
    );
    this.ends.textContent = file?.expires ? interpolate(gettext("goes %s"), [moment.format(new Date(file.expires))]) : file ? gettext("kept") : "";
    const shown = versions.find((one) => one.number === this.#number);
    this.sum.textContent = shown ? `${file.kind}, ${size(shown.size)}, SHA-256 ${shown.sha256}` : "";
    const ways = { "": true, source: file && file.view !== "code" && file.view !== "text", changes: versions.length > 1, run: file?.view === "frame" && this.box.dataset.runs };
    for (const button of this.tools.querySelectorAll("[data-way]")) {
      button.hidden = !file || !ways[button.dataset.way];
      button.setAttribute("aria-pressed", String(button.dataset.way === this.#way));
    }
    const does = (name) => this.tools.querySelector(`[data-do=${name}]`);
    does("restore").hidden = !file || this.#number === this.#newest;
    does("keep").setAttribute("aria-pressed", String(Boolean(file) && !file.expires));
    does("keep").textContent = file && !file.expires ? gettext("Kept") : gettext("Keep");
    does("paste").hidden = !canPaste();
    does("store").hidden = !canStore();
    if (file) this.download.href = this.#url("download/");
    else this.download.href = "#";
  }

  #url(end = "", version = this.#number) {
    return `${address(this.box.dataset.look, this.#id).replace(/\/0\/$/, `/${version}/`)}${end}`;
  }

  #before() {
    const numbers = this.#file.versions.map((one) => one.number);
    const at = numbers.indexOf(this.#number);
    return numbers[at > 0 ? at - 1 : at + 1];
  }

  #text() {
    return this.#local ? Promise.resolve(this.#local.text()) : getText(this.#url("text/"));
  }

  async #press(button) {
    if (!button) return;
    const { way, do: what } = button.dataset;
    try {
      if (way !== undefined) await this.#look(way);
      else if (what === "copy") await copyFrom(button, this.#text());
      else await this.#verbs[what]?.();
    } catch (error) {
      this.note.textContent = error.message;
      if (error.code === "changed_meanwhile") this.files.read();
    }
  }

  async #look(way) {
    const warning = gettext("A program that a model wrote runs in a frame of its own. It reaches nothing of this site, but it may tell others your address and what is in this file. Run it?");
    if (way === "run" && !(await sure(warning, gettext("Run")))) return;
    this.#way = way;
    this.#show();
  }

  #verbs = {
    edit: async () => {
      const text = await this.#text();
      this.#editing(true);
      await this.editor.begin(text, this.#file);
    },
    ask: async () => {
      const file = this.#file;
      const { origin } = file.versions.find((one) => one.number === this.#number);
      let quoted = "";
      // What models read is what they wrote themselves: what somebody changed since stands nowhere else.
      if (origin !== "answer" || this.#number !== this.#newest) {
        const text = await this.#text();
        if (text.length > QUESTION) throw new Error(gettext("This version is too long to be sent along. Attach it as a file instead."));
        const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
        quoted = `\n\n${fence}${file.kind}\n${text.replace(/\n$/, "")}\n${fence}`;
      }
      if (matchMedia(NARROW).matches) this.close();
      this.files.page.compose(interpolate(gettext("Change %s: "), [file.name]), quoted);
    },
    restore: async () => {
      const { artifacts } = await post(this.#url("restore/"), { newest: this.#file.newest });
      this.#number = this.#newest;
      this.files.take(artifacts);
    },
    keep: async () => {
      const file = this.#file;
      await post(`${address(this.box.dataset.link, file.id)}keep/`, { kept: Boolean(file.expires) });
      await this.files.read();
    },
    paste: async () => saveAsPaste((this.#file ?? this.#local).name, await this.#text()),
    store: async () => {
      await saveToFiles((this.#file ?? this.#local).name, await this.#text());
      this.note.textContent = gettext("It is in your files.");
    },
    link: () => {
      const button = this.tools.querySelector("[data-do=link]");
      return copyFrom(button, new URL(address(this.box.dataset.link, this.#id), location.href).href);
    },
    delete: async () => {
      const file = this.#file;
      if (!(await sure(interpolate(gettext("Delete %s with all its versions? What the answers say stays."), [file.name]), gettext("Delete")))) return;
      await post(`${address(this.box.dataset.link, file.id)}delete/`);
      await this.files.read();
      document.getElementById("files-title").focus();
    },
  };

  async #saved(text) {
    const { artifacts } = await post(this.#url("edit/"), { text, newest: this.editor.newest });
    this.#editing(false);
    this.#number = this.#newest;
    this.files.take(artifacts);
  }

  #editing(on) {
    this.view.hidden = on;
    this.editor.show(on);
    this.note.textContent = "";
    if (on) return;
    this.#drawn = "";
    this.#show();
    this.tools.querySelector("[data-do=edit]").focus();
  }

  #key(event) {
    if (event.key !== "Escape" || event.defaultPrevented || this.editor.open) return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }

  /** On phones it takes the place of all else, for the keyboard and the screen reader too. */
  #alone() {
    const alone = this.shown && matchMedia(NARROW).matches;
    for (const other of [document.getElementById("main"), document.getElementById("sidebar"), document.querySelector(".site-header")]) if (other) other.inert = alone;
  }
}

function facts(file) {
  const { length } = file.versions;
  const bytes = size(file.versions.at(-1).size);
  return length > 1 ? `${interpolate(ngettext("%s version", "%s versions", length), [number(length)])} · ${bytes}` : bytes;
}

function row(id, name, words, current) {
  const button = Object.assign(document.createElement("button"), { type: "button" });
  button.dataset.file = id;
  button.setAttribute("aria-current", String(current));
  button.append(Object.assign(document.createElement("span"), { textContent: name, dir: "auto" }), Object.assign(document.createElement("span"), { textContent: words }));
  const item = document.createElement("li");
  item.append(button);
  return item;
}
