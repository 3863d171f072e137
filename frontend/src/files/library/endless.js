// The next page of a list comes when its end is near. Without this script, or when it does not come, "More" leads there.

import { getPage } from "./asking.js";

const NEAR = "600px";

/** `grown` is called when rows have come. */
export function endless(page, grown) {
  const link = page.querySelector("[data-next]");
  const list = page.querySelector("[data-entries]");
  if (!link || !window.IntersectionObserver || link.dataset.watched) return;
  link.dataset.watched = "";
  const watcher = new IntersectionObserver(
    async (seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      watcher.disconnect();
      let fresh;
      try {
        fresh = await getPage(link.href);
      } catch {
        return; // the link is there still
      }
      if (!link.isConnected) return;
      const known = new Set([...list.children].map((row) => row.dataset.item));
      // What was put in or taken out meanwhile shifts the pages.
      list.append(...[...fresh.querySelectorAll("[data-entries] > .entry")].filter((row) => !known.has(row.dataset.item)));
      const pages = page.querySelector("[data-pages]");
      const next = fresh.querySelector("[data-next]");
      if (next) pages.replaceChildren(next);
      else pages.remove();
      grown();
    },
    { rootMargin: NEAR },
  );
  watcher.observe(link);
}
