"""What files are: by their names, by how they begin, or as somebody says. Languages go by the names Pygments has for them."""

import functools
import json
import re
from typing import Final

PLAIN, MARKDOWN, CSV, TSV, NOTEBOOK, DIFF, JSON = "text", "markdown", "csv", "tsv", "notebook", "diff", "json"

SPECIAL: Final = {PLAIN, MARKDOWN, CSV, TSV, NOTEBOOK, DIFF, JSON}
"""Shown in their own way, beside the languages."""

LOOKED_AT: Final = 4_000
"""Characters from which a format is guessed."""

SUFFIXES: Final[dict[str, str]] = {
    "txt": PLAIN, "text": PLAIN, "log": PLAIN, "md": MARKDOWN, "markdown": MARKDOWN, "mkd": MARKDOWN, "csv": CSV, "tsv": TSV,
    "ipynb": NOTEBOOK, "diff": DIFF, "patch": DIFF, "json": JSON, "geojson": JSON, "webmanifest": JSON,
    "py": "python", "pyi": "python", "pyw": "python", "js": "javascript", "mjs": "javascript", "cjs": "javascript",
    "jsx": "jsx", "ts": "typescript", "tsx": "tsx", "html": "html", "htm": "html", "xhtml": "html", "css": "css",
    "scss": "scss", "sass": "sass", "less": "less", "xml": "xml", "svg": "xml", "yaml": "yaml", "yml": "yaml",
    "toml": "toml", "ini": "ini", "cfg": "ini", "conf": "ini", "properties": "properties", "env": "bash", "sh": "bash",
    "bash": "bash", "zsh": "bash", "fish": "fish", "ps1": "powershell", "bat": "batch", "cmd": "batch", "c": "c", "h": "c",
    "cc": "cpp", "cpp": "cpp", "cxx": "cpp", "hpp": "cpp", "hh": "cpp", "m": "objective-c", "mm": "objective-c++",
    "cs": "csharp", "java": "java", "kt": "kotlin", "kts": "kotlin", "scala": "scala", "groovy": "groovy", "swift": "swift",
    "go": "go", "rs": "rust", "rb": "ruby", "php": "php", "pl": "perl", "pm": "perl", "lua": "lua", "r": "r", "jl": "julia",
    "dart": "dart", "ex": "elixir", "exs": "elixir", "erl": "erlang", "hrl": "erlang", "hs": "haskell", "ml": "ocaml",
    "mli": "ocaml", "fs": "fsharp", "clj": "clojure", "lisp": "common-lisp", "el": "emacs-lisp", "scm": "scheme",
    "sql": "postgresql", "vim": "vim", "tex": "latex", "sty": "latex", "bib": "bibtex", "rst": "restructuredtext",
    "asm": "nasm", "s": "gas", "zig": "zig", "nim": "nim", "d": "d", "pas": "delphi", "f90": "fortran", "cob": "cobol",
    "vb": "vbnet", "proto": "protobuf", "graphql": "graphql", "gql": "graphql", "tf": "terraform", "hcl": "hcl",
    "nix": "nix", "vue": "vue", "svelte": "html", "sol": "solidity", "ps": "postscript", "awk": "awk", "sed": "sed",
    "cmake": "cmake", "mk": "make", "nginx": "nginx", "dockerfile": "docker", "mermaid": PLAIN, "http": "http",
}  # fmt: skip

NAMES: Final[dict[str, str]] = {
    "dockerfile": "docker", "containerfile": "docker", "makefile": "make", "gnumakefile": "make", "cmakelists.txt": "cmake",
    "gemfile": "ruby", "rakefile": "ruby", "vagrantfile": "ruby", "pipfile": "toml", "cargo.lock": "toml",
    "poetry.lock": "toml", "package-lock.json": JSON, ".bashrc": "bash", ".zshrc": "bash", ".profile": "bash",
    ".env": "bash", ".gitconfig": "ini", ".editorconfig": "ini", "nginx.conf": "nginx", "readme": MARKDOWN,
}  # fmt: skip

