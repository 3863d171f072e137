// The captions being edited: rows `{start, end, text, settings}`, by their beginning, with a way back from each change.

export const MOST_BACK = 100;
const SHORTEST = 200;
const USUAL = 2_500;

const order = (a, b) => a.start - b.start || a.end - b.end;

export class Cues {
  #rows;
  #before = [];

  /** `rows`: as the site keeps them, `[start, end, markup, settings?]`. */
  constructor(rows) {
    this.#rows = rows.map(([start, end, text, settings = ""]) => ({ start, end, text, settings }));
  }

  get rows() {
    return this.#rows;
  }

  get canUndo() {
    return this.#before.length > 0;
  }

  /** As the site takes them. What says nothing is left out. */
  sent() {
    return this.#rows.filter((row) => row.text.trim()).map(({ start, end, text, settings }) => [start, end, text, settings]);
  }

  #change(rows) {
    this.#before.push(this.#rows);
    if (this.#before.length > MOST_BACK) this.#before.shift();
    this.#rows = rows;
  }

  undo() {
    if (this.canUndo) this.#rows = this.#before.pop();
  }

  /** Where the new one stands now. It ends where the next one begins. */
  add(at) {
    const next = this.#rows.find((row) => row.start > at);
    const end = next ? Math.max(at + SHORTEST, Math.min(at + USUAL, next.start)) : at + USUAL;
    const row = { start: at, end, text: "", settings: "" };
    this.#change([...this.#rows, row].sort(order));
    return this.#rows.indexOf(row);
  }

  /** Where the changed one stands now; null when its end would not lie behind its beginning. */
  set(place, values) {
    const row = { ...this.#rows[place], ...values };
    if (!(row.start < row.end)) return null;
    this.#change(replaced(this.#rows, place, 1, row).sort(order));
    return this.#rows.indexOf(row);
  }

  remove(place) {
    this.#change(replaced(this.#rows, place, 1));
  }

  /** In two at a moment within it, the text at its middle line or word. Whether that was possible. */
  split(place, at) {
    const row = this.#rows[place];
    if (at - row.start < SHORTEST || row.end - at < SHORTEST) return false;
    const [first, second] = halves(row.text);
    this.#change(replaced(this.#rows, place, 1, { ...row, end: at, text: first }, { ...row, start: at, text: second }));
    return true;
  }

  /** With the one after it. */
  join(place) {
    const [row, next] = this.#rows.slice(place, place + 2);
    if (!next) return false;
    const text = [row.text, next.text].filter((one) => one.trim()).join("\n");
    this.#change(replaced(this.#rows, place, 2, { ...row, end: Math.max(row.end, next.end), text }));
    return true;
  }

  /** All later by so many milliseconds; what would lie before the beginning begins with it, or goes. */
  shift(by) {
    const moved = this.#rows.map((row) => ({ ...row, start: Math.max(0, row.start + by), end: row.end + by }));
    this.#change(moved.filter((row) => row.end > row.start));
  }

  /** The one that is said at a moment, or -1. */
  at(moment) {
    return this.#rows.findLastIndex((row) => row.start <= moment && moment < row.end);
  }
}

function halves(text) {
  const parts = text.includes("\n") ? text.split("\n") : text.split(" ");
  const glue = text.includes("\n") ? "\n" : " ";
  const middle = Math.ceil(parts.length / 2);
  return [parts.slice(0, middle).join(glue), parts.slice(middle).join(glue)];
}

/** As toSpliced, which the older of the browsers we serve do not have. */
function replaced(rows, place, count, ...others) {
  return [...rows.slice(0, place), ...others, ...rows.slice(place + count)];
}
