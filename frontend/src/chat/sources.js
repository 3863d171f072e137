// Below an answer with links: the list of them, folded up.

import { interpolate, ngettext, number } from "../i18n.js";
import { sourcesOf } from "./links.js";

/** Adds the list to what `body` renders, or renews it. */
export function dressSources(body) {
  body.parentElement.querySelector(":scope > .sources")?.remove();
  const anchors = [...body.querySelectorAll("a[href]:not(.unread, .citation)")].map(({ href, textContent }) => ({ href, text: textContent }));
  const sources = sourcesOf(anchors, location.host);
  if (!sources.length) return;
  const list = document.createElement("ol");
  for (const { href, host, words } of sources) {
    const link = Object.assign(document.createElement("a"), { href, rel: "noopener noreferrer nofollow ugc", textContent: host });
    const row = document.createElement("li");
    row.append(link);
    if (words && words !== "/") row.append(Object.assign(document.createElement("span"), { className: "muted", textContent: ` ${words}` }));
    list.append(row);
  }
  const box = Object.assign(document.createElement("details"), { className: "sources" });
  box.dataset.testid = "sources";
  const words = interpolate(ngettext("%s source", "%s sources", sources.length), [number(sources.length)]);
  box.append(Object.assign(document.createElement("summary"), { textContent: words }), list);
  body.after(box);
}
