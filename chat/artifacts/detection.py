"""Which files an answer holds: the stage of rules. Pure, and linear in the length of what it reads.

A block of code is a file when one was asked for, when the answer names it as one, when it is a new version of one that is there, or when
it is a whole program, page or table by itself. An answer without such a block is a file when a text was asked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from chat.artifacts import kinds, naming, wishes
from chat.artifacts.blocks import Block, blocks
from chat.artifacts.kinds import Kind
from chat.artifacts.wishes import Wish

MOST: Final = 20
"""Files of one answer."""

LARGEST: Final = 1_000_000
"""Bytes of one."""

Sure = Literal["yes", "unsure"]

LONG_PROGRAM: Final = 18
"""Lines of code that are worth a file of their own, unasked."""

SHARED: Final = 0.5
"""Part of the lines of what is there that a new version has, at least."""

ANSWER_LONG: Final = 1_200
"""Characters of an answer without code that may be the text that was asked for."""

_NAMED: Final = re.compile(r"(?:title|filename|file|name|path)\s*[=:]\s*[\"']?([^\s\"'}]{1,200})", re.IGNORECASE)
_NAME: Final = re.compile(r"[\w@.][\w@./\\ +-]{0,120}\.[A-Za-z][\w]{0,11}|Dockerfile|Makefile")
_MARKED: Final = re.compile(r"[`*_\"“'(]{1,3}([\w@.][\w@./\\+ -]{0,118})[`*_\"”')]{1,3}")
_COMMENT: Final = re.compile(
    r"^\s*(?:#|//|--|;|%|/\*|<!--|\"\"\"|rem)+\s*(?:(?:file|filename|datei|fichier|archivo)\s*:?\s*)?(.{1,120}?)\s*(?:\*/|-->|\"\"\")?\s*$",
    re.IGNORECASE,
)
_HEADING: Final = re.compile(r"^#{1,3}\s+(\S.{0,120})$", re.MULTILINE)
_TITLE: Final = re.compile(r"<title>([^<]{1,100})</title>", re.IGNORECASE)
_DEFINED: Final = re.compile(
    r"^(?:export\s+(?:default\s+)?)?(?:public\s+)?(?:class|interface|struct)\s+(\w{2,40})", re.MULTILINE
)
_COMMANDS: Final = re.compile(
    r"^\s*(?:\$ |> |sudo |pip3? |npm |npx |yarn |pnpm |apt(?:-get)? |brew |git |cd |docker |python3? |node |curl |wget |cargo |go |mkdir |source |export |conda |systemctl |kubectl |ssh |chmod |java |make\b)"
)
_FAREWELL: Final = re.compile(
    r"^(?:let me know|feel free|i hope|hope th|would you like|if you(?:'d| would)? (?:like|want|need)|this (?:essay|letter|article|report|document)|sag (?:mir )?bescheid|lass(?:en)? |ich hoffe|wenn du|m[öo]chtest du|n'h[ée]site|j'esp[èe]re|si vous|si tu|h[áa]zme|espero|si quieres|fammi|spero|se vuoi|me avise|se quiser|laat )",
    re.IGNORECASE,
)
_OPENING: Final = re.compile(
    r"^(?:sure|certainly|of course|here(?:'s| is| are)|absolutely|okay|ok\b|gern|nat[üu]rlich|klar|hier (?:ist|sind|kommt)|bien s[ûu]r|voici|voil[àa]|claro|aqu[íi]|por supuesto|certo|ecco|naturalmente|aqui)\b",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """A file that the conversation has already: how it is called, what it is, and its newest text on the branch. The newest first."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A file in an answer. ``of``: the name of the one that it is a version of. ``sure``: rules alone may leave it to a model.
    ``block``: its number among the answer's blocks, 0 for the whole text."""

    name: str
    kind: str
    text: str
    of: str = ""
    sure: Sure = "yes"
    block: int = 0


def may_hold(answer: str, asked: bool) -> bool:
    """For each answer that ends, whether it is worth while to look at it at all."""
    return (asked and len(answer) >= 80) or "```" in answer or "~~~" in answer


