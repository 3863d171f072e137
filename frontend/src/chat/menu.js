// The composer's popup: "/" for prompts, "@" for a model or a persona, "#" for attachments. It opens where such a character begins a
// word, and narrows as one types. Who owns a kind of item registers what choosing one does.
//
//   menu.on("persona", (item) => ...)          the typed word goes, and the function is called
//   menu.on("prompt", async (item) => "text")  what it returns is inserted in the word's place; null leaves nothing there

import { gettext, interpolate, ngettext } from "../i18n.js";
import { Options } from "./options.js";
import { narrowed, triggerAt } from "./trigger.js";
import { replace } from "./writing.js";

const PAUSE = 120;
const TYPED = new Set(["insertText", "insertCompositionText", "deleteContentBackward", "deleteContentForward"]);

export class Menu {
  #hooks = new Map();
  #word = null;
  #dismissed = null;
  #timer = 0;
  #asking = null;
  #items = [];
  #shown = "";

  /**
   * @param {HTMLTextAreaElement} field
   * @param {HTMLElement} box Holds a listbox and a line for what is to be said.
   * @param {Object<string, object[]>} providers For each mark those of providers.js; a mark without any does nothing.
   */
  constructor({ field, box, providers, announce, failed }) {
    Object.assign(this, { field, providers, announce, failed });
    this.marks = Object.keys(providers).filter((mark) => providers[mark].length);
    this.options = new Options(field, box, (item) => this.#choose(item));
    // Ahead of the composer's own listener, for which Enter means to send.
    field.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    field.addEventListener("input", (event) => this.#typed(event));
    field.addEventListener("click", () => this.#word && this.#look());
    field.addEventListener("blur", () => this.close());
  }

  /** What choosing an item of `kind` does; see above. */
  on(kind, chosen) {
    this.#hooks.set(kind, chosen);
  }

  /** Opens the list of `mark` at the caret, as a button beside the field does. */
  open(mark) {
    if (!this.marks.includes(mark)) return;
    const { selectionStart: at, value } = this.field;
    replace(this.field, at, this.field.selectionEnd, at === 0 || /\s/u.test(value[at - 1]) ? mark : ` ${mark}`);
    this.#look();
  }

  close() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = this.#word = null;
    this.#items = [];
    this.options.close();
  }

  #typed({ inputType }) {
    // A paste that happens to end in such a word asks for nothing.
    if (this.#word || TYPED.has(inputType)) this.#look();
  }

  #look() {
    const { selectionStart, selectionEnd, value } = this.field;
    const word = selectionStart === selectionEnd ? triggerAt(value, selectionStart, this.marks) : null;
    if (!word) this.#dismissed = null;
    if (!word || word.from === this.#dismissed) {
      this.close();
      return;
    }
    if (word.mark !== this.#word?.mark || word.from !== this.#word.from) this.close();
    this.#word = word;
    this.#gather();
  }

  /** Shows what is known of the word at once, and asks for the rest after a pause. */
  #gather() {
    const { mark, query } = this.#word;
    const found = this.providers[mark].map((provider) => provider.now(query));
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
    // Until the site has answered, what it said of a shorter word is narrowed here.
    const stale = (kind) => narrowed(this.#items.filter((item) => item.kind === kind), query);
    const items = found.flatMap((known, at) => known ?? stale(this.providers[mark][at].kind));
    const missing = found.some((known) => known === null);
    this.#show(items, missing ? gettext("Looking…") : "");
    if (missing) this.#timer = setTimeout(() => this.#ask(), PAUSE);
  }

  async #ask() {
    const { mark, query } = this.#word;
    const asking = (this.#asking = new AbortController());
    const answers = await Promise.allSettled(this.providers[mark].map((provider) => provider.now(query) ?? provider.ask(query, asking.signal)));
    if (asking.signal.aborted) return;
    this.#asking = null;
    const refused = answers.find(({ status }) => status === "rejected");
    this.#show(answers.flatMap(({ value }) => value ?? []), refused ? refused.reason.message : "", true);
  }

  #show(items, note, final = false) {
    this.#items = items;
    const several = this.providers[this.#word.mark].length > 1;
    const empty = note || (items.length ? "" : gettext("Nothing found."));
    this.options.show(items, empty, several);
    if (!final && note) return;
    const words = items.length
      ? interpolate(ngettext("%s choice. Up and down arrows choose, Enter takes.", "%s choices. Up and down arrows choose, Enter takes.", items.length), [items.length])
      : empty;
    if (words !== this.#shown) this.announce(words);
    this.#shown = words;
  }

  #key(event) {
    if (!this.options.open || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      this.#dismissed = this.#word.from;
      this.close();
    } else if (this.options.any && event.key === "ArrowDown") this.options.move(1);
    else if (this.options.any && event.key === "ArrowUp") this.options.move(-1);
    else if (this.options.any && !event.shiftKey && (event.key === "Enter" || event.key === "Tab")) this.#choose(this.options.current);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  async #choose(item) {
    const { mark, from, query } = this.#word;
    const typed = mark + query;
    this.close();
    const chosen = this.#hooks.get(item.kind);
    try {
      // The word stays until there is something in its place: who is asked for more and gives up finds it again.
      const text = await chosen?.(item);
      if (text === null) return;
      const at = this.field.value.startsWith(typed, from) ? from : this.field.selectionStart;
      const end = at === from ? from + typed.length : this.field.selectionEnd;
      this.#dismissed = null;
      replace(this.field, at, end, text ?? "");
    } catch (error) {
      this.failed(error.message);
    }
  }
}
