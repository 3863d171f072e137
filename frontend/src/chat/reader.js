// The one rule of a streamed answer: equal to its length, append; behind, ignore the overlap; ahead, keep it and ask.
// Offsets count Unicode code points, as the site does; JavaScript's own lengths count UTF-16 units.

const MAX_AHEAD = 256;

export function codePoints(text) {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    if (isLowSurrogate(text.charCodeAt(i))) count--;
  }
  return count;
}

/** `text` without its first `count` code points. */
export function dropCodePoints(text, count) {
  let at = 0;
  for (; count > 0 && at < text.length; count--) {
    at += at + 1 < text.length && isLowSurrogate(text.charCodeAt(at + 1)) ? 2 : 1;
  }
  return text.slice(at);
}

function isLowSurrogate(unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

export class Reader {
  text = "";
  length = 0;
  #ahead = new Map();

  /** A delta. Returns the text to append now, and whether a part is missing and must be asked for. */
  receive(offset, text) {
    if (offset > this.length) {
      // What does not fit here comes again with the answer to `sync`.
      if (this.#ahead.size < MAX_AHEAD) this.#keep(offset, text);
      return { append: "", ask: true };
    }
    const append = this.#take(offset, text) + this.#drain();
    return { append, ask: this.#ahead.size > 0 };
  }

  /** The stored text from the beginning. `replace` is set when it contradicts what was painted. */
  paint(text) {
    if (text.length >= this.text.length ? !text.startsWith(this.text) : !this.text.startsWith(text)) {
      this.text = "";
      this.length = 0;
      return { append: this.receive(0, text).append, replace: true };
    }
    return { append: this.receive(0, text).append, replace: false };
  }

  #take(offset, text) {
    const fresh = offset === this.length ? text : dropCodePoints(text, this.length - offset);
    this.text += fresh;
    this.length += codePoints(fresh);
    return fresh;
  }

  #keep(offset, text) {
    const known = this.#ahead.get(offset);
    if (known === undefined || known.length < text.length) this.#ahead.set(offset, text);
  }

  #drain() {
    let append = "";
    if (this.#ahead.size === 0) return append;
    for (const [offset, text] of [...this.#ahead].sort((a, b) => a[0] - b[0])) {
      if (offset > this.length) break;
      this.#ahead.delete(offset);
      append += this.#take(offset, text);
    }
    return append;
  }
}
