// What people hear who do not watch the bars: the beginning, each quarter, the end, and the first few failures.

import { gettext, interpolate, ngettext, number } from "../../i18n.js";
import { files } from "./words.js";

const FAILURES = 3;

export class Telling {
  #quarter = 0;
  #failures = 0;
  #begun = false;

  constructor(queue, say) {
    Object.assign(this, { queue, say });
    queue.addEventListener("changed", () => this.#look());
    queue.addEventListener("failed", ({ detail }) => this.#failed(detail));
    queue.addEventListener("settled", () => this.#ended());
    queue.addEventListener("halted", ({ detail }) => this.say(detail));
  }

  #look() {
    const { queue } = this;
    if (!queue.isBusy) return;
    if (!this.#begun) {
      this.#begun = true;
      this.#quarter = queue.bytes ? Math.floor((queue.sent / queue.bytes) * 4) : 0;
      this.say(interpolate(gettext("%s on the way."), [files(queue.counts.waiting + queue.counts.sending)]));
      return;
    }
    const quarter = queue.bytes ? Math.floor((queue.sent / queue.bytes) * 4) : 0;
    if (quarter <= this.#quarter || quarter >= 4) return;
    this.#quarter = quarter;
    this.say(interpolate(gettext("%s percent have been sent."), [number(quarter * 25)]));
  }

  #failed({ path, words }) {
    this.#failures += 1;
    if (this.#failures <= FAILURES) this.say(`${path}: ${words}`);
  }

  #ended() {
    if (!this.#begun) return;
    const { done, failed } = this.queue.counts;
    const parts = [interpolate(ngettext("%s file is here.", "%s files are here.", done), [number(done)])];
    if (failed) parts.push(interpolate(ngettext("%s file failed.", "%s files failed.", failed), [number(failed)]));
    this.say(parts.join(" "));
    this.#begun = false;
    this.#quarter = 0;
    this.#failures = 0;
  }
}
