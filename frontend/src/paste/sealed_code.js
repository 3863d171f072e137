// Code that was unsealed here, coloured by the languages of the editor. Loaded on demand; what it makes is text in spans, and nothing else.

import { StreamLanguage } from "@codemirror/language";
import { classHighlighter, highlightCode } from "@lezer/highlight";
import { languageOf, languages } from "./languages.js";

const LONGEST = 200_000;
const LONGEST_LINE = 20_000;
const BEGINNING = 2_000;

const SHELLS = { python: "python", node: "javascript", ruby: "ruby", perl: "perl", lua: "lua", bash: "bash", sh: "bash", zsh: "bash" };
const SIGNS = [
  ["xml", /^\s*<\?xml\b/],
  ["html", /^\s*<(?:!doctype html|html|head|body|div|script)\b/i],
  ["diff", /^(?:diff --git |--- .*\n\+\+\+ |@@ -\d)/m],
  ["json", /^\s*[[{]\s*(?:"|[[{\d]|[\]}]\s*$)/],
  ["docker", /^(?:(?:#|ARG ).{0,200}\n){0,20}FROM \S/],
  ["cpp", /^#include <\w+>$/m],
  ["c", /^#include ["<]\w+\.h[">]/m],
  ["rust", /\bfn \w+(?:<[^>]{0,40}>)?\([^)]{0,200}\)(?: -> [\w<>&]{1,40})? \{|\blet mut \w/],
  ["go", /^package \w+$/m],
  ["java", /\bpublic (?:static |final )*(?:class|interface|void) \w/],
  ["python", /^(?:def \w+\(.{0,200}\).{0,40}:|class \w+.{0,80}:|from [\w.]+ import |import \w+$)/m],
  ["javascript", /\b(?:const|let|var) \w+ = |\bfunction \w*\(|=> [{(]|^import .{1,200} from ["']/m],
  ["postgresql", /^\s*(?:select\b[\s\S]{1,500}?\bfrom|insert into|create table|update \w+ set)\b/im],
  ["css", /^[.#@\w][\w .,#:>@()-]{0,100}\{\s*$/m],
  ["yaml", /^[\w-]{1,40}:(?: \S.{0,200})?\n(?:[\w-]{1,40}:|  |- )/],
];

/** The names that {@link pieces} knows, in order. */
export const names = languages.toSorted();

/** What it probably is, by how it begins; empty where nothing tells. The format of PrivateBin does not say. */
export function guess(text) {
  const start = text.slice(0, BEGINNING);
  const shell = /^#!\S{0,80}?\/(?:env )?(\w+?)[\d.]*(?:\s|$)/.exec(start);
  if (shell && Object.hasOwn(SHELLS, shell[1])) return SHELLS[shell[1]];
  return SIGNS.find(([, sign]) => sign.test(start))?.[0] ?? "";
}

/** `[text, classes]` one after the other; together they are `text` to the letter. Throws RangeError for more than is worth the wait. */
export function pieces(text, name) {
  if (text.length > LONGEST || new RegExp(`[^\\n]{${LONGEST_LINE}}`).test(text)) throw new RangeError("too long to be coloured");
  const found = languageOf(name, "");
  if (!found) return [[text, ""]];
  const { parser } = found.token ? StreamLanguage.define(found) : found.language;
  const parts = [];
  highlightCode(text, parser.parse(text), classHighlighter, (part, classes) => parts.push([part, classes]), () => parts.push(["\n", ""]));
  return parts;
}

/** The same as nodes. */
export function coloured(text, name) {
  const nodes = document.createDocumentFragment();
  for (const [part, classes] of pieces(text, name)) {
    nodes.append(classes ? Object.assign(document.createElement("span"), { className: classes, textContent: part }) : part);
  }
  return nodes;
}
