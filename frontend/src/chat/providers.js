// Where the lists of the composer's popup come from: the site, asked for a while not twice for the same, or the page itself.

import { narrowed } from "./trigger.js";

const FRESH = 30_000;
const MOST_KEPT = 50;

/** Items the page has itself: `list()` returns all of them. */
export function local(kind, list) {
  return { kind, now: (query) => narrowed(list(), query).map((item) => ({ ...item, kind })), ask: null };
}

/**
 * Items of the site at `url`, which answers `?q=` with `{"items": [{"id", "title", "hint"}]}`. `ask` may be aborted; what `now` knows
 * already it tells without asking.
 */
export function remote(kind, url, get, clock = () => performance.now()) {
  const kept = new Map();
  const known = (query) => {
    const entry = kept.get(query);
    return entry && clock() - entry.at < FRESH ? entry.items : null;
  };
  return {
    kind,
    now: known,
    async ask(query, signal) {
      const { items } = await get(`${url}?q=${encodeURIComponent(query)}`, { signal });
      const named = items.map((item) => ({ ...item, kind }));
      kept.delete(query);
      kept.set(query, { at: clock(), items: named });
      if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
      return named;
    },
  };
}
