// Addresses expire. The page asks for new ones and plays on; who is refused again and again is told so instead.

import { codeOf } from "./errors.js";

const MOST = 3;
const PLAYED_FOR = 5;

export class Renewal {
  #get;
  #address;
  #asking = null;
  #tries = 0;
  #last = -Infinity;

  /** `address` of the settings; `get` as fetch. */
  constructor(address, get = (...all) => fetch(...all)) {
    [this.#address, this.#get] = [address, get];
  }

  /** New settings. Throws an Error with `code` (see errors.js). `position`: where it plays; who has got on since the last time starts counting anew. */
  async ask(position = 0) {
    if (this.#asking) return this.#asking;
    if (Math.abs(position - this.#last) > PLAYED_FOR) this.#tries = 0;
    this.#last = position;
    if (!this.#address || ++this.#tries > MOST) throw coded("gone");
    this.#asking = this.#fetch();
    try {
      return await this.#asking;
    } finally {
      this.#asking = null;
    }
  }

  /** Somebody has pressed a button: as if it were the first time. */
  reset() {
    this.#tries = 0;
  }

  async #fetch() {
    let answer;
    try {
      answer = await this.#get(this.#address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    } catch {
      throw coded("network");
    }
    if (!answer.ok) throw coded(codeOf(answer.status));
    return answer.json();
  }
}

function coded(code) {
  return Object.assign(new Error(code), { code });
}
