// Changes to a text field that undo knows: what a program inserts is taken back by Ctrl+Z like what a person typed.

const MOST_LINES = 30;
const LONGEST = 5_000;

/** What was replaced last in a way the browser's own history does not know, by field. */
const last = new WeakMap();

/** Puts `text` in the place of what stands between `from` and `to`, and the caret behind it. */
export function replace(field, from, to, text) {
  field.focus();
  field.setSelectionRange(from, to);
  // An old command, and still the only one that browsers enter into a field's history. Chromium types every line by itself with it: 500
  // lines take a second.
  if (text.length <= LONGEST && text.split("\n", MOST_LINES + 1).length <= MOST_LINES) {
    const done = text ? document.execCommand("insertText", false, text) : from === to || document.execCommand("delete");
    if (done) return;
  }
  remember(field, { from, text, old: field.value.slice(from, to) });
  put(field, from, to, text);
}

function put(field, from, to, text) {
  field.setRangeText(text, from, to, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText", data: text }));
}

function remember(field, change) {
  if (!last.has(field)) field.addEventListener("keydown", (event) => undone(field, event));
  last.set(field, change);
}

/** Takes the last replacement back, while it is the last thing that was done. */
function undone(field, event) {
  const change = last.get(field);
  if (!change || event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  const { from, text, old } = change;
  const end = from + text.length;
  if (field.selectionStart !== end || field.value.slice(from, end) !== text) return;
  event.preventDefault();
  last.set(field, null);
  put(field, from, end, old);
}
