// Copying, for whole messages and for code blocks.

import { gettext } from "../i18n.js";

/** `text` may be a promise: some browsers allow the clipboard only inside the click itself. */
export async function copy(text) {
  if (navigator.clipboard && window.ClipboardItem && typeof text !== "string") {
    const blob = Promise.resolve(text).then((value) => new Blob([value], { type: "text/plain" }));
    try {
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      return;
    } catch {
      await blob; // what failed may be the source and not the clipboard
    }
  }
  const value = await text;
  if (navigator.clipboard) await navigator.clipboard.writeText(value);
  else copyByHand(value);
}

// Without HTTPS there is no clipboard object.
function copyByHand(value) {
  const area = Object.assign(document.createElement("textarea"), { value, className: "sr-only" });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error(gettext("This browser does not allow copying."));
}

/** Says the outcome on the button itself for two seconds. */
export async function copyFrom(button, text) {
  button.dataset.label ??= button.textContent;
  try {
    await copy(text);
    button.textContent = gettext("Copied");
  } catch (error) {
    button.textContent = gettext("Not copied");
    button.title = error.message;
  }
  clearTimeout(Number(button.dataset.timer));
  button.dataset.timer = String(setTimeout(() => (button.textContent = button.dataset.label), 2000));
}
