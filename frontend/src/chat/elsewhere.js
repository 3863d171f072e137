// Answers that run in branches of this conversation which are not shown. They keep the composer busy, can be stopped, and are asked
// about now and then, since no article of the page hears of their end.

const ASK_AGAIN = 5000;

export class Elsewhere {
  /** When the site was last asked about each generation. */
  #asked = new Map();

  constructor(connection, now = () => performance.now()) {
    Object.assign(this, { connection, now });
  }

  get any() {
    return this.#asked.size > 0;
  }

  has(generation) {
    return this.#asked.has(generation);
  }

  add(generation) {
    this.#asked.set(generation, this.now());
  }

  /** Whether it was one of them. */
  remove(generation) {
    return this.#asked.delete(generation);
  }

  clear() {
    this.#asked.clear();
  }

  stop() {
    for (const generation of this.#asked.keys()) this.connection.send({ type: "stop", generation });
  }

  /** Called each second. */
  tick() {
    for (const [generation, asked] of this.#asked) {
      if (this.now() - asked < ASK_AGAIN) continue;
      this.add(generation);
      this.connection.send({ type: "sync", generation, length: 0 });
    }
  }
}
