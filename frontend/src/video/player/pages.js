// What stands in the menu.

import { gettext, interpolate } from "../../i18n.js";
import { cleanStyle } from "./captions.js";
import { h } from "./dom.js";
import { bits } from "./stats.js";
import { clock } from "./time.js";

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4];

/** What a quality is called: its size, with its frames, and with its codec where others have the same. */
export function qualityLabel(level, levels) {
  if (!level.size) return gettext("Sound alone");
  const same = levels.filter((other) => other.size === level.size);
  const frames = level.frameRate > 40 ? String(Math.round(level.frameRate)) : "";
  const codec = same.length > 1 ? ` ${level.codecs.split(/[.,]/)[0]}` : "";
  return `${level.size}p${frames}${codec}`;
}

export function pages(player) {
  return {
    main: () => ({ title: gettext("Settings"), rows: mainRows(player) }),
    quality: () => qualityPage(player),
    speed: () => speedPage(player),
    captions: () => captionsPage(player),
    style: () => stylePage(player),
    audio: () => ({
      title: gettext("Sound track"),
      rows: (player.engine?.tracks() ?? []).map(({ id, label, chosen }) => ({ label, checked: chosen, run: () => player.hear(id) })),
    }),
    loop: () => loopPage(player),
    chapters: () => ({
      title: gettext("Chapters"),
      rows: player.settings.chapters.map(({ start, title }, at, all) => ({
        label: title, value: clock(start, player.duration), run: () => player.seek(start),
        checked: player.position >= start && player.position < (all[at + 1]?.start ?? Infinity),
      })),
    }),
    share: () => sharePage(player),
  };
}

function mainRows(player) {
  const { engine, settings, captions, loop, preferences } = player;
  const level = engine?.level();
  const quality = level?.size ? (engine.automatic ? interpolate(gettext("Auto (%s)"), [qualityLabel(level, engine.levels())]) : qualityLabel(level, engine.levels())) : gettext("Auto");
  const rows = [
    { label: gettext("Quality"), value: quality, page: "quality" },
    { label: gettext("Speed"), value: `${player.video.playbackRate}×`, page: "speed" },
  ];
  if (settings.captions.length) rows.push({ label: gettext("Captions"), value: captions.chosen?.label ?? gettext("Off"), page: "captions" });
  const tracks = engine?.tracks() ?? [];
  if (tracks.length > 1) rows.push({ label: gettext("Sound track"), value: tracks.find((track) => track.chosen)?.label ?? "", page: "audio" });
  rows.push({ label: gettext("Loop"), value: loop.between ? gettext("A to B") : loop.whole ? gettext("On") : gettext("Off"), page: "loop" });
  if (settings.chapters.length) rows.push({ label: gettext("Chapters"), value: String(settings.chapters.length), page: "chapters" });
  if (settings.next) {
    const on = preferences.get("autonext");
    rows.push({ label: gettext("Play the next one by itself"), value: on ? gettext("On") : gettext("Off"), run: () => preferences.set("autonext", !on) });
  }
  rows.push(
    { label: gettext("Share"), page: "share" },
    { label: gettext("Save this picture"), run: () => player.screenshot() },
    { label: gettext("Stats for nerds"), run: () => player.stats() },
    { label: gettext("Keys"), value: "?", run: () => player.sheet() },
  );
  return rows;
}

function qualityPage(player) {
  const { engine } = player;
  const levels = engine?.levels() ?? [];
  const now = engine?.level();
  const auto = {
    label: now?.size && engine.automatic ? interpolate(gettext("Auto (%s)"), [qualityLabel(now, levels)]) : gettext("Auto"),
    checked: engine?.automatic ?? true, run: () => player.quality(-1),
  };
  const rows = [...levels].sort((one, other) => other.size - one.size || other.bandwidth - one.bandwidth).map((level) => ({
    label: qualityLabel(level, levels), value: bits(level.bandwidth), checked: !engine.automatic && level.id === now?.id, run: () => player.quality(level.id),
  }));
  const coming = player.coming.map((size) => ({ label: `${size}p`, value: gettext("is there now: load"), run: () => player.reload() }));
  return { title: gettext("Quality"), rows: [...coming, ...rows, auto] };
}

