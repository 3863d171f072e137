// The file that an answer is in the middle of, out of the text that has come so far. Pure.

const NAME = /^[\w@.][\w@./+-]{0,80}\.[A-Za-z]\w{0,11}$/;

/** The last block of code that `text` opens and does not close: `{language, name, text}`; null when there is none. */
export function openBlock(text) {
  let fence = "";
  let info = "";
  let from = 0;
  let position = 0;
  for (const line of text.split("\n")) {
    const bare = line.trim();
    const next = position + line.length + 1;
    if (!fence) {
      const found = bare.match(/^(`{3,}|~{3,})([^`]*)$/);
      if (found) [fence, info, from] = [found[1], found[2].trim(), next];
    } else if (bare.startsWith(fence) && !bare.replaceAll(fence[0], "")) fence = "";
    position = next;
  }
  if (!fence || from > text.length) return null;
  const words = info.split(/[\s:]+/);
  return { language: NAME.test(words[0]) ? "" : words[0], name: words.find((word) => NAME.test(word)) ?? "", text: text.slice(from) };
}
