// Files that are on the page alone: blocks of a chat that is not stored, and the one that is being written.

import { fileName } from "../chat/code_names.js";

const LINES = 8;
const LIVE = "written";

/** Blocks of code under `messages` that are long enough to be worth it. */
export function localFiles(messages) {
  return [...messages.querySelectorAll("[data-message] pre")]
    .filter((pre) => pre.textContent.split("\n").length > LINES)
    .map((pre, at) => {
      const text = pre.textContent;
      return { id: `local-${at}`, name: fileName(pre.closest(".code")?.dataset.lang ?? "", at + 1), text: () => text, live: false };
    });
}

export function writtenFile({ language, name, text }) {
  return { id: LIVE, name: name || fileName(language, 1), text: () => text, live: true };
}
