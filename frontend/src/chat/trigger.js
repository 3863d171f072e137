// What somebody is about to choose from a list: the word that begins with "/", "@" or "#" and ends at the caret. Pure.

const LONGEST = 60;

/**
 * The word before `caret`, if it begins with one of `marks` where a word may begin: `{mark, from, query}`. Looks back no further than a
 * name is long, so that it costs the same in a long text.
 */
export function triggerAt(text, caret, marks) {
  const start = Math.max(0, caret - LONGEST - 1);
  const before = text.slice(start, caret);
  const word = before.match(/(?:^|\s)(\S*)$/u);
  if (!word || !marks.includes(word[1][0])) return null;
  const from = caret - word[1].length;
  // What was cut off further back may have been the beginning of a longer word.
  if (from === start && start > 0 && !/\s/u.test(text[start - 1])) return null;
  return { mark: word[1][0], from, query: word[1].slice(1) };
}

/** Those of `items` whose title or hint holds `query`; titles that begin with it come first. Their order stays otherwise. */
export function narrowed(items, query) {
  const wanted = query.toLowerCase();
  const rank = ({ title, hint }) => {
    const name = title.toLowerCase();
    if (name.startsWith(wanted)) return 0;
    if (name.includes(wanted)) return 1;
    return (hint ?? "").toLowerCase().includes(wanted) ? 2 : 3;
  };
  return items
    .map((item) => ({ item, place: rank(item) }))
    .filter(({ place }) => place < 3)
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
