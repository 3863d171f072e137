// What operators announce: pages bring it, the open chat follows, and each reader may put it away for this browser.

import { gettext } from "./i18n.js";

const COOKIE = "put-away";
const MOST = 50;
const YEAR = 365 * 24 * 3600;

// A cookie and not the storage: the site leaves out what was put away, so that nothing flashes up.
export function putAway(cookies = document.cookie) {
  const found = cookies.split("; ").find((one) => one.startsWith(`${COOKIE}=`));
  return (found?.slice(COOKIE.length + 1) ?? "").split(".").filter((one) => /^\d+$/.test(one));
}

export function keepAway(number, doc = document) {
  const all = [...putAway(doc.cookie).filter((one) => one !== String(number)), String(number)].slice(-MOST);
  const secure = doc.location?.protocol === "https:" ? "; Secure" : "";
  doc.cookie = `${COOKIE}=${all.join(".")}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
}

export function showAnnouncements(all, place, doc = place?.ownerDocument) {
  if (!place || all === undefined) return;
  const away = putAway(doc.cookie);
  const wanted = all.filter(({ id, dismissible }) => !(dismissible && away.includes(String(id))));
  const key = (one) => `${one.id} ${one.dismissible} ${one.text}`;
  const shown = [...place.children].map((line) => key({ id: line.dataset.announcement, dismissible: line.dataset.dismissible === "true", text: line.querySelector("span").textContent }));
  // The same words written again would be read out again.
  if (shown.join("\n") === wanted.map(key).join("\n")) return;
  place.replaceChildren(...wanted.map((one) => line(one, doc)));
}

function line({ id, text, dismissible }, doc) {
  const row = Object.assign(doc.createElement("p"), { className: "site-notice" });
  Object.assign(row.dataset, { announcement: id, dismissible, testid: "site-news" });
  row.append(Object.assign(doc.createElement("span"), { textContent: text }));
  if (dismissible) row.append(button(doc));
  return row;
}

function button(doc) {
  const one = Object.assign(doc.createElement("button"), { type: "button", className: "button quiet small", textContent: gettext("Put away") });
  one.dataset.putAway = "";
  return one;
}

export function followClicks(place = document.getElementById("announcements")) {
  for (const one of place?.querySelectorAll("[data-put-away]") ?? []) one.hidden = false;
  place?.addEventListener("click", ({ target }) => {
    const row = target.closest?.("[data-put-away]")?.closest("[data-announcement]");
    if (!row) return;
    keepAway(row.dataset.announcement);
    row.remove();
    document.getElementById("main")?.focus();
  });
}
