// Formulas, drawn by KaTeX. Loaded only by a page that has some; until then, and where it fails, one reads the TeX.

import katex from "katex";

const LONGEST = 10_000;

/** Draws each formula in `elements`. Their TeX comes from people and models: nothing in it may link, load or grow without bound. */
export function typeset(elements) {
  for (const element of elements) {
    const tex = element.textContent;
    if (tex.length > LONGEST) continue;
    const drawn = document.createElement("span");
    try {
      katex.render(tex, drawn, {
        displayMode: element.localName === "div",
        trust: false,
        strict: "ignore",
        maxSize: 5,
        errorColor: "var(--red)",
        maxExpand: 300,
      });
    } catch (error) {
      element.title = error.message;
      continue;
    }
    element.replaceChildren(drawn);
  }
}
