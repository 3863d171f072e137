// Calls of tools on an answer, and what was read by them. The site puts both into words; this only keeps the page equal to them.

import { address, get, post } from "./api.js";
import { gettext } from "../i18n.js";
import { part } from "./parts.js";

const OPEN = ["asked", "waiting", "approved", "running"];
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const pattern = (name) => document.getElementById(name).content.firstElementChild.cloneNode(true);

/** Shows the calls and sources of a message that the site has told of; others that are there already stay. */
export function fillCalls(article, calls = [], sources = []) {
  for (const call of calls) showCall(article, call);
  for (const source of sources) showSource(article, source);
}

function container(article, name) {
  const known = part(article, name);
  if (known) return known;
  const made = pattern(`${name}-template`);
  if (name === "calls") part(article, "body").before(made);
  else part(article, "body").after(made);
  return made;
}

function showCall(article, call) {
  const list = part(container(article, "calls"), "call-list");
  let row = list.querySelector(`[data-call="${call.id}"]`);
  if (!row) {
    row = pattern("call-template");
    row.dataset.call = call.id;
    const after = [...list.children].find((other) => Number(other.dataset.number) > call.number);
    list.insertBefore(row, after ?? null);
  }
  // Pieces of news may overtake each other: an end is final.
  if (row.dataset.state && !OPEN.includes(row.dataset.state) && OPEN.includes(call.state)) return;
  const ended = row.dataset.state !== call.state;
  Object.assign(row.dataset, { number: call.number, state: call.state });
  part(row, "call-label").textContent = call.label;
  part(row, "call-said").textContent = call.said;
  part(row, "call-shown").textContent = call.shown || call.problem;
  part(row, "call-arguments").textContent = call.arguments;
  if (ended) part(row, "call-result").textContent = "";
  const approval = part(row, "approval");
  const focused = approval.contains(document.activeElement);
  approval.hidden = call.state !== "waiting";
  // Who is to approve something sees what it is.
  if (!approval.hidden && ended) row.querySelector("details").open = true;
  part(row, "call-asks").textContent = call.asks;
  part(row, "call-until").textContent = call.until ? calendar.format(new Date(call.until)) : "";
  if (focused && approval.hidden) row.querySelector("summary").focus();
}

function showSource(article, { number, title, address: href, read, excerpt }) {
  const list = part(container(article, "cited"), "cited-list");
  if (list.querySelector(`[value="${number}"]`)) return;
  const row = pattern("cited-template-row");
  row.value = number;
  const link = part(row, "cited-link");
  link.textContent = title;
  if (href) link.href = href;
  else link.removeAttribute("href");
  part(row, "cited-host").textContent = href.startsWith("http") && URL.canParse(href) ? new URL(href).host : "";
  const time = part(row, "cited-read");
  time.dateTime = read;
  time.textContent = calendar.format(new Date(read));
  if (excerpt) row.title = excerpt;
  const after = [...list.children].find((other) => other.value > number);
  list.insertBefore(row, after ?? null);
}

/** What the calls of an answer that runs are about now, in words; empty when none is open. */
export function callingWords(article) {
  const open = [...article.querySelectorAll("[data-call]")].filter((row) => OPEN.includes(row.dataset.state));
  const waits = open.find((row) => row.dataset.state === "waiting");
  const row = waits ?? open[0];
  return row ? `${part(row, "call-label").textContent}: ${part(row, "call-said").textContent}` : "";
}

/** Results when somebody opens a call, and the buttons below one that waits. */
export function callTools(list, { url, failed, announce }) {
  list.addEventListener(
    "toggle",
    (event) => {
      const row = event.target.closest?.("[data-call]");
      if (row && event.target.open) read(row).catch((error) => failed(error.message));
    },
    true,
  );
  list.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-approve]");
    const row = button?.closest("[data-call]");
    if (!row) return;
    const buttons = row.querySelectorAll("[data-approve]");
    for (const one of buttons) one.disabled = true;
    try {
      const approve = button.dataset.approve === "yes";
      const { call } = await post(address(url, row.dataset.call), { approve });
      fillCalls(row.closest("[data-message]"), [call]);
      announce(approve ? gettext("Allowed.") : gettext("Declined."));
    } catch (error) {
      failed(error.message);
    } finally {
      for (const one of buttons) one.disabled = false;
    }
  });

  async function read(row) {
    const result = part(row, "call-result");
    if (result.textContent) return;
    const { call } = await get(address(url, row.dataset.call));
    part(row, "call-arguments").textContent = call.arguments;
    if (!OPEN.includes(call.state)) result.textContent = call.result || gettext("(nothing)");
  }
}
