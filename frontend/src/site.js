// What every page has: the menu on phones, the account menu, scan lines, and allauth's errors in words.

import { gettext } from "./i18n.js";

import { serviceWorker } from "./installed.js";
import { followClicks } from "./announcements.js";

const root = document.documentElement;

function scanlines() {
  const button = document.querySelector("[data-scanlines-toggle]");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const wanted = () => stored("scanlines") !== "off" && !calm.matches;
  const show = () => {
    root.dataset.scanlines = wanted() ? "on" : "off";
    button?.setAttribute("aria-pressed", String(wanted()));
    if (button) button.hidden = calm.matches;
  };
  button?.addEventListener("click", () => {
    store("scanlines", stored("scanlines") === "off" ? "on" : "off");
    show();
  });
  calm.addEventListener("change", show);
  show();
}

// Storage throws where a browser forbids it; a preference is not worth a broken page.
function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    /* kept for this page only */
  }
}

function phoneMenu() {
  const toggle = document.querySelector("[data-nav-toggle]");
  const nav = document.getElementById("site-nav");
  if (!toggle || !nav) return;
  const set = (open) => {
    nav.classList.toggle("open", open);
    toggle.setAttribute("aria-expanded", String(open));
  };
  toggle.addEventListener("click", () => set(!nav.classList.contains("open")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !nav.classList.contains("open")) return;
    set(false);
    toggle.focus();
  });
}

function accountMenu() {
  const menu = document.querySelector("[data-menu]");
  if (!menu) return;
  document.addEventListener("click", (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// allauth's passkey scripts report a failure only as this event and on the console.
function passkeyErrors() {
  document.addEventListener("allauth.error", (event) => {
    const main = document.getElementById("main");
    let box = document.getElementById("passkey-error");
    if (!box) {
      box = Object.assign(document.createElement("p"), { id: "passkey-error", className: "notice error" });
      box.setAttribute("role", "alert");
      main.prepend(box);
    }
    const refused = event.detail?.exception?.name === "NotAllowedError";
    box.textContent = refused
      ? gettext("The passkey was not used: the request was cancelled or took too long.")
      : gettext("The passkey could not be used in this browser.");
  });
}

followClicks();
serviceWorker();
scanlines();
phoneMenu();
accountMenu();
passkeyErrors();
