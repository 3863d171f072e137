// Puts a player together: its parts, and what they tell each other.

import { gettext, interpolate, ngettext } from "../../i18n.js";
import { Captions } from "./captions.js";
import { run } from "./commands.js";
import { Controls } from "./controls.js";
import { h, icon } from "./dom.js";
import { words } from "./errors.js";
import { Gestures, listen } from "./gestures.js";
import { commandFor } from "./keyboard.js";
import { mediaSession } from "./media_session.js";
import { Menu } from "./menus.js";
import { countdown } from "./next.js";
import { pages } from "./pages.js";
import { Player } from "./player.js";
import { SeekBar } from "./seekbar.js";
import { keySheet } from "./sheet.js";
import { statsPanel } from "./stats.js";
import { clock } from "./time.js";
import { arrived, coming, sentence, Waiting } from "./waiting.js";

const SAID_MS = 900;

export class View {
  #card = null;
  #stats = null;
  #saidTimer = null;
  #waiting = null;
  /** Of several players on a page, the one somebody used last has the keys. */
  static current = null;

  constructor(root, settings, { preferences, script, start, bare = false }) {
    this.root = root;
    this.video = h("video", { class: "player-video", playsinline: true, preload: "auto", tabindex: "-1", poster: settings.poster, "aria-label": settings.title || gettext("Video") });
    this.player = new Player(root, this.video, settings, { preferences, script, start });
    this.player.escape = () => this.escape();
    this.layer = h("div", { class: "player-cues", "aria-live": "off", "data-testid": "player-captions-layer" });
    this.said = h("div", { class: "player-said", "aria-hidden": "true" });
    this.live = h("div", { class: "sr-only", role: "status", "data-testid": "player-live" });
    this.spinner = h("div", { class: "player-spinner", "aria-hidden": "true" });
    this.cards = h("div", { class: "player-cards" });
    this.big = h("button", { type: "button", class: "player-big", "aria-label": gettext("Play"), "data-testid": "player-big", onclick: () => this.player.play() }, icon("play"));
    this.stage = h("div", { class: "player-stage" }, this.video, this.layer, this.spinner, this.big, this.said, this.cards);
    this.player.captions = new Captions(this.video, this.layer);
    this.player.captions.style(preferences.get("style"));
    this.menu = new Menu(root, pages(this.player));
    this.controls = new Controls(this.player, new SeekBar(this.player), this.menu);
    Object.assign(root.dataset, { state: "paused", idle: "false", begun: "false" });
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", interpolate(gettext("Video player: %s"), [settings.title || gettext("Video")]));
    root.tabIndex = -1;
    root.append(this.stage, ...(bare ? [] : [this.controls.bar, this.menu.panel]), this.live);
    this.#listen();
    this.#pointers();
    this.#keys();
    mediaSession(this.player);
    View.current ??= this;
  }

