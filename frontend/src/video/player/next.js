// What comes after the end: the next one of the list, unless somebody says no within a few seconds.

import { gettext, interpolate } from "../../i18n.js";
import { h } from "./dom.js";

export const SECONDS = 8;
const GOES_ON = "video-goes-on";

/** The card; `go` is called once, unless it was cancelled. Returns `{card, cancel}`. */
export function countdown(next, go, cancelled, seconds = SECONDS) {
  let left = seconds;
  const count = h("p", { class: "player-next-count", role: "timer", "aria-live": "off" });
  const show = () => {
    count.textContent = interpolate(gettext("Plays in %s s"), [left]);
  };
  const end = () => clearInterval(timer);
  const timer = setInterval(() => {
    left -= 1;
    show();
    if (left <= 0) {
      end();
      go();
    }
  }, 1000);
  const cancel = () => {
    end();
    card.remove();
    cancelled();
  };
  const now = h("button", { type: "button", class: "button", text: gettext("Play now"), onclick: () => (end(), go()) });
  const card = h("div", { class: "player-card player-next", role: "group", "aria-label": gettext("Next video"), "data-testid": "player-next" },
    h("p", { class: "player-card-title", text: next.title }), count,
    h("div", { class: "player-card-actions" }, now, h("button", { type: "button", class: "button quiet", text: gettext("Cancel"), onclick: cancel })));
  show();
  return { card, cancel };
}

/** The next page begins to play by itself: one has pressed play once. */
export function goTo(address) {
  try {
    sessionStorage.setItem(GOES_ON, "1");
  } catch {
    /* then one presses play again */
  }
  location.assign(address);
}

export function wentOn() {
  try {
    const on = sessionStorage.getItem(GOES_ON) === "1";
    sessionStorage.removeItem(GOES_ON);
    return on;
  } catch {
    return false;
  }
}
