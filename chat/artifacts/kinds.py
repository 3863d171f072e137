"""What kinds of files there are: how they are called, highlighted, shown and served. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

View = Literal["code", "markdown", "frame", "diagram", "table", "json", "text"]


@dataclass(frozen=True, slots=True)
class Kind:
    """``language`` is Pygments' name for it; ``prose``: it may be an answer's own text, with no block of code around it."""

    name: str
    suffix: str
    media_type: str = "text/plain"
    view: View = "code"
    language: str = ""
    prose: bool = False


_KINDS: Final = (
    Kind("text", "txt", view="text", prose=True),
    Kind("markdown", "md", "text/markdown", "markdown", prose=True),
    Kind("html", "html", "text/html", "frame"),
    Kind("svg", "svg", "image/svg+xml", "frame", "xml"),
    Kind("mermaid", "mmd", "text/vnd.mermaid", "diagram"),
    Kind("csv", "csv", "text/csv", "table", "text"),
    Kind("tsv", "tsv", "text/tab-separated-values", "table", "text"),
    Kind("json", "json", "application/json", "json"),
    Kind("latex", "tex", "application/x-tex", prose=True),
    Kind("diff", "diff", "text/x-diff"),
    Kind("csharp", "cs"),
    Kind("dockerfile", "dockerfile", language="docker"),
    Kind("makefile", "mk", language="make"),
)  # fmt: skip

_PLAIN: Final = {
    "python": "py", "javascript": "js", "typescript": "ts", "jsx": "jsx", "tsx": "tsx", "css": "css", "scss": "scss", "xml": "xml",
    "yaml": "yaml", "toml": "toml", "ini": "ini", "sql": "sql", "bash": "sh", "powershell": "ps1", "batch": "bat", "java": "java",
    "kotlin": "kt", "c": "c", "cpp": "cpp", "go": "go", "rust": "rs", "ruby": "rb", "php": "php", "swift": "swift", "scala": "scala",
    "r": "r", "lua": "lua", "perl": "pl", "dart": "dart", "haskell": "hs", "elixir": "ex", "erlang": "erl", "clojure": "clj",
    "julia": "jl", "vue": "vue", "svelte": "svelte", "graphql": "graphql", "protobuf": "proto", "terraform": "tf", "nginx": "conf",
    "groovy": "groovy", "fortran": "f90", "matlab": "m", "vim": "vim", "asm": "asm", "zig": "zig", "nix": "nix", "solidity": "sol",
    "gdscript": "gd", "rst": "rst", "bibtex": "bib", "ics": "ics", "vcf": "vcf", "srt": "srt", "env": "env",
}  # fmt: skip

_ALIASES: Final = {
    "py": "python", "python3": "python", "py3": "python", "ipython": "python", "js": "javascript", "node": "javascript", "mjs": "javascript",
    "ts": "typescript", "md": "markdown", "gfm": "markdown", "txt": "text", "plaintext": "text", "plain": "text", "htm": "html",
    "xhtml": "html", "html5": "html", "mmd": "mermaid", "sh": "bash", "shell": "bash", "zsh": "bash", "ps": "powershell", "ps1": "powershell",
    "bat": "batch", "cmd": "batch", "yml": "yaml", "c++": "cpp", "cc": "cpp", "cxx": "cpp", "hpp": "cpp", "h": "c", "c#": "csharp",
    "cs": "csharp", "golang": "go", "rs": "rust", "rb": "ruby", "kt": "kotlin", "hs": "haskell", "jsonc": "json", "json5": "json",
    "postgresql": "sql", "postgres": "sql", "mysql": "sql", "sqlite": "sql", "plsql": "sql", "docker": "dockerfile", "make": "makefile",
    "tex": "latex", "patch": "diff", "hcl": "terraform", "tf": "terraform", "proto": "protobuf", "pl": "perl", "ex": "elixir",
    "vimscript": "vim", "conf": "ini", "cfg": "ini", "properties": "ini", "dotenv": "env", "sol": "solidity", "gd": "gdscript",
    "f90": "fortran", "jl": "julia", "clj": "clojure", "objective-c": "c", "restructuredtext": "rst", "bib": "bibtex", "sass": "scss",
}  # fmt: skip

_FILES: Final = {
    "dockerfile": "dockerfile", "makefile": "makefile", "cmakelists.txt": "text", "requirements.txt": "text", ".gitignore": "text",
    ".dockerignore": "text", ".env": "env", "license": "text", "readme": "markdown", "jenkinsfile": "groovy", "gemfile": "ruby",
}  # fmt: skip

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in _KINDS} | {
    name: Kind(name, suffix) for name, suffix in _PLAIN.items()
}
SUFFIXES: Final[dict[str, str]] = {
    **{alias: name for alias, name in _ALIASES.items() if alias.isalnum()},
    **{kind.suffix: kind.name for kind in KINDS.values()},
    "conf": "ini",
}
"""Kind by what a file's name ends with."""

OUTPUT: Final = frozenset(
    [
        "console",
        "output",
        "log",
        "logs",
        "terminal",
        "shell-session",
        "shellsession",
        "bash-session",
        "text-output",
        "stdout",
        "stderr",
        "pycon",
        "traceback",
        "pytb",
        "http",
    ]
)
"""Languages of blocks that show what a program says, and are no file."""

TEXT: Final = KINDS["text"]


def of_language(word: str) -> Kind | None:
    """What the first word behind the ticks of a block names; None for what is no kind of file."""
    word = word.strip().lower().lstrip(".")
    return KINDS.get(_ALIASES.get(word, word))


def of_file(name: str) -> Kind | None:
    """By the name of a file; None where it says nothing."""
    lowered = name.lower()
    if lowered in _FILES:
        return KINDS[_FILES[lowered]]
    stem, dot, suffix = lowered.rpartition(".")
    return KINDS.get(SUFFIXES.get(suffix, "")) if dot and (stem or suffix in _FILES) else None


def of_text(text: str) -> Kind | None:
    """By how a text begins, where nobody has said what it is."""
    begins = text[:400].lstrip().lower()
    if begins.startswith(("<!doctype html", "<html")):
        return KINDS["html"]
    if begins.startswith("<svg") or (begins.startswith("<?xml") and "<svg" in begins):
        return KINDS["svg"]
    if begins.startswith("#!"):
        first = begins.partition("\n")[0]
        return KINDS["python" if "python" in first else "javascript" if "node" in first else "bash"]
    return None


def media_type(kind: str) -> str:
    return KINDS.get(kind, TEXT).media_type
