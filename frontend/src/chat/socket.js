// The page's websocket: opens again after a loss, with growing, jittered pauses, and says how it stands.

import { inflate, isDeflated } from "./frames.js";

const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 15_000;
const SIGNED_OUT = 4403;

/** Milliseconds before try number `tries` (from 0): exponential, spread over half of itself so that pages do not return all at once. */
export function pause(tries, random = Math.random) {
  const whole = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries, 10));
  return whole / 2 + (random() * whole) / 2;
}

export class Connection {
  #socket = null;
  #tries = 0;
  #timer = null;
  #ended = false;
  #inflating = null;
  #held = [];

  /**
   * @param {string} url
   * @param {{opened(): void, event(event: object): void, delta(frame: ArrayBuffer): void, state(name: string): void}} listener
   *   `state` gets "connecting", "open", "waiting" or "signed_out".
   */
  constructor(url, listener, make = (address) => new WebSocket(address)) {
    this.url = url;
    this.listener = listener;
    this.make = make;
  }

  get open() {
    return this.#socket !== null && this.#socket.readyState === 1;
  }

  connect() {
    if (this.#ended || this.#socket) return;
    clearTimeout(this.#timer);
    this.listener.state("connecting");
    const socket = this.make(this.url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#tries = 0;
      this.listener.state("open");
      this.listener.opened();
    };
    this.#inflating = null;
    this.#held.length = 0;
    socket.onmessage = (message) => {
      if (this.#socket === socket) this.#heard(message.data, socket);
    };
    socket.onclose = (event) => this.#lost(event.code);
  }

  /** Tries at once instead of at the end of the pause: the network or the person came back. */
  hurry() {
    if (this.#timer === null) return;
    this.#tries = 0;
    this.connect();
  }

  /** Sends now and says true, or drops it and says false: whoever must not lose a request keeps it until answered. */
  send(frame) {
    if (!this.open) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #heard(data, socket) {
    // Inflating takes a turn of the event loop; what comes meanwhile must not overtake it.
    if (this.#inflating) this.#held.push(data);
    else if (typeof data === "string") this.#event(data);
    else if (!isDeflated(data)) this.listener.delta(data);
    else this.#inflate(data, socket);
  }

  async #inflate(data, socket) {
    this.#inflating = socket;
    let text = null;
    try {
      text = await inflate(data);
    } catch {
      // Not what the site sends: begin anew, as after a loss.
      socket.close();
    }
    // Another connection began meanwhile and paints everything anew: what is left of this one is old.
    if (this.#inflating !== socket) return;
    this.#inflating = null;
    const held = this.#held.splice(0);
    if (text === null) return;
    this.#event(text);
    for (const later of held) this.#heard(later, socket);
  }

  #event(text) {
    const event = JSON.parse(text);
    if (event.type === "signed_out") this.#end();
    else this.listener.event(event);
  }

  #lost(code) {
    this.#socket = null;
    if (this.#ended) return;
    if (code === SIGNED_OUT) {
      this.#end();
      return;
    }
    this.listener.state("waiting");
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.connect();
    }, pause(this.#tries++));
  }

  #end() {
    this.#ended = true;
    this.listener.state("signed_out");
  }
}
