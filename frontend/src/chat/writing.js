// Changes to a text field that its own undo knows: what a program inserts is taken back by Ctrl+Z like what a person typed.

const LONGEST_UNDOABLE = 50_000;

/** Puts `text` in the place of what stands between `from` and `to`, and the caret behind it. */
export function replace(field, from, to, text) {
  field.focus();
  field.setSelectionRange(from, to);
  // An old command, and still the only one that browsers enter into a field's history. It takes its time over very long texts.
  const short = text.length <= LONGEST_UNDOABLE;
  const done = short && (text ? document.execCommand("insertText", false, text) : from === to || document.execCommand("delete"));
  if (done) return;
  field.setRangeText(text, from, to, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText", data: text }));
}