def find(question: str, answer: str, known: Sequence[Known] = (), *, ended: bool = True) -> list[Found]:
    """``ended``: the model was done; a block that the answer breaks off in is a whole file only then."""
    wish = wishes.of(question)
    parts = [block for block in blocks(answer) if block.closed or ended]
    judged = [_judged(number, block, parts, wish, known, question) for number, block in enumerate(parts, 1)]
    found = [one for one in judged if one is not None]
    if not any(one.sure == "yes" for one in found):
        whole = _prose(wish, answer, parts, known, question)
        found = [whole] if whole is not None else found
    return _once(found, {naming.key(one.name) for one in known})[:MOST]


def _judged(
    number: int, block: Block, all_: Sequence[Block], wish: Wish, known: Sequence[Known], question: str
) -> Found | None:
    text = block.text.rstrip("\n") + "\n"
    if not text.strip() or len(text) > LARGEST:
        return None
    said = block.info.split(maxsplit=1)[0].partition(":")[0].strip("{}.") if block.info else ""
    name = _name_of(block)
    kind = kinds.of_file(name) if name else None
    output = said.lower() in kinds.OUTPUT
    kind = (
        kind or kinds.of_language(said) or kinds.of_text(text) or (wish.kind if not said and len(all_) == 1 else None)
    )
    if output and not (wish.file and len(all_) == 1):
        return None
    kind = kind or (kinds.TEXT if not said or output else None)
    if kind is None:
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    version = _version(name, kind, lines, wish, known, question, all_)
    if version is not None:
        return Found(version.name, version.kind, text, of=version.name, block=number)
    if name and any(naming.key(one.name) == naming.key(naming.safe(name, "")) for one in known):
        # A few lines of it.
        return None
    sure = _is_file(name, kind, lines, wish, block, all_)
    if sure is None:
        return None
    return Found(_called(name, kind, text, wish, all_), kind.name, text, sure=sure, block=number)


def _is_file(
    name: str, kind: Kind, lines: Sequence[str], wish: Wish, block: Block, all_: Sequence[Block]
) -> Sure | None:
    """Whether a new one. None: no."""
    count = len(lines)
    if _commands(kind, lines):
        return "yes" if wish.file and wish.kind == kind and len(all_) == 1 else None
    if (
        wish.file
        and (wish.kind is None or wish.kind.name == kind.name or len(all_) == 1)
        and _largest(block, all_, wish)
    ):
        return "yes" if count >= 1 else None
    if name and not wish.explain and count >= 3:
        return "yes"
    whole = _whole(kind, lines)
    if wish.explain:
        return "yes" if whole and count >= 2 * LONG_PROGRAM else None
    if kind.name == "diff":
        return None
    if whole and (wish.work or count >= 12):
        return "yes"
    least = 2 * LONG_PROGRAM if kind.name == "text" else LONG_PROGRAM
    if wish.work:
        least = 8 if kind.name != "text" else LONG_PROGRAM
    if count >= least:
        return "yes"
    return "unsure" if count * 2 >= least and wish.work else None


def _whole(kind: Kind, lines: Sequence[str]) -> bool:
    """Whether it stands by itself: a page, a picture, a table, a script that can be run."""
    first, last = lines[0].strip().lower(), lines[-1].strip().lower()
    if kind.name == "html":
        return first.startswith(("<!doctype", "<html")) or last == "</html>"
    if kind.name == "svg":
        return "<svg" in " ".join(lines[:3]).lower() and last.endswith("</svg>")
    if kind.name in ("csv", "tsv"):
        return len(lines) >= 4
    if kind.name == "mermaid":
        return len(lines) >= 4
    if kind.name in ("dockerfile", "makefile"):
        return len(lines) >= 4
    return first.startswith("#!")


