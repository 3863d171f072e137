// Whether a message says that something is to be remembered, and what: a cheap look at its first line, in the words of several languages.

const MOST = 500;

/** Each ends where the thing itself begins. */
const BEGINNINGS = [
  /^(?:please[,\s]+|(?:can|could|would|will) you (?:please )?)?(?:always )?(?:remember|keep in mind|bear in mind|note|make a note|don['’]t forget|do not forget|never forget)(?: for (?:me|later|next time|the future|all our chats))?(?:,? that\b|:)\s+(?!time\b|day\b|one\b|thing\b|song\b)/i,
  /^(?:please[,\s]+)?(?:remember|don['’]t forget|do not forget)\s+(?=(?:I|I['’]m|I['’]ve|we|we['’]re)\s|my\s|our\s)/i,
  /^(?:bitte\s+)?(?:merke?\s+dir|behalte|denk(?:e)?\s+daran|vergiss\s+nicht)(?:\s+bitte)?(?:,?\s+dass\b|:)\s+/i,
  /^(?:s['’]il te plaît[,\s]+)?(?:souviens-toi|rappelle-toi|retiens|n['’]oublie pas)(?:\s+que\s+|\s+qu['’]|\s*:\s+)/i,
  /^(?:por favor[,\s]+)?(?:recuerda|no olvides|ten en cuenta)(?:\s+que|:)\s+/i,
  /^(?:per favore[,\s]+)?(?:ricorda|ricordati|non dimenticare)(?:\s+che|:)\s+/i,
  /^(?:por favor[,\s]+)?(?:lembre-se|lembra-te|lembra|não (?:te )?esqueças|não esqueça)(?:\s+de)?(?:\s+que|:)\s+/i,
  /^(?:onthoud|vergeet niet)(?:\s+alsjeblieft)?(?:\s+dat|:)\s+/i,
  /^(?:please[,\s]+)?(?:запомни|не забудь|помни)(?:\s+пожалуйста)?(?:,?\s+что|:)\s+/i,
];

/** Written behind the thing itself. */
const ENDING = /^(.+?)[.,;!–—-]+\s*(?:please[,\s]+)?(?:remember|don['’]t forget)\s+(?:that|this|it)(?:[,\s]+please)?\s*[.!]*$/i;

/** The thing, as it was written; empty where nobody asks for that, or what is asked is a question. */
export function wish(text) {
  const line = text.trimStart().split("\n", 1)[0].trim();
  if (line.length > 2 * MOST) return "";
  const begun = BEGINNINGS.find((pattern) => pattern.test(line));
  const said = begun ? line.replace(begun, "") : (ENDING.exec(line)?.[1] ?? "");
  // Its first sentence; a stop within it (3.5, e.g.) is followed by no capital.
  const end = said.search(/[.!?…。](?=\s+\p{Lu}|\s*$)/u);
  const thing = (end < 0 ? said : said.slice(0, end)).trim();
  const asks = said.charAt(end) === "?";
  return asks || !/\p{L}/u.test(thing) || thing.length > MOST ? "" : thing;
}
