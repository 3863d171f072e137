// Paints a running answer as plain text. Each piece becomes a text node of its own and the text is cut into blocks at line ends,
// so that a token costs the same at the end of a long answer as at its beginning.

const BLOCK = 1500;

export class StreamView {
  #body;
  #block = null;
  #size = 0;
  #waiting = "";
  #frame = 0;

  constructor(body) {
    this.#body = body;
    this.clear();
  }

  clear() {
    this.#cancel();
    this.#waiting = "";
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

  /** Hands the body back for the final HTML. */
  end() {
    if (this.#waiting) this.#flush();
    this.#cancel();
    this.#body.classList.remove("streaming");
  }

  #flush() {
    this.#cancel();
    const text = this.#waiting;
    this.#waiting = "";
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
    this.#body.dispatchEvent(new CustomEvent("grown", { bubbles: true }));
  }

  #write(text) {
    this.#block.append(text);
    this.#size += text.length;
  }

  #next() {
    this.#block = document.createElement("div");
    this.#size = 0;
    this.#body.append(this.#block);
  }

  #cancel() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }
}
