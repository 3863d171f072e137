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
    if ("section" in link.dataset) follow(page, event, link, replace);
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
  if (from.matches("[data-comment-form]")) keepMore(old, section, place);
  old.replaceWith(section);
  // Who used a key to send it goes on from where they were.
  const target = (place && page.getElementById(place)) || section.querySelector("#comments-title");
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

/** What was asked for beyond the first piece stays, and the comment that was sent or changed stands among the others, wherever it is. */
function keepMore(old, section, place) {
  const list = section.querySelector("[data-comment-list]");
  const sent = section.querySelector("[data-also] > .comment");
  const [more, further] = [[...old.querySelectorAll("[data-more]")], old.querySelector("[data-more-comments]")];
  const there = new Set([...list.children].map((one) => one.id).filter(Boolean));
  for (const one of more) {
    if (one.id === sent?.id) list.append(marked(sent));
    // Removed, if the site sends nothing.
    else if (!there.has(one.id) && (sent || one.id !== place)) list.append(one);
  }
  if (sent && !list.contains(sent)) {
    const thread = [...list.children].filter((one) => one.id === sent.dataset.thread || one.dataset.thread === sent.dataset.thread);
    if (sent.dataset.thread && thread.length) thread.at(-1).after(sent);
    else list.prepend(sent);
  }
  if (list.querySelector(".comment")) list.querySelector("[data-testid=empty]")?.remove();
  if (!more.length) return;
  const link = section.querySelector("[data-more-comments]");
  if (link && further) link.href = further.href;
  else link?.parentElement.remove();
}

function marked(one) {
  one.dataset.more = "";
  return one;
}

function append(page, section, link) {
  const list = page.querySelector("[data-comment-list]");
  const more = [...section.querySelector("[data-comment-list]").children].filter((one) => !one.id || !page.getElementById(one.id));
  list.append(...more.map(marked));
  const further = section.querySelector("[data-more-comments]");
  if (further) link.href = further.href;
  else link.parentElement.remove();
  if (more[0]) {
    more[0].tabIndex = -1;
    more[0].focus({ preventScroll: true });
  }
}

function say(page, words) {
  const place = page.querySelector("[data-comments-status]");
  place.textContent = words;
  place.scrollIntoView({ block: "nearest" });
}
