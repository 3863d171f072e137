// What a person has set once and finds again: volume, speed, captions. On this device, since a loud headset is not a loud telephone.

const KEY = "video-player";
/** Of captions: chosen to be off, also where their owner has them shown. */
export const OFF = "-";
export const DEFAULTS = { volume: 1, muted: false, rate: 1, height: 0, captions: "", theatre: false, autonext: true, bandwidth: 0, style: {} };

export class Preferences {
  #storage;
  #kept = {};

  constructor(storage = browserStorage()) {
    this.#storage = storage;
    try {
      const kept = JSON.parse(storage?.getItem(KEY) ?? "{}");
      if (kept && typeof kept === "object") this.#kept = kept;
    } catch {
      /* unreadable: begin anew */
    }
  }

  get(name) {
    const [kept, fallback] = [this.#kept[name], DEFAULTS[name]];
    // Numbers of a file that somebody has edited may be anything.
    if (typeof kept !== typeof fallback || kept === null || (typeof kept === "number" && !Number.isFinite(kept))) return fallback;
    return kept;
  }

  set(name, value) {
    this.#kept[name] = value;
    try {
      this.#storage?.setItem(KEY, JSON.stringify(this.#kept));
    } catch {
      /* kept for this page only */
    }
  }
}

/** Reading the property itself throws where a browser forbids storage. */
export function browserStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
