// The bar below the picture: where it is, what is loaded, chapters, and what one would get to.

import { gettext, interpolate } from "../../i18n.js";
import { h } from "./dom.js";
import { loadStoryboard, showPiece } from "./storyboard.js";
import { clock, spoken } from "./time.js";

/** The chapter that `moment` lies in, or null. */
export function chapterAt(chapters, moment) {
  return chapters.findLast((chapter) => chapter.start <= moment) ?? null;
}

export class SeekBar {
  #player;
  #storyboard = null;
  #asked = null;
  #dragged = null;

  constructor(player) {
    this.#player = player;
    this.loaded = h("div", { class: "player-loaded" });
    this.played = h("div", { class: "player-played" });
    this.marks = h("div", { class: "player-marks" });
    this.picture = h("div", { class: "player-picture", hidden: true }, h("img", { alt: "", draggable: "false" }));
    this.text = h("span", {});
    this.preview = h("div", { class: "player-preview", "aria-hidden": "true", hidden: true }, this.picture, this.text);
    this.element = h("div", {
      class: "player-seek", role: "slider", tabindex: "0", "aria-label": gettext("Position"), "aria-valuemin": "0", "aria-valuenow": "0", "data-testid": "player-seek",
    }, h("div", { class: "player-track" }, this.loaded, this.played, this.marks), this.preview);
    this.#listen();
    this.draw();
  }

  #listen() {
    const { element } = this;
    const { video } = this.#player;
    for (const event of ["timeupdate", "progress", "durationchange", "seeking", "seeked", "loadedmetadata", "emptied"]) video.addEventListener(event, () => this.draw());
    for (const event of ["settings", "loop"]) this.#player.addEventListener(event, () => this.mark());
    element.addEventListener("pointermove", (event) => this.#point(event));
    element.addEventListener("pointerleave", () => this.#dragged === null && this.#hide());
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      this.#dragged = this.#moment(event);
      this.#point(event);
    });
    element.addEventListener("pointerup", (event) => {
      if (this.#dragged === null) return;
      this.#player.seek(this.#moment(event));
      this.#dragged = null;
      if (event.pointerType === "touch") this.#hide();
    });
    element.addEventListener("pointercancel", () => {
      this.#dragged = null;
      this.#hide();
      this.draw();
    });
    element.addEventListener("keydown", (event) => {
      const way = { PageUp: 0.1, PageDown: -0.1 }[event.key];
      if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      this.#player.seekBy(way * this.#player.duration);
    });
  }

  #moment(event) {
    const box = this.element.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / (box.width || 1))) * this.#player.duration;
  }

  #point(event) {
    const moment = this.#moment(event);
    if (this.#dragged !== null) this.#dragged = moment;
    const { duration, settings } = this.#player;
    if (!(duration > 0)) return;
    const chapter = chapterAt(settings.chapters, moment);
    this.text.textContent = chapter ? `${clock(moment, duration)} · ${chapter.title}` : clock(moment, duration);
    this.preview.hidden = false;
    this.#picture(moment);
    this.#bring(moment);
    const [width, own] = [this.element.clientWidth, this.preview.offsetWidth];
    const left = (moment / duration) * width - own / 2;
    this.preview.style.transform = `translateX(${Math.max(0, Math.min(width - own, left))}px)`;
    if (this.#dragged !== null) this.draw();
  }

  #picture(moment) {
    const piece = this.#storyboard?.at(moment);
    this.picture.hidden = !piece;
    if (piece) showPiece(this.picture, piece, this.element.clientWidth < 480 ? 120 : 168);
  }

  #hide() {
    this.preview.hidden = true;
  }

  async #bring(moment) {
    const address = this.#player.settings.storyboard;
    if (!address || this.#asked === address) return;
    this.#asked = address;
    try {
      this.#storyboard = await loadStoryboard(address);
      this.#picture(moment);
    } catch {
      // Without pictures the bar still tells the time; the next pointing asks again.
      this.#asked = null;
    }
  }

  draw() {
    const { duration, video, position } = this.#player;
    const whole = duration > 0 ? duration : 1;
    const at = this.#dragged ?? position;
    this.played.style.width = `${Math.min(100, (at / whole) * 100)}%`;
    let end = 0;
    for (let index = 0; index < video.buffered.length; index++) {
      if (video.buffered.start(index) <= video.currentTime + 0.1) end = video.buffered.end(index);
    }
    this.loaded.style.width = `${Math.min(100, (end / whole) * 100)}%`;
    const chapter = chapterAt(this.#player.settings.chapters, at);
    const words = interpolate(gettext("%(at)s of %(whole)s"), { at: spoken(at), whole: spoken(duration) });
    this.element.setAttribute("aria-valuemax", String(Math.round(duration || 0)));
    this.element.setAttribute("aria-valuenow", String(Math.round(at)));
    this.element.setAttribute("aria-valuetext", chapter ? `${words}, ${chapter.title}` : words);
    if (this.drawnFor !== duration) this.mark();
  }

  /** Where chapters begin, and A and B. */
  mark() {
    const { duration, settings, loop } = this.#player;
    this.drawnFor = duration;
    if (!(duration > 0)) return this.marks.replaceChildren();
    const marks = settings.chapters.filter(({ start }) => start > 0 && start < duration).map(({ start }) => ["player-chapter", start]);
    for (const [name, start] of [["player-a", loop.a], ["player-b", loop.b]]) if (start !== null) marks.push([name, start]);
    this.marks.replaceChildren(...marks.map(([name, start]) => {
      const mark = h("i", { class: name });
      mark.style.left = `${(start / duration) * 100}%`;
      return mark;
    }));
  }
}
