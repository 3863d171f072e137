// CodeMirror with the site's colours, in the place of a text field.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { languageOf } from "./languages.js";

const colours = HighlightStyle.define([
  { tag: [tags.comment, tags.meta], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.tagName, tags.operatorKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.regexp, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.atom], color: "var(--code-number)" },
  { tag: [tags.function(tags.variableName), tags.attributeName, tags.propertyName, tags.definition(tags.variableName)], color: "var(--code-name)" },
  { tag: [tags.className, tags.typeName, tags.namespace], color: "var(--code-type)" },
  { tag: tags.heading, color: "var(--phosphor)", fontWeight: "600" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strong, fontWeight: "600" },
  { tag: tags.link, color: "var(--code-name)", textDecoration: "underline" },
]);

const theme = EditorView.theme(
  {
    "&": { backgroundColor: "var(--code-bg)", color: "var(--text)", fontSize: "0.875rem" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", minHeight: "14rem" },
    ".cm-content": { caretColor: "var(--amber)" },
    ".cm-cursor": { borderLeftColor: "var(--amber)", borderLeftWidth: "2px" },
    "&.cm-focused": { outline: "2px solid var(--amber)" },
    ".cm-gutters": { backgroundColor: "var(--code-bg)", color: "var(--muted)", borderRight: "1px solid var(--line)" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--scan)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selection)" },
    ".cm-selectionMatch, .cm-searchMatch": { backgroundColor: "var(--selection)" },
    ".cm-searchMatch-selected": { outline: "1px solid var(--amber)" },
    ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
    ".cm-panel input, .cm-panel button": { width: "auto", minHeight: "0", font: "inherit" },
    ".cm-button": { backgroundImage: "none", backgroundColor: "var(--hover)", color: "var(--text)" },
  },
  { dark: true },
);

/** Puts an editor in the place of `area`. Tab indents; Escape and then Tab leaves the editor, as CodeMirror's users know. */
export function edit(area, nonce, label) {
  const language = new Compartment();
  const view = new EditorView({
    state: EditorState.create({
      doc: area.value,
      extensions: [
        EditorView.cspNonce.of(nonce),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off" }),
        lineNumbers(), history(), drawSelection(), highlightActiveLine(), highlightActiveLineGutter(), bracketMatching(),
        indentOnInput(), indentUnit.of("    "), highlightSelectionMatches(), search({ top: true }),
        keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
        syntaxHighlighting(colours), theme, language.of([]),
      ],
    }),
  });
  const first = area.value;
  area.hidden = true;
  area.after(view.dom);
  return {
    text: () => view.state.doc.toString(),
    changed: () => view.state.doc.toString() !== first,
    write: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    language(format, name) {
      const spoken = languageOf(format, name);
      const extension = spoken?.token ? StreamLanguage.define(spoken) : spoken ?? [];
      view.dispatch({ effects: language.reconfigure(extension) });
    },
  };
}
