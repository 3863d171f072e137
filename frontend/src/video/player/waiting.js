// A video that is still being made: waits until something of it plays, and says what comes after.

import { gettext, interpolate } from "../../i18n.js";
import { sizeOf } from "./naming.js";
import { about } from "./time.js";

const SOON_MS = 2_000;
const LATER_MS = 10_000;
const ENDED = new Set(["failed", "cancelled", "removed"]);

/** What to say while nothing plays yet. */
export function sentence(state) {
  const percent = Math.floor((state.progress ?? 0) * 100);
  const left = state.estimate === null || state.estimate === undefined ? "" : about(state.estimate);
  const main = percent > 0 ? interpolate(gettext("%s %% done"), [percent]) : gettext("It waits for its turn.");
  return left ? `${main} · ${left}` : main;
}

/** Sizes that are there whole and that the player has not loaded yet. */
export function arrived(state, levels) {
  const known = new Set(levels.map((level) => level.size));
  return sizes(state, true).filter((size) => !known.has(size));
}

/** Sizes that are being made. */
export function coming(state) {
  return sizes(state, false);
}

function sizes(state, whole) {
  const rows = (state.renditions ?? []).filter(({ kind, height, ended }) => kind === "video" && height && ended === whole);
  return [...new Set(rows.map(({ name, height }) => sizeOf(name, 0, height)))];
}

export class Waiting {
  #address;
  #tell;
  #get;
  #timer = null;
  #over = false;

  /** `tell`: `{waits(state), playable(state), more(state), over(state)}`. */
  constructor(address, tell, get = (...all) => fetch(...all)) {
    [this.#address, this.#tell, this.#get] = [address, tell, get];
  }

  /** Asks until it is over. `playing`: whether something of it plays already. */
  async ask(playing) {
    if (this.#over) return;
    let state = null;
    try {
      const answer = await this.#get(this.#address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (answer.ok) state = await answer.json();
    } catch {
      /* the next one may get through */
    }
    if (this.#over) return;
    if (state) {
      if (!playing && state.playable) {
        this.#tell.playable(state);
        playing = true;
      } else if (!playing) this.#tell.waits(state);
      if (playing) this.#tell.more(state);
      if (state.state === "ready" || ENDED.has(state.state)) {
        this.end();
        return this.#tell.over(state);
      }
    }
    this.#timer = setTimeout(() => this.ask(playing), playing || document.visibilityState === "hidden" ? LATER_MS : SOON_MS);
  }

  end() {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
