// How fast it goes and how long it still takes, from what was really sent during the last seconds.

const WINDOW = 8_000;
const LEAST = 1_500;

export class Speed {
  #samples = [];

  constructor(now = () => performance.now()) {
    this.now = now;
  }

  /** `bytes`: all that has gone out so far. */
  note(bytes) {
    const at = this.now();
    const last = this.#samples.at(-1);
    // A thousand small files tell of themselves far more often than anybody looks.
    if (last && at - last.at < 100) last.bytes = bytes;
    else this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - this.#samples[1].at > WINDOW) this.#samples.shift();
  }

  /** After a pause nothing is known. */
  forget() {
    this.#samples = [];
  }

  /** Bytes a second; null while too little was measured. */
  get rate() {
    const [first] = this.#samples;
    if (!first) return null;
    const last = this.#samples.at(-1);
    const spent = this.now() - first.at;
    return spent < LEAST ? null : ((last.bytes - first.bytes) * 1000) / spent;
  }

  /** Seconds for `bytes` more; null when nobody can know. */
  left(bytes) {
    const rate = this.rate;
    return rate ? bytes / rate : null;
  }
}