def _commands(kind: Kind, lines: Sequence[str]) -> bool:
    """Lines to be typed in: installing something, starting it."""
    if kind.name not in ("bash", "powershell", "batch", "text") or lines[0].startswith("#!"):
        return False
    typed = sum(1 for line in lines if _COMMANDS.match(line) or line.lstrip().startswith("#"))
    return len(lines) <= 12 and typed * 2 >= len(lines)


def _largest(block: Block, all_: Sequence[Block], wish: Wish) -> bool:
    """Of several blocks in answer to the wish for one file, the file is the longest, unless each is called by a name."""
    if len(all_) == 1 or _name_of(block):
        return True
    return len(block.text) == max(len(other.text) for other in all_) and len(block.text) >= 20


# --- versions -----------------------------------------------------------------------------------------------------------


def _version(
    name: str,
    kind: Kind,
    lines: Sequence[str],
    wish: Wish,
    known: Sequence[Known],
    question: str,
    all_: Sequence[Block],
) -> Known | None:
    """The file that this is a new version of: it has its name, or most of its lines, or the question says so."""
    if name:
        named = next((one for one in known if naming.key(one.name) == naming.key(naming.safe(name, ""))), None)
        if named is not None and _enough(lines, named, wish):
            return named
        if named is None and not wish.change:
            return None
    alike = [one for one in known if one.kind == kind.name]
    if name:
        alike = []
    for one in alike:
        if _share(lines, one) >= SHARED:
            return one
    if not wish.change or wish.explain or not alike:
        return None
    asked = wishes.mentions(question, [one.name for one in alike])
    target = next((one for one in alike if one.name in asked), alike[0] if len(alike) == 1 and not wish.names else None)
    same = [block for block in all_ if block.text.count("\n") * 2 >= len(lines)]
    return target if target is not None and len(same) == 1 and _enough(lines, target, wish) else None


def _enough(lines: Sequence[str], known: Known, wish: Wish) -> bool:
    """A few lines in reply to a change are an extract, and no version."""
    before = sum(1 for line in known.text.splitlines() if line.strip())
    return 2 * len(lines) >= before or (wish.file and len(lines) >= 3)


def _share(lines: Sequence[str], known: Known) -> float:
    before = {line.strip() for line in known.text.splitlines() if len(line.strip()) > 3}
    if len(before) < 3:
        return 0.0
    return len(before & {line.strip() for line in lines}) / len(before)


# --- names --------------------------------------------------------------------------------------------------------------


def _name_of(block: Block) -> str:
    """What the answer calls the block: behind its ticks, in its first line, or in the line before it."""
    info = block.info
    if found := _NAMED.search(info):
        return found[1]
    for word in info.replace(":", " ").split()[:3]:
        if kinds.of_file(word) and _NAME.fullmatch(word):
            return word
    first = block.text[:200].partition("\n")[0]
    if comment := _COMMENT.match(first):
        said = comment[1].strip(" `'\"*-=")
        if _NAME.fullmatch(said) and kinds.of_file(said):
            return said
    before = block.before
    for found in _MARKED.finditer(before):
        if kinds.of_file(found[1].strip()) and _NAME.fullmatch(found[1].strip()):
            return found[1].strip()
    bare = before.strip("#*`_ :-1234567890.)")
    if len(bare) <= 60 and _NAME.fullmatch(bare) and kinds.of_file(bare):
        return bare
    return ""


def _called(name: str, kind: Kind, text: str, wish: Wish, all_: Sequence[Block]) -> str:
    if name:
        return naming.safe(name, kind.suffix)
    fitting = [one for one in wish.names if (found := kinds.of_file(one)) and found.name == kind.name]
    if fitting and not wish.change:
        return naming.safe(fitting[0], kind.suffix)
    if len(wish.names) == 1 and wish.file and len(all_) == 1:
        return naming.safe(wish.names[0], kind.suffix)
    if kind.name == "html" and (title := _TITLE.search(text[:5_000])):
        return naming.from_words(title[1], "html")
    if kind.name == "markdown" and (heading := _HEADING.search(text[:5_000])):
        return naming.from_words(heading[1], "md")
    if kind.name in ("java", "csharp", "kotlin", "swift") and (defined := _DEFINED.search(text[:20_000])):
        return naming.safe(f"{defined[1]}.{kind.suffix}")
    if kind.name in ("dockerfile", "makefile"):
        return kind.name.capitalize()
    stem = {
        "html": "page",
        "svg": "drawing",
        "mermaid": "diagram",
        "csv": "table",
        "tsv": "table",
        "markdown": "document",
        "text": "text",
    }
    return f"{stem.get(kind.name, 'data' if kind.view == 'json' else 'code')}.{kind.suffix}"


