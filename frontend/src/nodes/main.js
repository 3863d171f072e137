// Keeps the page "Inference clients, live" as fresh as the site: asks for its changing part and puts in what differs.

import { gettext } from "../i18n.js";
import { renew } from "./renew.js";

const EVERY_MS = 2500;
const live = document.getElementById("live");
const state = document.getElementById("live-state");
let timer = 0;
let failures = 0;

function say(words) {
  if (state.textContent !== words) state.textContent = words;
}

async function look() {
  try {
    const answer = await fetch(live.dataset.url, { headers: { Accept: "text/html" }, redirect: "error" });
    if (answer.status === 403) {
      say(gettext("You may not look any more. Sign in again."));
      return false;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    renew(live, fresh.body);
    failures = 0;
    say(gettext("Live."));
  } catch {
    failures += 1;
    say(gettext("Not up to date: the site does not answer. Trying again."));
  }
  return true;
}

async function tick() {
  const again = document.hidden || (await look());
  if (again) timer = setTimeout(tick, EVERY_MS * Math.min(8, 2 ** failures));
}

if (live && state) {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    clearTimeout(timer);
    tick();
  });
  timer = setTimeout(tick, EVERY_MS);
}
