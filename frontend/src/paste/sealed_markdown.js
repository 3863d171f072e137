// Markdown that was unsealed here, as nodes for the page. Whoever wrote it may mean harm, and it stands on the site's own page: raw HTML is
// text, then everything goes through a list of what may stay, and the page's policy lets no script in it run. Loaded on demand.

import DOMPurify from "dompurify";
import { Marked } from "marked";

const TAGS = [
  "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong", "table", "tbody",
  "td", "th", "thead", "tr", "ul",
];
const LONGEST = 1_000_000;

const escaped = (text) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escaped(text),
    // A picture from elsewhere would tell a foreign host who reads this and when: it becomes a link to press.
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

const purifier = DOMPurify(window);
purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.localName !== "a") return;
  node.setAttribute("rel", "noopener noreferrer nofollow ugc");
  node.setAttribute("target", "_blank");
});

/** Throws for more than is worth formatting. */
export function render(text) {
  if (text.length > LONGEST) throw new RangeError("too long to be formatted");
  return purifier.sanitize(marked.parse(text), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ["href", "title", "start"],
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}
