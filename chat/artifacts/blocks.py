"""Blocks of code in Markdown, with what stands before them. One pass over the lines. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

MOST = 200
"""Blocks of one text that are looked at."""


@dataclass(frozen=True, slots=True)
class Block:
    """``info`` stands behind the opening ticks, ``before`` is the last line of words in front of it. ``closed`` is false for one that
    the text ends in. ``start`` and ``end`` are its place in the text, ticks included."""

    info: str
    text: str
    before: str
    closed: bool
    start: int
    end: int


def blocks(text: str) -> Iterator[Block]:
    """Fenced ones, outermost first: what stands within a longer fence belongs to it."""
    if "```" not in text and "~~~" not in text:
        return
    position = found = begun = 0
    fence = info = before = words = ""
    indent = 0
    lines: list[str] = []
    for line in _lines(text):
        bare = line.strip(" \t\r\n")
        if not fence:
            opened = _opening(bare)
            if opened:
                fence, info = opened
                indent, begun, before, lines = len(line) - len(line.lstrip(" ")), position, words, []
            elif bare:
                words = bare[:300]
        elif bare.startswith(fence) and not bare.strip(fence[0]):
            yield Block(info, "".join(lines), before, True, begun, position + len(line))
            fence, words = "", ""
            found += 1
            if found == MOST:
                return
        else:
            lines.append(_unindented(line, indent))
        position += len(line)
    if fence:
        yield Block(info, "".join(lines), before, False, begun, position)


def _lines(text: str) -> Iterator[str]:
    """Of Markdown alone: other signs that Python ends a line at may stand within one."""
    *whole, last = text.split("\n")
    yield from (f"{line}\n" for line in whole)
    if last:
        yield last


def _opening(bare: str) -> tuple[str, str] | None:
    """The fence of a line that begins a block, and what stands behind it."""
    for sign in "`~":
        if bare.startswith(sign * 3):
            info = bare.lstrip(sign)
            # Code within a line may begin with three ticks, too.
            return None if "`" in info and sign == "`" else (sign * (len(bare) - len(info)), info.strip()[:200])
    return None


def _unindented(line: str, indent: int) -> str:
    blank = len(line) - len(line.lstrip(" "))
    return line[min(indent, blank) :]