def _once(found: Sequence[Found], taken: set[str]) -> list[Found]:
    """Of several blocks of one file the last counts; files that only happen to be called the same get numbers."""
    kept: dict[str, Found] = {}
    for one in found:
        name = one.name
        key = naming.key(name)
        same = kept.get(key)
        if one.of or (same is not None and not same.of and _alike(one.text, same.text)):
            kept[key] = one
            continue
        number = 1
        while key in taken or key in kept:
            number += 1
            name = naming.numbered(one.name, number)
            key = naming.key(name)
        kept[key] = replace(one, name=name)
    return list(kept.values())


def _alike(one: str, other: str) -> bool:
    return _share(one.splitlines(), Known("", "", other)) >= SHARED


# --- texts --------------------------------------------------------------------------------------------------------------


def _prose(wish: Wish, answer: str, parts: Sequence[Block], known: Sequence[Known], question: str) -> Found | None:
    """The answer itself, where a text was asked for and it holds little code."""
    within = sum(len(block.text) for block in parts)
    if within * 3 > len(answer):
        return None
    kind = wish.kind if wish.kind is not None and wish.kind.prose else kinds.KINDS["markdown"]
    if wish.kind is not None and not wish.kind.prose:
        return None
    text = _body(answer)
    texts = [one for one in known if kinds.KINDS.get(one.kind, kinds.TEXT).prose]
    lines = [line for line in text.splitlines() if line.strip()]
    for one in texts:
        if not wish.explain and (
            _share(lines, one) >= SHARED or (wish.change and len(texts) == 1 and _rewritten(text, one, wish))
        ):
            return Found(one.name, one.kind, text, of=one.name)
    if not (wish.file or wish.prose) or wish.explain:
        return None
    if len(text) < (200 if wish.file else ANSWER_LONG):
        return (
            Found(_text_name(wish, kind, text), kind.name, text, sure="unsure")
            if wish.prose and len(text) > 500
            else None
        )
    return Found(_text_name(wish, kind, text), kind.name, text)


def _rewritten(text: str, known: Known, wish: Wish) -> bool:
    """A change of a text may leave no line of it as it was."""
    before = len(known.text)
    return before * 0.4 <= len(text) <= before * 2.5 and len(text) >= 400


def _text_name(wish: Wish, kind: Kind, text: str) -> str:
    if wish.names:
        return naming.safe(wish.names[0], kind.suffix)
    heading = _HEADING.search(text[:3_000])
    if heading is not None:
        return naming.from_words(heading[1], kind.suffix)
    return f"document.{kind.suffix}"


def _body(answer: str) -> str:
    """Without the words around it: what the model says before and after the text that was asked for."""
    paragraphs = answer.strip().split("\n\n")
    if len(paragraphs) > 2 and _OPENING.match(paragraphs[0]) and len(paragraphs[0]) < 300:
        paragraphs = paragraphs[1:]
    if len(paragraphs) > 2 and _FAREWELL.match(paragraphs[-1].lstrip("*_ ")) and len(paragraphs[-1]) < 400:
        paragraphs = paragraphs[:-1]
    while len(paragraphs) > 1 and paragraphs[0].strip() in ("---", "***"):
        paragraphs = paragraphs[1:]
    while len(paragraphs) > 1 and paragraphs[-1].strip() in ("---", "***"):
        paragraphs = paragraphs[:-1]
    return "\n\n".join(paragraphs).strip() + "\n"
