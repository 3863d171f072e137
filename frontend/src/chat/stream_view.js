// Paints a running answer: what is over as the site has rendered it, the rest as text. Each piece becomes a text node of its own and
// the text is cut into blocks at line ends, so that a token costs the same at the end of a long answer as at its beginning.

import { codePoints, unitsOf } from "./reader.js";

const BLOCK = 1500;

export class StreamView {
  #body;
  #block = null;
  #size = 0;
  #waiting = "";
  #frame = 0;
  /** How many code points have their final place, and what follows them. */
  #settled = 0;
  #open = "";
  #length = 0;

  /** @param {(parts: DocumentFragment) => void} dress Gives rendered parts what a message's parts have. */
  constructor(body, dress = () => {}) {
    this.#body = body;
    this.dress = dress;
    this.clear();
  }

  clear() {
    this.#cancel();
    this.#waiting = this.#open = "";
    this.#settled = this.#length = 0;
    this.#body.replaceChildren();
    this.#body.classList.add("streaming");
    this.#next();
  }

  append(text) {
    if (!text) return;
    this.#waiting += text;
    // A hidden page gets no animation frames, and must not pile up an hour of text.
    if (document.hidden) this.#flush();
    else if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#flush());
  }

  /** Shows `blocks` of the text, of which the first begins at `offset`, as rendered. One that does not fit what is shown stays text. */
  format(offset, blocks) {
    this.#flush();
    const { taken, parts } = fitting(blocks, offset, this.#settled, this.#length, this.#open);
    if (!taken) return;
    this.#settled += taken;
    this.#open = this.#open.slice(unitsOf(this.#open, taken));
    for (const old of this.#body.querySelectorAll(":scope > .tail:not(.kept)")) old.remove();
    for (const { text, html } of parts) {
      if (text !== undefined) this.#body.append(Object.assign(document.createElement("div"), { className: "tail kept", textContent: text }));
      else this.#render(html);
    }
    this.#next();
    this.#paint(this.#open);
    this.#grown();
  }

  /** Hands the body back for the final HTML. */
  end() {
    if (this.#waiting) this.#flush();
    this.#cancel();
    this.#body.classList.remove("streaming");
  }

  #render(html) {
    const made = document.createElement("template");
    made.innerHTML = html;
    this.dress(made.content);
    this.#body.append(made.content);
  }

  #flush() {
    this.#cancel();
    const text = this.#waiting;
    if (!text) return;
    this.#waiting = "";
    this.#open += text;
    this.#length += codePoints(text);
    this.#paint(text);
    this.#grown();
  }

  #paint(text) {
    let from = 0;
    while (this.#size + text.length - from > BLOCK) {
      // A block ends with its line end, which pre-wrap does not show twice: the eye sees the text as it is.
      const cut = text.indexOf("\n", from + Math.max(0, BLOCK - this.#size));
      if (cut < 0) break;
      this.#write(text.slice(from, cut + 1));
      from = cut + 1;
      this.#next();
    }
    if (from < text.length) this.#write(text.slice(from));
  }

  #write(text) {
    this.#block.append(text);
    this.#size += text.length;
  }

  #next() {
    this.#block = Object.assign(document.createElement("div"), { className: "tail" });
    this.#size = 0;
    this.#body.append(this.#block);
  }

  #grown() {
    this.#body.dispatchEvent(new CustomEvent("grown", { bubbles: true }));
  }

  #cancel() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }
}

/**
 * What of `blocks` can be shown when `settled` code points have their place, `length` have come, and `open` is the text between: parts,
 * rendered or (where a block was missed) text, and how many code points of `open` they take.
 */
export function fitting(blocks, offset, settled, length, open) {
  const parts = [];
  let taken = 0;
  let begin = offset;
  for (const { end, html } of blocks) {
    const start = begin;
    begin = end;
    if (start < settled + taken) continue;
    if (end > length) break;
    const missed = start - settled - taken;
    if (missed) {
      const from = unitsOf(open, taken);
      parts.push({ text: open.slice(from, from + unitsOf(open.slice(from), missed)) });
    }
    parts.push({ html });
    taken += missed + end - start;
  }
  return { taken, parts };
}
