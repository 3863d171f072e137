// The transcript beside a player: loaded when it is opened, searched as one writes, and following what is said.

import { gettext, interpolate, ngettext, number } from "../../i18n.js";

export function matches(text, sought) {
  const lower = text.toLocaleLowerCase();
  return sought.toLocaleLowerCase().split(/\s+/).every((word) => lower.includes(word));
}

/** The last line that has begun, by its moment in seconds; -1 before the first. */
export function lineAt(moments, position) {
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (moments[middle] <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

class Transcript {
  constructor(panel) {
    this.panel = panel;
    this.lines = [];
    this.moments = [];
    this.current = null;
    for (const part of ["sought", "which", "status", "lines"]) this[`${part}Part`] = panel.querySelector(`[data-part=${part}]`);
    panel.addEventListener("toggle", () => panel.open && !this.lines.length && this.load());
    this.whichPart.addEventListener("change", () => this.load());
    this.soughtPart.addEventListener("input", () => this.seek());
    this.linesPart.addEventListener("click", (event) => this.jump(event));
  }

  get player() {
    return document.querySelector("[data-player]")?.player;
  }

  async load() {
    this.statusPart.textContent = gettext("Loading the transcript…");
    try {
      const response = await fetch(`${this.whichPart.value}?part`);
      if (!response.ok) throw new Error(String(response.status));
      // Written by the site's own template, with everything that people wrote as text.
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      this.linesPart.replaceChildren(...page.body.querySelectorAll("li"));
    } catch {
      this.statusPart.textContent = gettext("The transcript could not be loaded. Close it and open it again.");
      return;
    }
    this.lines = [...this.linesPart.children];
    this.moments = this.lines.map((line) => Number(line.firstElementChild.dataset.seek));
    this.current = null;
    this.seek();
    this.follow();
  }

  seek() {
    const sought = this.soughtPart.value.trim();
    let count = 0;
    for (const line of this.lines) {
      const found = !sought || matches(line.textContent, sought);
      line.hidden = !found;
      count += found;
    }
    this.statusPart.textContent = !sought ? "" : count ? interpolate(ngettext("%s line", "%s lines", count), [number(count)]) : gettext("Nothing like that is said.");
  }

  follow() {
    const video = this.player?.video;
    if (!video || this.followed === video) return;
    this.followed = video;
    video.addEventListener("timeupdate", () => this.mark(video.currentTime));
    this.mark(video.currentTime);
  }

  mark(position) {
    const line = this.lines[lineAt(this.moments, position)] ?? null;
    if (line === this.current) return;
    this.current?.removeAttribute("aria-current");
    this.current = line;
    line?.setAttribute("aria-current", "true");
    if (line && !line.hidden && !this.soughtPart.value && this.panel.open && !this.linesPart.matches(":hover, :focus-within")) {
      // Only the list is scrolled, never the page under somebody's eyes.
      this.linesPart.scrollTop = line.offsetTop - this.linesPart.offsetTop - this.linesPart.clientHeight / 3;
    }
  }

  jump(event) {
    const link = event.target.closest("a[data-seek]");
    const player = this.player;
    if (!link || !player || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    player.seek(Number(link.dataset.seek));
  }
}

if (globalThis.document) for (const panel of document.querySelectorAll("[data-transcript]")) new Transcript(panel);
