// Makes the message list equal to the one the site renders, touching only what differs.

export async function fetchArticles() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!response.ok || response.redirected) throw new Error("the conversation could not be read");
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const list = page.getElementById("messages");
  if (!list) throw new Error("the conversation could not be read");
  return [...list.children].map((article) => document.adoptNode(article));
}

/**
 * Puts `articles` into `list`. Those that run here keep their streamed text; a pending question stays at the end.
 * Returns the articles that are new or replaced.
 */
export function merge(list, articles, remove, runs) {
  const wanted = new Set(articles.map((article) => article.dataset.message));
  for (const article of [...list.children]) {
    if (!article.dataset.pending && !wanted.has(article.dataset.message)) remove(article);
  }
  const known = new Map([...list.children].map((article) => [article.dataset.message, article]));
  const fresh = [];
  let before = list.firstElementChild;
  for (const article of articles) {
    const here = known.get(article.dataset.message);
    if (here && (runs.has(article.dataset.generation) || same(here, article))) {
      if (here === before) before = here.nextElementSibling;
      else list.insertBefore(here, before);
      continue;
    }
    if (here === before) before = here?.nextElementSibling ?? before;
    if (here) remove(here);
    list.insertBefore(article, before);
    fresh.push(article);
  }
  return fresh;
}

function same(here, article) {
  return here.dataset.state === article.dataset.state && here.dataset.generation === article.dataset.generation;
}

/** Whether a request whose acknowledgement was lost is among the messages just found. */
export function arrived(frame, fresh) {
  if (frame.type !== "send") return fresh.some((article) => article.dataset.role === "assistant");
  const text = frame.text.trim();
  return fresh.some((article) => article.dataset.role === "user" && article.querySelector(".plain")?.textContent === text);
}
