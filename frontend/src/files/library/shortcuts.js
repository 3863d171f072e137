// Keys of the library: one table that both binds and lists them. Keys of one letter may be switched off; the others are those of every list of files.

import { keyOf } from "../../chat/shortcuts.js";
import { gettext } from "../../i18n.js";

export const SHORTCUTS = [
  { name: "help", keys: ["?"], words: () => gettext("These keys") },
  { name: "find", keys: ["/"], words: () => gettext("Find files") },
  { name: "next", keys: ["ArrowDown", "j"], words: () => gettext("Next"), repeat: true },
  { name: "previous", keys: ["ArrowUp", "k"], words: () => gettext("Previous"), repeat: true },
  { name: "right", keys: ["ArrowRight"], words: () => gettext("One to the right, in the grid"), repeat: true },
  { name: "left", keys: ["ArrowLeft"], words: () => gettext("One to the left, in the grid"), repeat: true },
  { name: "extendDown", keys: ["Shift+ArrowDown"], words: () => gettext("Select the next one too"), repeat: true },
  { name: "extendUp", keys: ["Shift+ArrowUp"], words: () => gettext("Select the previous one too"), repeat: true },
  { name: "toggle", keys: [" ", "x"], words: () => gettext("Select this one, or not") },
  { name: "all", keys: ["Ctrl+A"], words: () => gettext("Select all shown") },
  { name: "none", keys: ["Escape"], words: () => gettext("Select nothing") },
  { name: "up", keys: ["Backspace", "u"], words: () => gettext("To the folder around this one") },
  { name: "create", keys: ["n"], words: () => gettext("New folder") },
  { name: "rename", keys: ["F2", "r"], words: () => gettext("Rename") },
  { name: "move", keys: ["m"], words: () => gettext("Move") },
  { name: "copy", keys: ["c"], words: () => gettext("Copy") },
  { name: "star", keys: ["s"], words: () => gettext("Star") },
  { name: "trash", keys: ["Delete"], words: () => gettext("To the trash") },
  { name: "undo", keys: ["Ctrl+Z", "z"], words: () => gettext("Undo the last move or trashing") },
  { name: "view", keys: ["v"], words: () => gettext("List or grid") },
];

/** The shortcut that `event` means, or undefined; while one writes, none. */
export function meant(event, writing, letters) {
  const key = keyOf(event);
  if (writing || (key.length === 1 && key !== " " && !letters)) return undefined;
  return SHORTCUTS.find(({ keys }) => keys.includes(key));
}
