// Keys of the chat page: one table that both binds and lists them, so that the list cannot lie. Pure.
//
// Keys of one letter count only outside of text fields, and may be switched off (WCAG 2.1.4: they can be in the way of who speaks to
// the machine). With Ctrl there is but the search: nearly everything else belongs to browsers, and Alt and Insert to screen readers.

import { gettext } from "../i18n.js";

/** `everywhere`: also while one writes. `field`: only there, told to the composer by `pressed`. */
export const SHORTCUTS = [
  { name: "help", keys: ["?"], words: () => gettext("These keys") },
  { name: "search", keys: ["Ctrl+K"], words: () => gettext("Search"), everywhere: true },
  { name: "create", keys: ["n"], words: () => gettext("New conversation") },
  { name: "write", keys: ["w"], words: () => gettext("Write a message") },
  { name: "next", keys: ["j"], words: () => gettext("Next message") },
  { name: "previous", keys: ["k"], words: () => gettext("Previous message") },
  { name: "copyAnswer", keys: ["c"], words: () => gettext("Copy the last answer") },
  { name: "copyCode", keys: ["b"], words: () => gettext("Copy the last block of code") },
  { name: "regenerate", keys: ["r"], words: () => gettext("Write the last answer again") },
  { name: "edit", keys: ["e"], words: () => gettext("Edit the last question") },
  { name: "stop", keys: ["Escape"], words: () => gettext("Stop the answer; when none runs, leave the field"), everywhere: true },
  { name: "sidebar", keys: ["s"], words: () => gettext("Show or hide the side bar") },
  { name: "settings", keys: [","], words: () => gettext("Settings of the conversation") },
  { name: "send", keys: ["Enter", "Ctrl+Enter"], words: () => gettext("Send"), field: true },
  { name: "newLine", keys: ["Shift+Enter"], words: () => gettext("New line"), field: true },
  { name: "editLast", keys: ["ArrowUp"], words: () => gettext("In the empty field: edit the last question"), field: true },
];

/** How `event` is written in the table. Ctrl and Cmd are one; Shift is told only with keys that have no character of their own. */
export function keyOf({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  if (altKey) return "";
  const name = key.length === 1 && (ctrlKey || metaKey) ? key.toUpperCase() : key;
  const shift = shiftKey && (key.length > 1 || ctrlKey || metaKey) ? "Shift+" : "";
  return `${ctrlKey || metaKey ? "Ctrl+" : ""}${shift}${name}`;
}

/** Whether `event` is the key of the shortcut `name`. */
export function pressed(name, event) {
  return SHORTCUTS.find((entry) => entry.name === name).keys.includes(keyOf(event));
}

/**
 * The shortcut that `event` means, or undefined. `writing`: the focus is in a text field; `letters`: keys of one letter are on.
 */
export function meant(event, writing, letters) {
  const key = keyOf(event);
  return SHORTCUTS.find(({ keys, everywhere, field }) => !field && keys.includes(key) && (everywhere || (!writing && letters)));
}

/** A key as people read it. */
export function label(key, mac = false) {
  const names = { Ctrl: mac ? "⌘" : gettext("Ctrl"), Shift: gettext("Shift"), Escape: gettext("Esc"), Enter: gettext("Enter"), ArrowUp: "↑" };
  return key
    .split("+")
    .map((part) => names[part] ?? part)
    .join(mac ? " " : "+");
}
