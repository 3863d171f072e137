// Blocks of code: what language they are in, and buttons to copy, to break long lines and to keep the block as a file.

import { gettext } from "../i18n.js";
import { fileName } from "./code_names.js";
import { copyFrom } from "./copy.js";
import { dressDiagram } from "./diagrams.js";
import { canPaste, saveAsPaste } from "./pasting.js";
import { save } from "./saving.js";

/** Gives each block under `root` its tools, and makes it reachable for scrolling by keyboard. */
export function dressCode(root) {
  for (const pre of root.querySelectorAll("pre")) {
    if (pre.dataset.dressed) continue;
    pre.dataset.dressed = "1";
    pre.tabIndex = 0;
    let box = pre.closest(".code");
    if (!box) {
      box = Object.assign(document.createElement("div"), { className: "code" });
      pre.replaceWith(box);
      box.append(pre);
    }
    dressBlock(box, pre);
  }
}

function dressBlock(box, pre) {
  const language = box.dataset.lang ?? "";
  const bar = Object.assign(document.createElement("div"), { className: "code-bar" });
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", gettext("Code"));
  if (language) bar.append(Object.assign(document.createElement("span"), { className: "code-lang", textContent: language }));
  bar.append(
    tool("wrap-code", gettext("Wrap"), gettext("Break long lines"), (button) => {
      const wrapped = box.classList.toggle("wrapped");
      button.setAttribute("aria-pressed", String(wrapped));
    }),
    tool("download-code", gettext("Download"), gettext("Download code"), () => save(nameOf(pre), pre.textContent)),
    ...pasteTool(pre),
    tool("copy-code", gettext("Copy"), gettext("Copy code"), (button) => copyFrom(button, pre.textContent)),
  );
  bar.querySelector("[data-testid=wrap-code]").setAttribute("aria-pressed", "false");
  box.prepend(bar);
  if (language.toLowerCase() === "mermaid") dressDiagram(box, pre);
}

/** Its words come from the style sheet, so that the text of a message is the message's alone. */
export function tool(name, words, label, press) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "code-tool", ariaLabel: label, title: label });
  Object.assign(button.dataset, { testid: name, words });
  button.addEventListener("click", () => press(button));
  return button;
}

function pasteTool(pre) {
  if (!canPaste()) return [];
  return [tool("paste-code", gettext("Paste"), gettext("Save as a paste"), () => saveAsPaste(nameOf(pre), pre.textContent))];
}

function nameOf(pre) {
  const body = pre.closest("[data-message], .prose") ?? document;
  const number = [...body.querySelectorAll("pre")].indexOf(pre) + 1;
  return fileName(pre.closest(".code").dataset.lang ?? "", number);
}
