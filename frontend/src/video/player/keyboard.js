// Keys as people know them from elsewhere. What a browser or a field wants for itself is never taken.

/** `[keys, command, what it does, may be held]`; the sheet shows them in this order. */
export const KEYS = [
  [["Space", "k"], "toggle"],
  [["j"], "back10", true],
  [["l"], "forward10", true],
  [["ArrowLeft"], "back5", true],
  [["ArrowRight"], "forward5", true],
  [["0-9"], "tenth"],
  [["Home"], "begin"],
  [["End"], "end"],
  [[","], "frameBack", true],
  [["."], "frameForward", true],
  [["<"], "slower", true],
  [[">"], "faster", true],
  [["ArrowUp"], "louder", true],
  [["ArrowDown"], "quieter", true],
  [["m"], "mute"],
  [["c"], "captions"],
  [["f"], "full"],
  [["t"], "theatre"],
  [["i"], "pip"],
  [["Shift+n"], "next"],
  [["Shift+p"], "previous"],
  [["/"], "search"],
  [["?"], "sheet"],
  [["Escape"], "escape"],
];

const HELD = new Set(KEYS.filter((row) => row[2]).map((row) => row[1]));
const NAMED = {
  " ": "toggle", k: "toggle", j: "back10", l: "forward10", ArrowLeft: "back5", ArrowRight: "forward5", ArrowUp: "louder", ArrowDown: "quieter",
  Home: "begin", End: "end", ",": "frameBack", ".": "frameForward", "<": "slower", ">": "faster", m: "mute", c: "captions", f: "full", t: "theatre",
  i: "pip", "/": "search", "?": "sheet", Escape: "escape",
};
const SHIFTED = { N: "next", P: "previous", "<": "slower", ">": "faster", "?": "sheet", "/": "search" };
/** Of the page as well: taken only by a player that somebody is at. */
const SCROLLS = new Set(["louder", "quieter", "begin", "end"]);

/** What `event` asks for: `{name, value}`, or null. `near`: the focus is within the player, or nothing else is on the screen. */
export function commandFor(event, { near = true } = {}) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return null;
  if (isTyping(event.target) || pressesItself(event.target, event.key)) return null;
  // On a French keyboard digits come with Shift.
  const digit = /^[0-9]$/.test(event.key);
  const name = digit ? "tenth" : event.shiftKey ? SHIFTED[event.key] : NAMED[event.key] ?? NAMED[lower(event.key)];
  if (!name || (SCROLLS.has(name) && !near)) return null;
  if (event.repeat && !HELD.has(name)) return { name: "held", value: null };
  return { name, value: digit ? Number(event.key) : null };
}

/** Caps lock is no Shift. */
function lower(key) {
  return key.length === 1 ? key.toLowerCase() : key;
}

const PRESSED = new Set(["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"]);

export function isTyping(target) {
  if (!target?.closest) return false;
  if (target.isContentEditable || target.closest("select, textarea, [role=textbox], [role=combobox], [role=searchbox]")) return true;
  const field = target.closest("input");
  return Boolean(field) && !PRESSED.has(field.type);
}

const ARROWS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);

/** Whether the key does something to what has the focus: a space presses a button, arrows move a choice. */
function pressesItself(target, key) {
  if (!target?.closest) return false;
  if (key === " " && target.closest("button, a[href], summary, [role=button], [role^=menuitem], input")) return true;
  return ARROWS.has(key) && Boolean(target.closest("input, [role=menu], [role=listbox], [role=tablist], [role=radiogroup]"));
}