  #listen() {
    const { player, video, root } = this;
    player.addEventListener("said", ({ detail }) => this.say(detail));
    player.addEventListener("failed", ({ detail }) => this.fail(detail));
    player.addEventListener("retried", () => this.#show(null));
    player.addEventListener("shown", ({ detail }) => (detail === "stats" ? this.#toggleStats() : this.#sheet()));
    player.addEventListener("engine", () => {
      this.menu.refresh();
      const bandwidth = player.engine?.facts().bandwidth;
      if (bandwidth) player.preferences.set("bandwidth", Math.round(bandwidth));
      root.dataset.sound = video.videoHeight === 0 && video.readyState > 0 ? "alone" : "";
    });
    video.addEventListener("playing", () => {
      root.dataset.begun = "true";
      if (this.#card?.dataset.kind !== "notice") this.#show(null);
    });
    for (const event of ["waiting", "seeking"]) video.addEventListener(event, () => (root.dataset.busy = "true"));
    for (const event of ["playing", "seeked", "canplay", "pause", "error"]) video.addEventListener(event, () => (root.dataset.busy = "false"));
    video.addEventListener("ended", () => this.#ended());
    for (const event of ["fullscreenchange", "webkitfullscreenchange"]) document.addEventListener(event, () => player.tell("mode"));
    video.addEventListener("webkitbeginfullscreen", () => player.captions.native(true));
    video.addEventListener("webkitendfullscreen", () => player.captions.native(false));
    video.addEventListener("enterpictureinpicture", () => player.tell("mode"));
    video.addEventListener("leavepictureinpicture", () => player.tell("mode"));
    addEventListener("online", () => this.#card?.dataset.code === "network" && player.retry());
  }

  #pointers() {
    const { player, stage, root, controls } = this;
    const onButton = (event) => Boolean(event.target.closest("button, a, input, .player-card, .player-stats"));
    root.addEventListener("pointerdown", (event) => {
      View.current = this;
      if (!event.target.closest("button, a, input, select, [tabindex='0']")) root.focus({ preventScroll: true });
    });
    let clicks = null;
    stage.addEventListener("click", (event) => {
      if (event.pointerType === "touch" || onButton(event) || event.detail > 1) return;
      player.toggle();
    });
    stage.addEventListener("dblclick", (event) => {
      if (clicks === "touch" || onButton(event)) return;
      // The first of the two clicks has paused or begun it.
      player.toggle();
      player.full();
    });
    stage.addEventListener("pointerdown", (event) => (clicks = event.pointerType));
    const gestures = new Gestures({
      tap: () => (root.dataset.begun === "true" ? controls.tapped() : player.play()),
      seek: (side, times) => {
        player.seekBy(side === "left" ? -10 : 10);
        const all = times * 10;
        this.say(side === "left" ? interpolate(ngettext("%s second back", "%s seconds back", all), [all]) : interpolate(ngettext("%s second on", "%s seconds on", all), [all]));
      },
      middle: () => player.toggle(),
      hold: (on) => player.hold(on),
      swipe: (way) => (way === "up") !== player.isFull && player.full(way === "up"),
    });
    listen(stage, gestures, onButton);
  }

  #keys() {
    document.addEventListener("keydown", (event) => {
      if (View.current !== this || document.querySelector("dialog[open]")) return;
      const near = this.player.settings.embedded || this.player.isFull || this.root.contains(document.activeElement);
      const command = commandFor(event, { near });
      if (command && run(this.player, command)) event.preventDefault();
    });
  }

  say(text) {
    this.live.textContent = text;
    this.said.textContent = text;
    this.said.dataset.on = "true";
    clearTimeout(this.#saidTimer);
    this.#saidTimer = setTimeout(() => (this.said.dataset.on = "false"), SAID_MS);
  }

  /** Closes what is open; false when nothing was. */
  escape() {
    if (this.menu.isOpen) return this.menu.back();
    if (this.cancelNext) return this.cancelNext();
    if (this.#stats) return this.#toggleStats();
    if (this.player.isFull) return this.player.full(false);
    return false;
  }

  // --- cards over the picture ---

  #show(card) {
    this.#card?.remove();
    this.#card = card;
    if (card) this.cards.append(card);
    this.root.dataset.card = card ? (card.dataset.kind ?? "card") : "";
  }

  fail(code) {
    const { title, hint, retry } = words(code);
    this.root.dataset.busy = "false";
    const actions = retry ? [h("button", { type: "button", class: "button", text: gettext("Try again"), onclick: () => this.player.retry(), "data-testid": "player-retry" })] : [];
    const downloads = this.player.settings.downloads.map(({ url, label }) => h("a", { class: "button quiet", href: url, text: label, rel: "nofollow" }));
    this.#show(h("div", { class: "player-card", role: "alert", "data-code": code, "data-testid": "player-error" },
      h("p", { class: "player-card-title", text: title }), h("p", { text: hint }), h("div", { class: "player-card-actions" }, ...actions, ...downloads)));
  }

  /** That it goes on where one left off, and how to begin anew. */
  resumed(at) {
    const card = h("div", { class: "player-notice", "data-kind": "notice", "data-testid": "player-resumed" },
      h("span", { text: interpolate(gettext("Goes on at %s"), [clock(at)]) }),
      h("button", { type: "button", class: "button quiet small", text: gettext("From the beginning"), onclick: () => { this.player.seek(0); this.player.play(); this.#show(null); } }));
    this.#show(card);
    this.video.addEventListener("playing", () => setTimeout(() => this.#card === card && this.#show(null), 6_000), { once: true });
  }

  #ended() {
    const { player } = this;
    const { settings, preferences, loop } = player;
    if (loop.goesOn || !settings.next) return;
    if (!preferences.get("autonext")) return;
    const { card, cancel } = countdown(settings.next, () => player.next(), () => {
      this.cancelNext = null;
      this.#show(null);
    });
    this.cancelNext = cancel;
    this.#show(card);
    this.live.textContent = interpolate(gettext("The next video plays in a few seconds: %s. Escape cancels."), [settings.next.title]);
    this.video.addEventListener("play", () => this.cancelNext?.(), { once: true });
  }

  /** Until something of it plays. */
  wait() {
    const { player } = this;
    const { settings } = player;
    const bar = h("progress", { max: "1", value: "0", "aria-label": gettext("How much of it is made") });
    const text = h("p", { role: "status" });
    const playing = Boolean(settings.master || settings.mp4);
    if (!playing) {
      this.#show(h("div", { class: "player-card", "data-testid": "player-waiting" }, h("p", { class: "player-card-title", text: gettext("This video is being made.") }), text, bar,
        h("p", { class: "muted", text: gettext("It begins by itself as soon as a part of it can be played.") })));
    }
    if (!settings.state) return;
    this.#waiting?.end();
    // Loaded anew once for each: what the stream does not offer even then is no reason to do it again.
    const seen = new Set();
    this.#waiting = new Waiting(settings.state, {
      waits: (state) => {
        text.textContent = sentence(state);
        bar.value = state.progress ?? 0;
      },
      playable: async () => {
        this.#show(null);
        await player.refresh();
        await player.play();
      },
      more: (state) => {
        player.coming = player.engine?.streams ? arrived(state, player.engine.levels()).filter((size) => !seen.has(size)) : [];
        const still = coming(state);
        if (player.coming.length && this.video.paused) {
          for (const size of player.coming) seen.add(size);
          player.reload();
        }
        this.root.dataset.making = still.length ? interpolate(gettext("Still being made: %s"), [still.map((size) => `${size}p`).join(", ")]) : "";
        this.menu.refresh();
      },
      over: (state) => {
        this.root.dataset.making = "";
        if (state.state !== "ready" && !state.playable) this.fail("failed");
        else if (!player.engine?.ended && this.video.paused) player.reload();
      },
    });
    this.#waiting.ask(playing);
  }

  #toggleStats() {
    if (this.#stats) {
      this.#stats.end();
      this.#stats = null;
      return;
    }
    this.#stats = statsPanel(this.player, () => this.#toggleStats());
    this.stage.append(this.#stats.panel);
  }

  #sheet() {
    const dialog = keySheet(() => {
      dialog.remove();
      this.root.focus({ preventScroll: true });
    });
    this.root.append(dialog);
    dialog.showModal();
  }
}
