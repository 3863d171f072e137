// The sheet of keys.

import { gettext } from "../../i18n.js";
import { h } from "./dom.js";
import { KEYS } from "./keyboard.js";

export function doings() {
  return {
    toggle: gettext("Play or pause"), back10: gettext("10 seconds back"), forward10: gettext("10 seconds on"), back5: gettext("5 seconds back"),
    forward5: gettext("5 seconds on"), tenth: gettext("To 0 % … 90 %"), begin: gettext("To the beginning"), end: gettext("To the end"),
    frameBack: gettext("One frame back"), frameForward: gettext("One frame on"), slower: gettext("Slower"), faster: gettext("Faster"),
    louder: gettext("Louder"), quieter: gettext("Quieter"), mute: gettext("Sound off or on"), captions: gettext("Captions on or off"),
    full: gettext("Full screen"), theatre: gettext("Theatre"), pip: gettext("Picture in picture"), next: gettext("Next video"),
    previous: gettext("Previous video"), search: gettext("Search"), sheet: gettext("This sheet"), escape: gettext("Leave the full screen, close what is open"),
  };
}

export function keySheet(close) {
  const does = doings();
  const rows = KEYS.map(([keys, name]) => h("tr", {}, h("td", {}, ...keys.flatMap((key, at) => [...(at ? [" "] : []), h("kbd", { text: key })])), h("td", { text: does[name] })));
  const dialog = h("dialog", { class: "player-sheet", "aria-label": gettext("Keys of the player"), "data-testid": "player-sheet" },
    h("div", { class: "player-menu-head" }, h("span", { text: gettext("Keys") }),
      h("button", { type: "button", class: "player-close", "aria-label": gettext("Close the sheet"), text: "×", onclick: () => dialog.close() })),
    h("table", {}, h("tbody", {}, ...rows)));
  dialog.addEventListener("close", close);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "?" && !event.ctrlKey && !event.altKey && !event.metaKey) dialog.close();
    event.stopPropagation();
  });
  return dialog;
}
