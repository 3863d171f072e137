// What a file with code in some language is called. Pure.

const WHOLE = { dockerfile: "Dockerfile", makefile: "Makefile", make: "Makefile", cmake: "CMakeLists.txt" };

const EXTENSIONS = {
  bash: "sh", shell: "sh", zsh: "sh", console: "txt", text: "txt", plaintext: "txt", plain: "txt", output: "txt",
  python: "py", python3: "py", py3: "py", ipython: "py", javascript: "js", node: "js", typescript: "ts", markdown: "md", ruby: "rb",
  rust: "rs", perl: "pl", haskell: "hs", ocaml: "ml", erlang: "erl", elixir: "ex", clojure: "clj", julia: "jl", kotlin: "kt",
  "c++": "cpp", "c#": "cs", csharp: "cs", "f#": "fs", fsharp: "fs", golang: "go", objc: "m", "objective-c": "m", matlab: "m",
  assembly: "asm", nasm: "asm", batch: "bat", powershell: "ps1", yaml: "yml", jsonc: "json", mermaid: "mmd", latex: "tex", fortran: "f90",
  pascal: "pas", delphi: "pas", "visual-basic": "vb", vbnet: "vb", protobuf: "proto", graphql: "graphql", terraform: "tf", nginx: "conf",
  apache: "conf", vimscript: "vim", "emacs-lisp": "el", elisp: "el", lisp: "lisp", "common-lisp": "lisp", scheme: "scm", racket: "rkt",
  solidity: "sol", verilog: "v", systemverilog: "sv", gdscript: "gd", postgresql: "sql", postgres: "sql", mysql: "sql", sqlite: "sql",
  plsql: "sql", scala: "scala", swift: "swift", groovy: "groovy", svelte: "svelte", django: "html", jinja: "j2", jinja2: "j2",
}; // prettier-ignore

/** `number` tells several blocks of one message apart. */
export function fileName(language, number) {
  const name = language.toLowerCase();
  if (Object.hasOwn(WHOLE, name)) return WHOLE[name];
  // Most short names are extensions already: js, css, go, toml. Anything else is text.
  const extension = Object.hasOwn(EXTENSIONS, name) ? EXTENSIONS[name] : /^[a-z][a-z0-9]{0,4}$/.test(name) ? name : "txt";
  return `code-${number}.${extension}`;
}
