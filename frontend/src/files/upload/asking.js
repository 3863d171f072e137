// Asked before the first byte: which names are taken, and what is to become of each.

import { gettext, interpolate, ngettext, number } from "../../i18n.js";

const part = (place, name) => place.querySelector(`[data-part="${name}"]`);
const AT_ONCE = 1_000;

/**
 * What the site says before an upload: `{taken, most, left, blocked}`. Null when it cannot be asked: then it decides when the files come.
 * @param {string[]} paths
 */
export async function before(url, folder, paths, { headers }, fetching = globalThis.fetch) {
  const all = { taken: [] };
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    let answer;
    try {
      const response = await fetching(url, {
        method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify({ folder, paths: paths.slice(at, at + AT_ONCE) }),
      });
      if (!response.ok) return null;
      answer = await response.json();
    } catch {
      return null;
    }
    Object.assign(all, { most: answer.most, left: answer.left, blocked: answer.blocked });
    all.taken.push(...answer.taken);
  }
  return all;
}

/**
 * Asks of each taken name: keep both, replace, skip. One answer may be for all that follow.
 * @returns {Promise<Map<string, "keep" | "replace" | "skip"> | null>} By path; null when the person wants none of it.
 */
export async function collisions(dialog, taken) {
  const answers = new Map();
  for (let at = 0; at < taken.length; at++) {
    const rest = taken.length - at - 1;
    const { verb, all } = await ask(dialog, taken[at], rest);
    if (!verb) return null;
    for (const path of all ? taken.slice(at) : [taken[at]]) answers.set(path, verb);
    if (all) break;
  }
  return answers;
}

function ask(dialog, path, rest) {
  part(dialog, "text").textContent = interpolate(gettext("“%s” is there already."), [path]);
  const all = dialog.querySelector("[name=all]");
  const line = all.closest("label");
  all.checked = false;
  line.hidden = rest === 0;
  part(dialog, "rest").textContent = interpolate(ngettext("The same for %s more that is there", "The same for %s more that are there", rest), [number(rest)]);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve({ verb: dialog.returnValue, all: all.checked }), { once: true });
  });
}
