// What the curious want to know.

import { gettext, interpolate } from "../../i18n.js";
import { h } from "./dom.js";
import { clock } from "./time.js";

/** Rows of name and value. */
export function rows(player) {
  const { video, engine, settings, root } = player;
  const level = engine?.level();
  const facts = engine?.facts() ?? { bandwidth: 0, host: "", engine: "" };
  const frames = video.getVideoPlaybackQuality?.();
  const box = root.getBoundingClientRect();
  const ahead = buffered(video.buffered, video.currentTime);
  return [
    [gettext("Video"), settings.slug],
    [gettext("Size"), level ? interpolate(gettext("%(width)s × %(height)s, %(rate)s frames a second"), { width: level.width, height: level.height, rate: level.frameRate || "?" }) : "–"],
    [gettext("Shown at"), `${Math.round(box.width * devicePixelRatio)} × ${Math.round(box.height * devicePixelRatio)}`],
    [gettext("Codecs"), level?.codecs || "–"],
    [gettext("Chosen by"), engine?.automatic ? gettext("the player") : gettext("you")],
    [gettext("Bit rate"), level?.bandwidth ? bits(level.bandwidth) : "–"],
    [gettext("Bandwidth"), facts.bandwidth ? bits(facts.bandwidth) : "–"],
    [gettext("Frames dropped"), frames ? interpolate(gettext("%(dropped)s of %(all)s"), { dropped: frames.droppedVideoFrames, all: frames.totalVideoFrames }) : "–"],
    [gettext("In the buffer"), interpolate(gettext("%s s"), [ahead.toFixed(1)])],
    [gettext("Position"), `${clock(video.currentTime)} (${video.currentTime.toFixed(3)})`],
    [gettext("Volume and speed"), `${Math.round(video.volume * 100)} % · ${video.playbackRate}×`],
    [gettext("From"), facts.host || "–"],
    [gettext("Played by"), facts.engine || gettext("the browser")],
  ];
}

/** Seconds there are from `position` on. */
export function buffered(ranges, position) {
  for (let at = 0; at < ranges.length; at++) {
    if (ranges.start(at) <= position + 0.1 && position <= ranges.end(at)) return ranges.end(at) - position;
  }
  return 0;
}

export function bits(rate) {
  return rate >= 1e6 ? interpolate(gettext("%s Mbit/s"), [(rate / 1e6).toFixed(2)]) : interpolate(gettext("%s kbit/s"), [Math.round(rate / 1e3)]);
}

/** The panel; `close` is also what its button does. */
export function statsPanel(player, close) {
  const list = h("dl", {});
  const show = () => list.replaceChildren(...rows(player).flatMap(([name, value]) => [h("dt", { text: name }), h("dd", { text: value })]));
  const timer = setInterval(show, 500);
  show();
  const panel = h("section", { class: "player-stats", "aria-label": gettext("Stats for nerds"), "data-testid": "player-stats" },
    h("button", { type: "button", class: "player-close", "aria-label": gettext("Close the stats"), text: "×", onclick: close }), list);
  return { panel, end: () => (clearInterval(timer), panel.remove()) };
}
