// Captions as we draw them: over the picture, in the size and colours that their reader has chosen.

import { h } from "./dom.js";
import { OFF } from "./preferences.js";
import { cueTree, parseVtt } from "./vtt.js";

export const STYLE = { size: 100, colour: "white", background: 75, edge: "none", place: "bottom", family: "plain" };
export const COLOURS = { white: "#ffffff", yellow: "#ffe34d", green: "#7df0a0", cyan: "#7fe5ff", amber: "#ffc069", black: "#000000" };
const EDGES = {
  none: "none",
  shadow: "0.06em 0.06em 0.12em #000",
  outline: "-0.05em -0.05em 0 #000, 0.05em -0.05em 0 #000, -0.05em 0.05em 0 #000, 0.05em 0.05em 0 #000",
};

/** What of `style` there is, on our own for the rest: it comes from storage that anybody can edit. */
export function cleanStyle(style) {
  const one = (name, choices) => (choices.includes(style?.[name]) ? style[name] : STYLE[name]);
  return {
    size: one("size", [50, 75, 100, 150, 200, 300]), colour: one("colour", Object.keys(COLOURS)), background: one("background", [0, 25, 50, 75, 100]),
    edge: one("edge", Object.keys(EDGES)), place: one("place", ["bottom", "top"]), family: one("family", ["plain", "mono", "serif"]),
  };
}

/** The cues that are said at `moment`. They come sorted by their start. */
export function cuesAt(cues, moment) {
  return cues.filter((cue) => cue.start <= moment && moment < cue.end);
}

/** Those to begin with: as one has chosen before (`wanted`), otherwise those that are to be shown without being asked for. */
export function firstCaptions(tracks, wanted) {
  if (wanted === OFF) return null;
  const chosen = wanted && tracks.find((one) => one.language === wanted || one.label === wanted);
  return chosen || (tracks.find((one) => one.default) ?? null);
}

const ROW = 1.45;

/** Where each of `cues`, which are said at once, stands: `[side, distance from it]` as CSS has them, those of one place beside each other; null where
 * the player chooses. */
export function placesOf(cues) {
  const taken = new Map();
  return cues.map(({ text, settings: { line, row } }) => {
    if (line === null && row === null) return null;
    // Low lines grow upwards, so that none leaves the picture.
    const low = row === null ? line > 50 : row < 0;
    const [percent, rows] = row === null ? [low ? 100 - line : line, 0] : [0, low ? -row - 1 : row];
    const key = `${low} ${percent} ${rows}`;
    const before = taken.get(key) ?? 0;
    taken.set(key, before + text.split("\n").length);
    return [low ? "bottom" : "top", `calc(${percent}% + ${((rows + before) * ROW).toFixed(2)}em)`];
  });
}

export class Captions {
  #video;
  #layer;
  #get;
  #cues = [];
  #shown = "";
  #loaded = new Map();
  #native = null;
  chosen = null;

  constructor(video, layer, get = (...all) => fetch(...all)) {
    [this.#video, this.#layer, this.#get] = [video, layer, get];
    for (const event of ["timeupdate", "seeking", "seeked"]) video.addEventListener(event, () => this.draw());
    // Four times a second is late for words; each frame is not needed either.
    this.timer = setInterval(() => !video.paused && this.draw(), 60);
  }

  style(style) {
    const { size, colour, background, edge, place, family } = cleanStyle(style);
    const target = this.#layer.style;
    target.setProperty("--caption-size", String(size / 100));
    target.setProperty("--caption-colour", COLOURS[colour]);
    target.setProperty("--caption-ground", colour === "black" ? `rgb(255 255 255 / ${background}%)` : `rgb(0 0 0 / ${background}%)`);
    target.setProperty("--caption-edge", EDGES[edge]);
    this.#layer.dataset.place = place;
    this.#layer.dataset.family = family;
  }

  /** A track of the settings, or null for none. Throws where it cannot be fetched. */
  async choose(track) {
    this.chosen = track;
    this.#cues = [];
    this.draw();
    this.#mirror(null);
    if (!track) return;
    if (!this.#loaded.has(track.src)) {
      const answer = await this.#get(track.src, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      this.#loaded.set(track.src, parseVtt(await answer.text()));
    }
    // Another one may have been chosen meanwhile.
    if (this.chosen !== track) return;
    this.#cues = this.#loaded.get(track.src);
    this.#mirror(track);
    this.draw();
  }

  draw() {
    const cues = cuesAt(this.#cues, this.#video.currentTime);
    const key = cues.map((cue) => `${cue.start}-${cue.end}-${cue.text}`).join("\n");
    if (key === this.#shown) return;
    this.#shown = key;
    const places = placesOf(cues);
    this.#layer.replaceChildren(...cues.map((cue, at) => cueElement(cue, places[at])));
  }

  /** A telephone that shows the video by itself, full on the screen, shows nothing of ours: there the browser draws them. */
  native(on) {
    if (this.#native) this.#native.mode = on ? "showing" : "disabled";
  }

  #mirror(track) {
    if (this.#native) {
      this.#native.mode = "hidden";
      for (const cue of [...(this.#native.cues ?? [])]) this.#native.removeCue(cue);
      this.#native.mode = "disabled";
    }
    if (!track || !this.#video.webkitEnterFullscreen || !globalThis.VTTCue) return;
    this.#native ??= this.#video.addTextTrack("subtitles", track.label, track.language);
    this.#native.mode = "hidden";
    for (const { start, end, text } of this.#cues) this.#native.addCue(new VTTCue(start, end, text));
    this.#native.mode = "disabled";
  }
}

function cueElement(cue, place) {
  const { position, size, align } = cue.settings;
  const box = h("div", { class: "player-cue", dir: "auto" }, h("span", {}, ...cueTree(cue.text).map(nodeOf)));
  box.style.textAlign = align;
  if (place) {
    box.classList.add("placed");
    box.style[place[0]] = place[1];
    const width = size ?? 100;
    const middle = position ?? 50;
    const left = align === "start" || align === "left" ? middle : align === "end" || align === "right" ? middle - width : middle - width / 2;
    box.style.left = `${Math.min(Math.max(0, left), 90)}%`;
    box.style.width = `${Math.min(width, 100 - Math.max(0, left))}%`;
  }
  return box;
}

function nodeOf(part) {
  return typeof part === "string" ? document.createTextNode(part) : h(part.tag, {}, ...part.children.map(nodeOf));
}
