// Which language the editor colours: by the format that was chosen, or by the name of the file.
import { css } from "@codemirror/lang-css";
import { html } from "@codemirror/lang-html";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { markdown } from "@codemirror/lang-markdown";
import { python } from "@codemirror/lang-python";
import { c, cpp, csharp, dart, java, kotlin, scala } from "@codemirror/legacy-modes/mode/clike";
import { diff } from "@codemirror/legacy-modes/mode/diff";
import { dockerFile } from "@codemirror/legacy-modes/mode/dockerfile";
import { go } from "@codemirror/legacy-modes/mode/go";
import { haskell } from "@codemirror/legacy-modes/mode/haskell";
import { lua } from "@codemirror/legacy-modes/mode/lua";
import { nginx } from "@codemirror/legacy-modes/mode/nginx";
import { perl } from "@codemirror/legacy-modes/mode/perl";
import { powerShell } from "@codemirror/legacy-modes/mode/powershell";
import { properties } from "@codemirror/legacy-modes/mode/properties";
import { r } from "@codemirror/legacy-modes/mode/r";
import { ruby } from "@codemirror/legacy-modes/mode/ruby";
import { rust } from "@codemirror/legacy-modes/mode/rust";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { pgSQL } from "@codemirror/legacy-modes/mode/sql";
import { swift } from "@codemirror/legacy-modes/mode/swift";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { xml } from "@codemirror/legacy-modes/mode/xml";
import { yaml } from "@codemirror/legacy-modes/mode/yaml";

const LANGUAGES = {
  python: () => python(),
  javascript: () => javascript({ jsx: true }),
  typescript: () => javascript({ jsx: true, typescript: true }),
  json: () => json(),
  markdown: () => markdown(),
  html: () => html(),
  css: () => css(),
  bash: () => shell,
  c: () => c,
  cpp: () => cpp,
  csharp: () => csharp,
  java: () => java,
  kotlin: () => kotlin,
  scala: () => scala,
  dart: () => dart,
  go: () => go,
  rust: () => rust,
  ruby: () => ruby,
  lua: () => lua,
  perl: () => perl,
  swift: () => swift,
  haskell: () => haskell,
  r: () => r,
  powershell: () => powerShell,
  docker: () => dockerFile,
  nginx: () => nginx,
  postgresql: () => pgSQL,
  xml: () => xml,
  yaml: () => yaml,
  toml: () => toml,
  ini: () => properties,
  diff: () => diff,
};

const SAME = { tsx: "typescript", scss: "css", notebook: "json", php: "html" };
const SUFFIXES = {
  py: "python", js: "javascript", mjs: "javascript", cjs: "javascript", jsx: "javascript", ts: "typescript", tsx: "typescript", json: "json",
  ipynb: "json", md: "markdown", markdown: "markdown", html: "html", htm: "html", css: "css", scss: "css", sh: "bash", bash: "bash", zsh: "bash",
  c: "c", h: "c", cpp: "cpp", cc: "cpp", hpp: "cpp", cs: "csharp", java: "java", kt: "kotlin", scala: "scala", dart: "dart", go: "go", rs: "rust",
  rb: "ruby", lua: "lua", pl: "perl", swift: "swift", hs: "haskell", r: "r", ps1: "powershell", sql: "postgresql", xml: "xml", svg: "xml",
  yaml: "yaml", yml: "yaml", toml: "toml", ini: "ini", cfg: "ini", diff: "diff", patch: "diff",
};

export const languages = Object.keys(LANGUAGES);

/** What colours it; null for plain text and what the editor does not know. */
export function languageOf(format, name) {
  const suffix = name.toLowerCase().split(".").pop();
  const key = format ? SAME[format] ?? format : name.toLowerCase() === "dockerfile" ? "docker" : SUFFIXES[suffix];
  return Object.hasOwn(LANGUAGES, key ?? "") ? LANGUAGES[key]() : null;
}
