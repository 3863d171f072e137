// What can be said before the first byte goes out: what is too large, of a type that is not taken, or more than there is room for.

import { gettext, interpolate, ngettext, number } from "../../i18n.js";
import { size } from "./words.js";

export const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1);

/**
 * @param {{path: string, file: {size: number}}[]} items
 * @param {{most: number | null, left: number | null, blocked: string[], count: number | null}} limits Bytes of one file, bytes that there is
 *   room for, endings without their dot, files that may still come. Null: not limited.
 * @returns {{ready: object[], refused: {item: object, why: string}[]}}
 */
export function plan(items, limits) {
  const ready = [];
  const refused = [];
  let taken = 0;
  for (const item of items) {
    const why = refusal(item, limits, taken, ready.length);
    if (why) refused.push({ item, why });
    else {
      ready.push(item);
      taken += item.file.size;
    }
  }
  return { ready, refused };
}

function refusal({ path, file }, { most = null, left = null, blocked = [], count = null }, taken, before) {
  const ending = blockedEnding(nameOf(path), blocked);
  if (ending) return interpolate(gettext("Files that end in .%s are not taken here."), [ending]);
  if (most !== null && file.size > most) return interpolate(gettext("It has %(size)s. One file may have %(most)s."), { size: size(file.size), most: size(most) });
  if (left !== null && taken + file.size > left) {
    return interpolate(gettext("It has %(size)s, and there is room for %(left)s. Delete something first."), { size: size(file.size), left: size(Math.max(0, left - taken)) });
  }
  if (count !== null && before >= count) return interpolate(ngettext("Only %s more file is taken here.", "Only %s more files are taken here.", count), [number(count)]);
  return "";
}

/** Also of `setup.exe.` and `setup.EXE `, which some systems open as what they are. */
function blockedEnding(name, blocked) {
  const lower = name.toLowerCase().replace(/[. ]+$/, "");
  return blocked.find((ending) => lower.endsWith(`.${ending}`)) ?? "";
}