function speedPage(player) {
  const rate = player.video.playbackRate;
  const output = h("output", { text: `${rate}×` });
  const range = h("input", {
    type: "range", min: "0.25", max: "4", step: "0.05", value: String(rate), "aria-label": gettext("Speed"),
    oninput: (event) => {
      player.rate(Number(event.target.value), false);
      output.textContent = `${player.video.playbackRate}×`;
    },
  });
  return {
    title: gettext("Speed"), extra: h("div", { class: "player-menu-extra" }, range, output),
    rows: SPEEDS.map((speed) => ({ label: speed === 1 ? gettext("Normal") : `${speed}×`, checked: speed === rate, run: () => player.rate(speed) })),
  };
}

function captionsPage(player) {
  const { captions, settings } = player;
  const rows = [{ label: gettext("Off"), checked: !captions.chosen, run: () => player.caption(null) }];
  for (const track of settings.captions) rows.push({ label: track.label || track.language, checked: captions.chosen?.id === track.id, run: () => player.caption(track) });
  rows.push({ label: gettext("How they look"), page: "style" });
  return { title: gettext("Captions"), rows };
}

function stylePage(player) {
  const style = cleanStyle(player.preferences.get("style"));
  const choices = {
    size: [gettext("Size"), [[50, "50 %"], [75, "75 %"], [100, "100 %"], [150, "150 %"], [200, "200 %"], [300, "300 %"]]],
    colour: [gettext("Colour"), [["white", gettext("White")], ["yellow", gettext("Yellow")], ["green", gettext("Green")], ["cyan", gettext("Cyan")], ["amber", gettext("Amber")], ["black", gettext("Black")]]],
    background: [gettext("Background"), [[0, gettext("None")], [25, "25 %"], [50, "50 %"], [75, "75 %"], [100, "100 %"]]],
    edge: [gettext("Edge"), [["none", gettext("None")], ["shadow", gettext("Shadow")], ["outline", gettext("Outline")]]],
    place: [gettext("Place"), [["bottom", gettext("Bottom")], ["top", gettext("Top")]]],
    family: [gettext("Letters"), [["plain", gettext("Plain")], ["mono", gettext("Typewriter")], ["serif", gettext("With serifs")]]],
  };
  const fields = Object.entries(choices).map(([name, [label, options]]) => {
    const select = h("select", {
      "data-style": name,
      onchange: (event) => player.captionStyle({ ...cleanStyle(player.preferences.get("style")), [name]: options[event.target.selectedIndex][0] }),
    }, ...options.map(([value, text]) => h("option", { text, selected: value === style[name] })));
    return h("label", {}, h("span", { text: label }), select);
  });
  return { title: gettext("How captions look"), extra: h("div", { class: "player-menu-fields" }, ...fields), rows: [{ label: gettext("As at first"), run: () => player.captionStyle({}) }] };
}

function loopPage(player) {
  const { loop } = player;
  const step = loop.a === null ? gettext("Set A here") : loop.b === null ? gettext("Set B here") : gettext("Clear A and B");
  const value = loop.a === null ? "" : [loop.a, loop.b].filter((at) => at !== null).map((at) => clock(at)).join(" – ");
  return {
    title: gettext("Loop"),
    rows: [
      { label: gettext("Off"), checked: !loop.whole && !loop.between, run: () => player.setLoop(false) },
      { label: gettext("The whole video"), checked: loop.whole && !loop.between, run: () => player.setLoop(true) },
      { label: step, value, run: () => player.markLoop() },
    ],
  };
}

/** The address of a moment: the whole second before it. */
export function shareAddress(share, moment) {
  const url = new URL(share);
  if (moment >= 1) url.searchParams.set("t", String(Math.floor(moment)));
  return url.href;
}

function sharePage(player) {
  const { settings } = player;
  const field = h("input", { type: "text", readonly: true, "aria-label": gettext("Link"), onfocus: (event) => event.target.select() });
  const at = h("input", { type: "checkbox", checked: player.position >= 1 });
  const fill = () => {
    field.value = shareAddress(settings.share, at.checked ? player.position : 0);
  };
  at.addEventListener("change", fill);
  fill();
  const extra = h("div", { class: "player-menu-fields" },
    h("label", {}, h("span", { text: interpolate(gettext("Start at %s"), [clock(player.position)]) }), at), field);
  const rows = [{ label: gettext("Copy the link"), run: () => player.copy(field.value) }];
  if (settings.embed) {
    const code = `<iframe src="${settings.embed.replaceAll('"', "&quot;")}" width="640" height="360" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>`;
    rows.push({ label: gettext("Copy the code for a page"), run: () => player.copy(code) });
  }
  return { title: gettext("Share"), extra, rows };
}
