// The row of buttons, and when it is seen.

import { gettext, interpolate } from "../../i18n.js";
import { h, relabel } from "./dom.js";
import { chapterAt } from "./seekbar.js";
import { clock } from "./time.js";

const IDLE_MS = 3_000;

function button(name, run, extra = {}) {
  return h("button", { type: "button", class: `player-button player-${name}`, onclick: run, "data-testid": `player-${name}`, ...extra });
}

export class Controls {
  #player;
  #timer = null;

  constructor(player, seekBar, menu) {
    this.#player = player;
    const { root } = player;
    this.menu = menu;
    this.play = button("play", () => player.toggle());
    this.previous = button("previous", () => player.previous());
    this.next = button("next", () => player.next());
    this.mute = button("mute", () => player.mute());
    this.volume = h("input", {
      type: "range", class: "player-volume", min: "0", max: "1", step: "0.05", "aria-label": gettext("Volume"),
      oninput: (event) => player.volume(Number(event.target.value), false),
    });
    this.time = h("span", { class: "player-time" });
    this.chapter = h("button", { type: "button", class: "player-chapter-name", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: (event) => menu.toggle(event.currentTarget, "chapters"), "data-testid": "player-chapters" });
    this.captions = button("captions", () => player.toggleCaptions());
    this.settings = button("settings", (event) => menu.toggle(event.currentTarget, "main"), { "aria-haspopup": "dialog", "aria-expanded": "false" });
    this.pip = button("pip", () => player.pip());
    this.theatre = button("theatre", () => player.theatre());
    this.full = button("full", () => player.full());
    this.bar = h("div", { class: "player-bar" }, seekBar.element,
      h("div", { class: "player-buttons" }, this.previous, this.play, this.next, this.mute, this.volume, this.time, this.chapter,
        h("span", { class: "player-gap" }), this.captions, this.settings, this.pip, this.theatre, this.full));
    this.#listen(root);
    this.draw();
  }

  #listen(root) {
    const { video } = this.#player;
    const player = this.#player;
    for (const event of ["play", "pause", "ended", "volumechange", "timeupdate", "durationchange", "seeking", "seeked", "loadedmetadata"]) video.addEventListener(event, () => this.draw());
    for (const event of ["settings", "captions", "mode"]) player.addEventListener(event, () => this.draw());
    for (const event of ["pointermove", "keydown", "focusin"]) root.addEventListener(event, (given) => given.pointerType !== "touch" && this.wake());
    root.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.rest());
    for (const event of ["play", "pause", "ended"]) video.addEventListener(event, () => this.wake());
  }

  /** Seen for a while. */
  wake() {
    const { root } = this.#player;
    root.dataset.idle = "false";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.rest(), IDLE_MS);
  }

  rest() {
    const { root, video } = this.#player;
    clearTimeout(this.#timer);
    // Never out of sight of who goes through them by key, nor while nothing moves.
    if (video.paused || this.menu.isOpen || root.querySelector(".player-bar :focus-visible, .player-card")) return;
    root.dataset.idle = "true";
  }

  /** A tap on the picture. */
  tapped() {
    if (this.#player.root.dataset.idle === "true") this.wake();
    else this.rest();
  }

  draw() {
    const player = this.#player;
    const { video, settings, captions, root } = player;
    root.dataset.state = video.ended ? "ended" : video.paused ? "paused" : "playing";
    if (video.ended) relabel(this.play, "again", gettext("Play again (k)"));
    else if (video.paused) relabel(this.play, "play", gettext("Play (k)"));
    else relabel(this.play, "pause", gettext("Pause (k)"));
    relabel(this.previous, "previous", gettext("Previous video (Shift+P)"));
    relabel(this.next, "next", settings.next ? interpolate(gettext("Next: %s (Shift+N)"), [settings.next.title]) : gettext("Next video (Shift+N)"));
    this.previous.hidden = !settings.previous;
    this.next.hidden = !settings.next;
    const silent = video.muted || video.volume === 0;
    relabel(this.mute, silent ? "muted" : video.volume < 0.5 ? "quiet" : "loud", silent ? gettext("Sound on (m)") : gettext("Sound off (m)"));
    this.volume.value = String(video.muted ? 0 : video.volume);
    this.volume.setAttribute("aria-valuetext", silent ? gettext("no sound") : `${Math.round(video.volume * 100)} %`);
    this.time.textContent = `${clock(player.position, player.duration)} / ${clock(player.duration)}`;
    const chapter = chapterAt(settings.chapters, player.position);
    this.chapter.hidden = !settings.chapters.length;
    this.chapter.textContent = chapter?.title ?? gettext("Chapters");
    this.chapter.setAttribute("aria-label", interpolate(gettext("Chapters, now: %s"), [chapter?.title ?? "–"]));
    this.captions.hidden = !settings.captions.length;
    relabel(this.captions, "captions", captions?.chosen ? gettext("Captions off (c)") : gettext("Captions on (c)"));
    this.captions.setAttribute("aria-pressed", String(Boolean(captions?.chosen)));
    relabel(this.settings, "settings", gettext("Settings"));
    relabel(this.pip, "pip", gettext("Picture in picture (i)"));
    this.pip.hidden = !player.canPip;
    relabel(this.theatre, "theatre", root.dataset.theatre === "on" ? gettext("Usual size (t)") : gettext("Theatre (t)"));
    this.theatre.hidden = settings.embedded;
    relabel(this.full, player.isFull ? "small" : "full", player.isFull ? gettext("Leave the full screen (f)") : gettext("Full screen (f)"));
    this.full.hidden = !player.canFull;
  }
}
