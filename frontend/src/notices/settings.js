// The page of notices: asks the browser for its permission, on a click and never before.

import { gettext } from "../i18n.js";
import { possible, remember, wanted } from "./browser.js";

const [on, off, state] = ["notify-on", "notify-off", "notify-state"].map((id) => document.getElementById(id));

function show() {
  const refused = possible() && Notification.permission === "denied";
  on.hidden = wanted() || refused || !possible();
  off.hidden = !wanted();
  if (!possible()) state.textContent = gettext("This browser shows no notices.");
  else if (refused) state.textContent = gettext("This browser was told to show no notices of this site. Its own settings can change that.");
  else state.textContent = wanted() ? gettext("This device shows notices.") : gettext("This device shows no notices.");
}

on.addEventListener("click", async () => {
  remember((await Notification.requestPermission()) === "granted");
  show();
});
off.addEventListener("click", () => {
  remember(false);
  show();
});
show();
