// A question before something that cannot be undone, in the page's own dialog.

import { confirmed } from "../chat/dialogs.js";

/** Whether somebody presses the button that says `yes`. */
export async function sure(words, yes) {
  const dialog = document.getElementById("confirm");
  const button = dialog.querySelector("[value=yes]");
  const before = button.textContent;
  button.textContent = yes;
  try {
    return await confirmed(dialog, words);
  } finally {
    button.textContent = before;
  }
}
