// The one rule of a streamed answer: equal to its length, append; behind, ignore the overlap; ahead, keep it and ask.
// Offsets count Unicode code points, as the site does; JavaScript's own lengths count UTF-16 units.
// The text is the model's thinking, if any, and then its answer: one boundary, which every delta and every painting must keep.

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
  return text.slice(unitsOf(text, count));
}

/** How many UTF-16 units the first `count` code points of `text` take. */
export function unitsOf(text, count) {
  let at = 0;
  for (; count > 0 && at < text.length; count--) {
    at += at + 1 < text.length && isLowSurrogate(text.charCodeAt(at + 1)) ? 2 : 1;
  }
  return at;
}

function isLowSurrogate(unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

export class Reader {
  text = "";
  length = 0;
  /** How many code points of the text, from its beginning, are thinking. */
  thinking = 0;
  #ahead = new Map();

  /** A delta. Returns the thinking and the answer to append now, and whether something must be asked for: a part is missing, or the
   * delta contradicts what was painted. */
  receive(offset, text, thinking = false) {
    const out = { thought: "", append: "", ask: false };
    if (offset > this.length) {
      // What does not fit here comes again with the answer to `sync`.
      if (this.#ahead.size < MAX_AHEAD) this.#keep(offset, text, thinking);
      out.ask = true;
      return out;
    }
    const fits = this.#take(offset, text, thinking, out);
    out.ask = !this.#drain(out) || !fits || this.#ahead.size > 0;
    return out;
  }

  /** The stored text from the beginning. `replace` is set when it contradicts what was painted. */
  paint(text, thinking = 0) {
    const replace = this.#contradicts(text, thinking);
    if (replace) {
      this.text = "";
      this.length = this.thinking = 0;
    }
    const cut = unitsOf(text, thinking);
    const first = this.receive(0, text.slice(0, cut), true);
    const second = this.receive(thinking, text.slice(cut));
    return { thought: first.thought + second.thought, append: first.append + second.append, replace };
  }

  #contradicts(text, thinking) {
    if (text.length >= this.text.length ? !text.startsWith(this.text) : !this.text.startsWith(text)) return true;
    const common = Math.min(this.length, codePoints(text));
    return Math.min(this.thinking, common) !== Math.min(thinking, common);
  }

  /** Takes what is new of the text. False when it stands on the other side of the boundary than what was painted. */
  #take(offset, text, thinking, out) {
    const fresh = offset === this.length ? text : dropCodePoints(text, this.length - offset);
    if (!fresh) return true;
    if (thinking ? this.length > this.thinking : offset < this.thinking) return false;
    this.text += fresh;
    this.length += codePoints(fresh);
    if (thinking) {
      this.thinking = this.length;
      out.thought += fresh;
    } else out.append += fresh;
    return true;
  }

  #keep(offset, text, thinking) {
    const known = this.#ahead.get(offset);
    if (known === undefined || known.text.length < text.length) this.#ahead.set(offset, { text, thinking });
  }

  #drain(out) {
    let fits = true;
    if (this.#ahead.size === 0) return fits;
    for (const [offset, { text, thinking }] of [...this.#ahead].sort((a, b) => a[0] - b[0])) {
      if (offset > this.length) break;
      this.#ahead.delete(offset);
      fits = this.#take(offset, text, thinking, out) && fits;
    }
    return fits;
  }
}
