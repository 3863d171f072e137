// The page of a paste: links to lines, copying, wrapping, and the rest of long files as one scrolls.
import { copyFrom } from "../chat/copy.js";
import { dressCode } from "../chat/code.js";
import { dressMath } from "../chat/math.js";
import { asking } from "./asking.js";
import { chosenLines, rangeOf } from "./lines.js";
import { shortenInto } from "../links/shorten.js";

const paste = document.getElementById("chat");
const POLL = 2000;
const POLLS = 60;

function copying() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", () => copyFrom(button, field.value));
  }
  for (const button of paste.querySelectorAll("[data-copy-raw]")) {
    button.hidden = false;
    button.addEventListener("click", () => copyFrom(button, fetch(button.dataset.copyRaw).then((answer) => answer.text())));
  }
  for (const field of document.querySelectorAll("input[readonly]")) field.addEventListener("focus", () => field.select());
}

function wrapping() {
  for (const button of paste.querySelectorAll("[data-wrap]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const wrapped = button.closest(".sheet").querySelector(".lines").classList.toggle("wrapped");
      button.setAttribute("aria-pressed", String(wrapped));
    });
  }
}

// A number is pressed left of the text; with Shift the range goes on to there.
function lineLinks() {
  paste.addEventListener("click", (event) => {
    const line = event.target.closest(".line[id]");
    if (!line || event.clientX > line.getBoundingClientRect().left + 4.1 * parseFloat(getComputedStyle(line).fontSize)) return;
    history.replaceState(null, "", `#${rangeOf(location.hash, line.id, event.shiftKey)}`);
    mark();
  });
  addEventListener("hashchange", () => mark(true));
  mark(true);
}

async function mark(show = false) {
  for (const line of paste.querySelectorAll(".line.chosen")) line.classList.remove("chosen");
  const ids = chosenLines(location.hash);
  if (!ids.length) return;
  if (!document.getElementById(ids[0])) await loadTo(ids[0]);
  for (const id of ids) document.getElementById(id)?.classList.add("chosen");
  if (show) document.getElementById(ids[0])?.scrollIntoView({ block: "center" });
}

const following = new Map();

function longFiles() {
  for (const holder of paste.querySelectorAll("[data-pieces]")) {
    const count = Number(holder.dataset.pieces);
    const sheet = holder.closest(".sheet");
    const more = sheet.querySelector("[data-more]");
    const state = { holder, count, next: 1, more, loading: null };
    following.set(sheet, state);
    if (sheet.querySelector("[data-pending]")) colours(sheet, holder);
    if (count < 2) continue;
    new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && load(state), { rootMargin: "1500px" }).observe(more);
  }
}

function load(state) {
  state.loading ??= append(state).finally(() => (state.loading = null));
  return state.loading;
}

async function append(state) {
  if (state.next >= state.count) return;
  const found = await piece(state.holder, state.next);
  if (found.html === null) return;
  add(state.holder, found.html);
  state.next += 1;
  if (state.next >= state.count) state.more.hidden = true;
  // What was added may not have filled the page.
  else if (state.more.getBoundingClientRect().top < innerHeight + 1500) requestAnimationFrame(() => load(state));
}

async function loadTo(id) {
  const sheet = [...following.keys()].find((one) => one.dataset.file === (/^F(\d+)L/.exec(id)?.[1] ?? "1"));
  const state = following.get(sheet);
  while (state && state.next < state.count && !document.getElementById(id)) await load(state);
}

async function piece(holder, number) {
  const address = holder.dataset.piece.replace(/0\/(\?|$)/, `${number}/$1`);
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  return answer.ok ? answer.json() : { html: null, pending: false };
}

function add(holder, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  holder.append(template.content);
}

// A job highlights what is long. Only what is on the page already is put in place anew.
async function colours(sheet, holder) {
  for (let turn = 0; turn < POLLS; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, POLL));
    const found = await piece(holder, 0);
    if (found.html === null) break;
    if (found.pending) continue;
    const state = following.get(sheet);
    const pieces = await Promise.all(Array.from({ length: state.next - 1 }, (_, index) => piece(holder, index + 1)));
    holder.replaceChildren();
    for (const one of [found, ...pieces]) add(holder, one.html ?? "");
    break;
  }
  sheet.querySelector("[data-pending]").remove();
  mark();
}

asking();
copying();
wrapping();
longFiles();
lineLinks();
for (const body of paste.querySelectorAll(".prose")) {
  dressCode(body);
  dressMath(body);
}

for (const button of document.querySelectorAll("[data-shorten]")) shortenInto(button, document.getElementById(button.dataset.shorten));
