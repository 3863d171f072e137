// Comments without leaving the page. The site answers with the whole section, which takes the place of the one that is there.

import { agreed, asked, send } from "../sending.js";

const HEADERS = { "X-Section": "comments", Accept: "text/html, application/json;q=0.9" };

export function followComments(page) {
  page.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-comment-form]");
    if (!form || !form.closest("[data-comments]")) {
      if (!agreed(event)) event.preventDefault();
      return;
    }
    event.preventDefault();
    if (!agreed(event) || form.dataset.sending) return;
    form.dataset.sending = "true";
    try {
      replace(page, parsed(await (await send(form, event.submitter, { ...HEADERS, Accept: "application/json, text/html;q=0.9" })).text()), form);
    } catch (error) {
      say(page, error.message);
    } finally {
      delete form.dataset.sending;
    }
  });
  page.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.dataset.seek && link.closest("[data-comments]")) seek(page, event, Number(link.dataset.seek));
    else if ("section" in link.dataset) follow(page, event, link, replace);
    else if ("moreComments" in link.dataset) follow(page, event, link, append);
  });
}

function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html").querySelector("[data-comments]");
}

async function follow(page, event, link, put) {
  event.preventDefault();
  try {
    put(page, parsed(await (await asked(link.href, { headers: HEADERS })).text()), link);
  } catch (error) {
    say(page, error.message);
  }
}

function replace(page, section, from) {
  const old = page.querySelector("[data-comments]");
  if (!section) return;
  const place = from.closest(".comment")?.id;
  old.replaceWith(section);
  // Who used a key to send it goes on from where they were.
  const target = (place && page.getElementById(place)) || section.querySelector("#comments-title");
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

function append(page, section, link) {
  const list = page.querySelector("[data-comment-list]");
  const more = [...section.querySelector("[data-comment-list]").children].filter((one) => !one.id || !page.getElementById(one.id));
  list.append(...more);
  const further = section.querySelector("[data-more-comments]");
  if (further) link.href = further.href;
  else link.parentElement.remove();
  if (more[0]) {
    more[0].tabIndex = -1;
    more[0].focus({ preventScroll: true });
  }
}

function seek(page, event, seconds) {
  const root = page.querySelector("[data-player]");
  if (!root?.player || event.defaultPrevented) return;
  event.preventDefault();
  root.player.seek(seconds);
  root.scrollIntoView({ block: "nearest" });
}

function say(page, words) {
  const place = page.querySelector("[data-comments-status]");
  place.textContent = words;
  place.scrollIntoView({ block: "nearest" });
}
