// Mounts a player on each `<div data-player>` of the page, from the settings that stand within it as JSON.

import { firstCaptions } from "./captions.js";
import { browserStorage, Preferences } from "./preferences.js";
import { wentOn } from "./next.js";
import { Kept, startAt, Teller } from "./resume.js";
import { parseTime } from "./time.js";
import { View } from "./view.js";

export function mount(root) {
  const settings = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const options = new Set(root.dataset.options.split(" ").filter(Boolean));
  const preferences = new Preferences();
  const kept = new Kept(browserStorage());
  const asked = parseTime(root.dataset.start || new URLSearchParams(location.search).get("t"));
  const start = startAt({ asked, position: settings.position, kept: kept.get(settings.slug), duration: settings.duration });
  const view = new View(root, settings, { preferences, script: new URL(root.dataset.hls, location.href).href, start, bare: "bare" in root.dataset });
  const { player } = view;
  new Teller(player, kept);
  if (options.has("muted")) player.video.muted = true;
  if (options.has("loop")) player.setLoop(true);
  if (!settings.embedded) player.rate(preferences.get("rate"), false);
  if (preferences.get("theatre") && !settings.embedded) player.theatre(true);
  const track = firstCaptions(settings.captions, preferences.get("captions"));
  if (track) player.caption(track, { kept: false });
  const plays = Boolean(settings.master || settings.mp4);
  if (start > 0 && asked === null) view.resumed(start);
  if (settings.making || !plays) view.wait();
  if (plays) begin(view, options);
  root.player = player;
  return view;
}

/** A page of one video loads it at once. Of frames there may be many in a page: those load when somebody comes near. */
async function begin({ player, root }, options) {
  if (options.has("autoplay") || wentOn()) {
    if ((await player.play()) === null) {
      player.video.muted = true;
      await player.play();
    }
  } else if (!player.settings.embedded) player.open();
  else for (const event of ["pointerenter", "focusin"]) root.addEventListener(event, () => player.open(), { once: true });
}

for (const root of document.querySelectorAll("[data-player]")) mount(root);