OFFERED: Final[dict[str, str]] = {
    PLAIN: "Plain text", MARKDOWN: "Markdown", CSV: "CSV", TSV: "TSV", DIFF: "Diff", JSON: "JSON", NOTEBOOK: "Jupyter notebook",
    "bash": "Bash", "batch": "Batch", "c": "C", "csharp": "C#", "cpp": "C++", "css": "CSS", "dart": "Dart", "docker": "Dockerfile",
    "elixir": "Elixir", "go": "Go", "graphql": "GraphQL", "haskell": "Haskell", "html": "HTML", "ini": "INI", "java": "Java",
    "javascript": "JavaScript", "kotlin": "Kotlin", "latex": "LaTeX", "lua": "Lua", "make": "Makefile", "nginx": "nginx",
    "nix": "Nix", "ocaml": "OCaml", "perl": "Perl", "php": "PHP", "postgresql": "SQL", "powershell": "PowerShell",
    "python": "Python", "pycon": "Python session", "pytb": "Python traceback", "r": "R", "restructuredtext": "reStructuredText",
    "ruby": "Ruby", "rust": "Rust", "scala": "Scala", "scss": "SCSS", "swift": "Swift", "terraform": "Terraform", "toml": "TOML",
    "tsx": "TSX", "typescript": "TypeScript", "vim": "Vim script", "xml": "XML", "yaml": "YAML", "zig": "Zig",
}  # fmt: skip
"""What the page offers; any other language that Pygments knows may be named in requests."""

_SHEBANG = re.compile(
    r"#!\s*\S*?/?(?:env\s+(?:-\S+\s+)*)?(?:\S*/)?(python|bash|sh|zsh|node|ruby|perl|php|lua|fish|awk|Rscript)"
)
_SHELLS = {"sh": "bash", "zsh": "bash", "node": "javascript", "Rscript": "r"}
_BEGINNINGS: Final[list[tuple[re.Pattern[str], str]]] = [
    (re.compile(r"(?:diff --git |--- \S.*\n\+\+\+ \S|Index: \S.*\n=)"), DIFF),
    (re.compile(r"Traceback \(most recent call last\):"), "pytb"),
    (re.compile(r">>> "), "pycon"),
    (re.compile(r"<\?php\b"), "php"),
    (re.compile(r"<\?xml\b"), "xml"),
    (re.compile(r"<!doctype html|<html\b", re.IGNORECASE), "html"),
    (re.compile(r"#include\s*[<\"]"), "c"),
    (re.compile(r"package \w+\n+(?:import|func|//)"), "go"),
    (re.compile(r"(?:from \w[\w.]* import |import \w[\w.]*\n|def \w+\(|class \w+[(:])"), "python"),
    (re.compile(r"(?:use \w+(?:::\w+)+;|(?:pub )?fn \w+\()"), "rust"),
    (re.compile(r"(?:SELECT|INSERT INTO|CREATE TABLE|UPDATE) ", re.IGNORECASE), "postgresql"),
    (re.compile(r"(?:const|let|var) \w+ = |import .* from ['\"]|function \w+\("), "javascript"),
    (re.compile(r"# \S.*\n\n|(?:.*\n)*?```"), MARKDOWN),
]


def guess(name: str, text: str) -> str:
    """Looks at the name, then at the first characters. Never an error: what is not recognized is plain text."""
    lowered = name.lower()
    found = NAMES.get(lowered) or SUFFIXES.get(lowered.rpartition(".")[2] if "." in lowered else "")
    if found:
        return found
    beginning = text[:LOOKED_AT].lstrip()
    # Its time grows with the square of what it looks at.
    if shebang := _SHEBANG.match(beginning[:200]):
        return _SHELLS.get(shebang[1], shebang[1])
    if beginning[:1] in ("{", "[") and _is_json(text):
        return NOTEBOOK if '"nbformat"' in text and beginning[:1] == "{" else JSON
    for pattern, format in _BEGINNINGS:
        if pattern.match(beginning):
            return format
    return PLAIN


def _is_json(text: str) -> bool:
    if len(text) > 200_000:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


@functools.lru_cache(maxsize=512)
def is_known(format: str) -> bool:
    """Whether it is shown in a way of its own, or Pygments knows it."""
    if format in OFFERED or format in SPECIAL or format in SUFFIXES.values():
        return True
    from pygments.lexers import find_lexer_class_by_name
    from pygments.util import ClassNotFound

    try:
        find_lexer_class_by_name(format)
    except ClassNotFound:
        return False
    return len(format) <= 40
