// The player itself: what it does, whoever asks for it (buttons, keys, fingers, the system). What it looks like, view.js says.

import { gettext, interpolate } from "../../i18n.js";
import { openEngine, source } from "./engine.js";
import { Loop } from "./loop.js";
import { goTo } from "./next.js";
import { OFF } from "./preferences.js";
import { Renewal } from "./renewal.js";
import * as screenshots from "./screenshot.js";
import * as sizes from "./screen.js";
import { clock } from "./time.js";

export const [SLOWEST, FASTEST, RATE_STEP] = [0.25, 4, 0.05];
const FRAME_RATE = 30;
const LAST = 0.5;

/** Events: `settings`, `engine`, `captions`, `mode`, `loop`, `failed` (detail: code), `said` (detail: text), `shown` (detail: `stats` or `sheet`). */
export class Player extends EventTarget {
  engine = null;
  loop = new Loop();
  captions = null;
  /** Sizes that have become ready since the stream was loaded. */
  coming = [];
  #opening = null;
  #start;
  #renewal;
  #script;
  #refused = false;
  #moved = false;
  #spedFrom = null;

  constructor(root, video, settings, { preferences, script, start = 0 }) {
    super();
    [this.root, this.video, this.settings, this.preferences] = [root, video, settings, preferences];
    [this.#script, this.#start] = [script, start];
    this.#renewal = new Renewal(settings.renew && `${settings.renew}${settings.embedded ? "?embedded=1" : ""}`);
    video.volume = Math.min(1, Math.max(0, preferences.get("volume")));
    video.muted = preferences.get("muted");
    video.addEventListener("timeupdate", () => this.#looped());
    video.addEventListener("loadedmetadata", () => {
      // Sought while it was on its way to another place.
      if (this.#moved && this.#start !== null) video.currentTime = this.#start;
      this.#moved = false;
    });
    video.addEventListener("loadeddata", () => {
      this.#start = null;
    });
    video.addEventListener("ended", () => this.#ended());
    video.addEventListener("ratechange", () => video.preservesPitch === false && (video.preservesPitch = true));
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  say(text) {
    this.tell("said", text);
  }

  // --- what is played ---

  /** Loads the stream, once. Failures are told as `failed`. */
  async open() {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open() {
    const tell = {
      changed: () => this.tell("engine"), refused: (status) => this.refresh(status), failed: (code) => this.fail(code),
    };
    try {
      this.engine = await openEngine(this.video, this.settings, tell, { script: this.#script, bandwidth: this.preferences.get("bandwidth") });
    } catch (error) {
      this.#opening = null;
      return this.fail(error.code ?? "network");
    }
    this.engine.prefer(this.preferences.get("height"));
    this.#load(this.#start ?? 0);
  }

  #load(at) {
    this.#start = at;
    const audio = this.engine.tracks().find((track) => track.chosen)?.label ?? null;
    const rate = this.video.playbackRate;
    this.engine.load(source(this.engine, this.settings), at, { audio });
    this.video.defaultPlaybackRate = this.video.playbackRate = rate;
  }

  /** Other settings: those of the same video, later. */
  update(settings) {
    this.settings = { ...settings, embedded: this.settings.embedded };
    this.tell("settings");
  }

  /** Addresses have been refused: asks for others and goes on where it was. */
  async refresh() {
    if (this.#refused) return;
    this.#refused = true;
    const [at, playing] = [this.position, !this.video.paused];
    try {
      const settings = await this.#renewal.ask(at);
      if (!settings.master && !settings.mp4) throw Object.assign(new Error("nothing to play"), { code: "broken" });
      this.update(settings);
      if (this.engine) this.#load(at);
      else await this.open();
      if (playing) await this.play();
    } catch (error) {
      this.fail(error.code ?? "broken");
    } finally {
      this.#refused = false;
    }
  }

  /** The same from here, as somebody wants who pressed a button. */
  async retry() {
    this.#renewal.reset();
    this.tell("retried");
    if (!this.engine) {
      await this.open();
      return this.play();
    }
    const at = this.position;
    await this.refresh();
    if (Math.abs(this.position - at) < 1) await this.play();
  }

  /** Takes in what has been made since. */
  async reload() {
    this.coming = [];
    this.#renewal.reset();
    await this.refresh();
  }

  fail(code) {
    this.tell("failed", code);
  }

  // --- where it is ---

  get position() {
    return this.#start ?? this.video.currentTime;
  }

  /** Of the whole video, also while only a part of it is there. */
  get duration() {
    const { duration } = this.video;
    const known = this.settings.duration || 0;
    if (!Number.isFinite(duration) || !duration) return known;
    return this.engine?.ended ? duration : Math.max(known, duration);
  }

  /** The end of what is there by now. */
  get reach() {
    const { seekable } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) : this.duration;
  }

  seek(to) {
    // Sound and pictures seldom end at the same moment, and browsers want a few pictures ahead before they call a seek done: at the very
    // end they would wait for ever.
    const wanted = Math.max(0, Math.min(to, (this.duration || Infinity) - LAST));
    if (!this.engine || this.#start !== null) {
      // Not loaded yet: it begins there.
      this.#start = wanted;
      if (this.engine && this.video.readyState) this.video.currentTime = wanted;
      else this.#moved = Boolean(this.engine);
      this.tell("engine");
      return;
    }
    if (wanted > this.reach + 0.5 && !this.engine.ended) this.say(gettext("This part is still being made."));
    this.video.currentTime = Math.max(0, Math.min(wanted, this.reach - LAST));
  }

  seekBy(seconds) {
    this.seek(this.position + seconds);
    this.say(interpolate(seconds < 0 ? gettext("%s s back") : gettext("%s s on"), [Math.abs(Math.round(seconds))]));
  }

  /** One picture on or back. To the middle of it, since at its edge browsers round one way or the other. */
  frame(way) {
    this.pause();
    const rate = this.engine?.level()?.frameRate || FRAME_RATE;
    this.seek((Math.floor(this.video.currentTime * rate + 0.001) + way + 0.5) / rate);
  }

  /** B may stand at the very end, where no moment comes after it. */
  #ended() {
    if (!this.loop.goesOn) return;
    this.seek(this.loop.between ? this.loop.a : 0);
    this.play();
  }

  #looped() {
    const to = this.loop.jump(this.video.currentTime);
    if (to !== null && !this.video.paused && !this.video.seeking) this.video.currentTime = to;
  }

  markLoop() {
    const set = this.loop.mark(this.position);
    this.say({ a: gettext("A is here."), b: gettext("From A to B, again and again."), none: gettext("A and B are cleared.") }[set]);
    this.tell("loop");
  }

  setLoop(on) {
    this.loop.whole = on;
    this.loop.clear();
    this.tell("loop");
  }

  // --- how it plays ---

  async play() {
    if (this.video.ended && !this.loop.goesOn) this.seek(0);
    await this.open();
    try {
      await this.video.play();
      return true;
    } catch (error) {
      // Until somebody has pressed something, browsers play without sound at most. Other refusals tell themselves.
      return error.name === "NotAllowedError" ? null : false;
    }
  }

  pause() {
    this.video.pause();
  }

  toggle() {
    if (this.video.paused) return this.play();
    return this.pause();
  }

  rate(value, told = true) {
    const rate = Math.round(Math.min(FASTEST, Math.max(SLOWEST, value)) / RATE_STEP) * RATE_STEP;
    this.video.defaultPlaybackRate = this.video.playbackRate = Number(rate.toFixed(2));
    this.preferences.set("rate", this.video.playbackRate);
    if (told) this.say(`${this.video.playbackRate}×`);
  }

  /** Twice as fast while a finger is down. */
  hold(on) {
    if (on && !this.video.paused) {
      this.#spedFrom = this.video.playbackRate;
      this.video.playbackRate = 2;
      this.say("2×");
    } else if (!on && this.#spedFrom !== null) {
      this.video.playbackRate = this.#spedFrom;
      this.#spedFrom = null;
    }
  }

  volume(value, told = true) {
    const { video } = this;
    video.volume = Math.round(Math.min(1, Math.max(0, value)) * 100) / 100;
    video.muted = video.volume === 0;
    this.preferences.set("volume", video.volume || this.preferences.get("volume"));
    this.preferences.set("muted", video.muted);
    if (told) this.say(interpolate(gettext("Volume %s %%"), [Math.round(video.volume * 100)]));
  }

  mute() {
    const { video } = this;
    video.muted = !video.muted;
    if (!video.muted && video.volume === 0) video.volume = 0.5;
    this.preferences.set("muted", video.muted);
    this.say(video.muted ? gettext("Sound off") : gettext("Sound on"));
  }

  quality(id) {
    this.engine?.choose(id);
    this.preferences.set("height", id < 0 ? 0 : (this.engine?.levels()[id]?.size ?? 0));
  }

  hear(id) {
    this.engine?.hear(id);
  }

  // --- captions ---

  /** `kept`: whether it is so the next time. */
  async caption(track, { kept = true } = {}) {
    if (kept) this.preferences.set("captions", track ? track.language || track.label : OFF);
    try {
      await this.captions.choose(track);
    } catch {
      this.say(gettext("The captions could not be loaded. Choose them again."));
    }
    this.tell("captions");
  }

  toggleCaptions() {
    const { captions } = this.settings;
    if (!captions.length) return this.say(gettext("This video has no captions."));
    const track = this.captions.chosen ? null : (captions.find((one) => one.language === this.lastCaptions) ?? captions.find((one) => one.default) ?? captions[0]);
    if (!track) this.lastCaptions = this.captions.chosen.language;
    this.say(track ? interpolate(gettext("Captions: %s"), [track.label || track.language]) : gettext("Captions off"));
    return this.caption(track);
  }

  captionStyle(style) {
    this.preferences.set("style", style);
    this.captions.style(style);
  }

  // --- around it ---

  get canFull() {
    return sizes.canFull(this.root, this.video);
  }

  get isFull() {
    return sizes.isFull(this.root);
  }

  full(on) {
    return sizes.toggleFull(this.root, this.video, on).catch(() => this.say(gettext("The browser did not allow the full screen.")));
  }

  get canPip() {
    return sizes.canPip(this.video);
  }

  pip() {
    if (!this.canPip) return undefined;
    return sizes.togglePip(this.video)?.catch(() => this.say(gettext("Press play first, then picture in picture.")));
  }

  theatre(on = this.root.dataset.theatre !== "on") {
    if (this.settings.embedded) return;
    this.root.dataset.theatre = on ? "on" : "off";
    document.documentElement.dataset.theatre = this.root.dataset.theatre;
    this.preferences.set("theatre", on);
    this.tell("mode");
  }

  next() {
    if (this.settings.next) goTo(this.settings.next.url);
  }

  previous() {
    if (this.settings.previous) goTo(this.settings.previous.url);
  }

  stats() {
    this.tell("shown", "stats");
  }

  sheet() {
    this.tell("shown", "sheet");
  }

  async screenshot() {
    try {
      screenshots.save(await screenshots.pictureOf(this.video), screenshots.fileName(this.settings.title, clock(this.position)));
      this.say(gettext("The picture is saved."));
    } catch {
      this.say(gettext("There is no picture yet. Play the video first."));
    }
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.say(gettext("Copied."));
    } catch {
      this.say(gettext("The browser did not allow copying. Select the text and copy it yourself."));
    }
  }
}
