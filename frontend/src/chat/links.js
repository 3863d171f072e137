// The links of an answer, gathered in one place: what it names as its sources, with hosts as they really are. Pure.

const MOST = 50;

/** Of `anchors` (`{href, text}`) those that lead to other hosts, each address once. Hosts stand in ASCII: a look-alike shows. */
export function sourcesOf(anchors, ownHost) {
  const found = new Map();
  for (const { href, text } of anchors) {
    let url;
    try {
      url = new URL(href);
    } catch {
      continue;
    }
    if (!/^https?:$/.test(url.protocol) || url.host === ownHost || found.has(url.href)) continue;
    const words = text.replace(/\s+/g, " ").trim();
    found.set(url.href, { href: url.href, host: url.host, words: words === href || words === url.href ? url.pathname + url.search : words });
    if (found.size === MOST) break;
  }
  return [...found.values()];
}
