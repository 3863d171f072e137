// Again from the beginning, or from A to B.

export const LEAST = 0.2;

export class Loop {
  whole = false;
  a = null;
  b = null;

  /** What one press does: A, then B, then neither. Returns what it has set. */
  mark(moment) {
    if (this.a === null) {
      this.a = moment;
      return "a";
    }
    if (this.b === null) {
      // Pressed behind A, the two change places: the piece between them was meant.
      [this.a, this.b] = moment < this.a ? [moment, this.a] : [this.a, moment];
      if (this.b - this.a < LEAST) this.b = this.a + LEAST;
      return "b";
    }
    this.clear();
    return "none";
  }

  clear() {
    this.a = this.b = null;
  }

  get between() {
    return this.a !== null && this.b !== null;
  }

  /** Whether the end is not the end. */
  get goesOn() {
    return this.whole || this.between;
  }

  /** Where to go from `moment`; null to go on. Who has sought to behind B is let alone only until they play back into it. */
  jump(moment) {
    if (!this.between) return null;
    return moment >= this.b || moment < this.a - LEAST ? this.a : null;
  }
}
