// Where one left off, and what was watched: told to the site by who is signed in, kept on the device for guests.

const EVERY_MS = 10_000;
const LEAST = 5;
const END = 10;
const KEY = "video-positions";
const MOST_KEPT = 200;
const MOST_RANGES = 60;

/** Where to begin. An address that names a moment goes first. Nobody is put within the last seconds. */
export function startAt({ asked, position, kept, duration }) {
  if (asked !== null && asked !== undefined) return duration ? Math.min(asked, Math.max(0, duration - 0.1)) : asked;
  const left = position || kept || 0;
  if (left < LEAST || (duration && left > duration - Math.min(END, duration / 10))) return 0;
  return left;
}

/** Positions of guests: the latest ones, on this device. */
export class Kept {
  #storage;

  constructor(storage) {
    this.#storage = storage;
  }

  get(slug) {
    const found = this.#all().find(([name]) => name === slug);
    return found ? found[1] : 0;
  }

  set(slug, position) {
    const others = this.#all().filter(([name]) => name !== slug);
    const mine = position >= LEAST ? [[slug, Math.round(position)]] : [];
    try {
      this.#storage?.setItem(KEY, JSON.stringify([...mine, ...others].slice(0, MOST_KEPT)));
    } catch {
      /* not kept */
    }
  }

  #all() {
    try {
      const all = JSON.parse(this.#storage?.getItem(KEY) ?? "[]");
      return Array.isArray(all) ? all.filter((row) => Array.isArray(row) && Number.isFinite(row[1])) : [];
    } catch {
      return [];
    }
  }
}

/** Pieces that were played, not skipped over. */
export class Watched {
  #ranges = [];
  #from = null;
  #to = null;

  /** `passed`: real seconds since the last word, at `rate`: further than that nobody can have watched. */
  at(position, passed, rate) {
    const reach = Math.max(1, passed * rate * 1.5 + 0.5);
    if (this.#from !== null && position >= this.#to && position - this.#to <= reach) this.#to = position;
    else this.begin(position);
  }

  begin(position) {
    this.end();
    this.#from = this.#to = position;
  }

  end() {
    if (this.#from !== null && this.#to > this.#from) this.#ranges.push([round(this.#from), round(this.#to)]);
    this.#from = this.#to = null;
  }

  /** Takes what there is; what goes on, goes on from here. */
  take() {
    const [open, at] = [this.#from !== null, this.#to];
    this.end();
    if (open) this.#from = this.#to = at;
    return this.#ranges.splice(0).slice(-MOST_RANGES);
  }
}

const round = (seconds) => Math.round(seconds * 100) / 100;

/** Tells `settings.watching` of `player` every ten seconds, when it pauses or ends, and as the page goes. */
export class Teller {
  #player;
  #kept;
  #send;
  #watched = new Watched();
  #last = null;
  #timer = null;
  /** The position that was told last; null before anything was played: who has never pressed play has none to tell. */
  #told = null;

  constructor(player, kept, send = { post, beacon }) {
    [this.#player, this.#kept, this.#send] = [player, kept, send];
    const { video } = player;
    video.addEventListener("timeupdate", () => this.#moved());
    video.addEventListener("seeking", () => this.#watched.end());
    video.addEventListener("play", () => {
      this.#last = performance.now();
      this.#told ??= -1;
      this.#watched.begin(video.currentTime);
      this.#timer ??= setInterval(() => this.tell(), EVERY_MS);
    });
    video.addEventListener("pause", () => this.#stopped());
    video.addEventListener("ended", () => this.#stopped(true));
    // A telephone may never say that a page goes, only that it is not seen any more.
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.tell({ leaving: true }));
    addEventListener("pagehide", () => this.tell({ leaving: true }));
  }

  #moved(stopping = false) {
    const { video } = this.#player;
    if ((video.paused && !stopping) || video.seeking || this.#told === null) return;
    const now = performance.now();
    this.#watched.at(video.currentTime, this.#last === null ? 0 : (now - this.#last) / 1000, video.playbackRate);
    this.#last = now;
  }

  #stopped(ended = false) {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#moved(true);
    this.#watched.end();
    this.tell({ ended });
  }

  tell({ leaving = false, ended = false } = {}) {
    const { video, settings, engine } = this.#player;
    if (this.#told === null) return;
    this.#moved();
    const watched = this.#watched.take();
    const position = ended ? settings.duration || video.duration : video.currentTime;
    if (!watched.length && !ended && position === this.#told) return;
    this.#told = position;
    this.#kept.set(settings.slug, ended ? 0 : position);
    if (!settings.watching) return;
    const body = JSON.stringify({
      session: settings.session, position: round(position || 0), watched, height: engine?.level()?.size ?? 0, rate: video.playbackRate, ended,
    });
    if (leaving) this.#send.beacon(settings.watching, body);
    else this.#send.post(settings.watching, body);
  }
}

/** Goes out even when the page is closed. It takes no header with it; the session within proves whose page it was. */
function beacon(address, body) {
  navigator.sendBeacon(address, new Blob([body], { type: "application/json" }));
}

async function post(address, body) {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  try {
    await fetch(address, {
      method: "POST", body, keepalive: true, credentials: "same-origin",
      headers: { "Content-Type": "application/json", ...(token ? { "X-CSRFToken": token } : {}) },
    });
  } catch {
    /* the next one says where it is */
  }
}
