"""Cuts a text into passages. Pure: text in, offsets out.

A passage ends where the text has a border: before a heading, between paragraphs, else between lines, sentences, words, and within a word
only when there is nothing else. Fenced code and tables stay whole as far as they fit. Each passage begins a little before the last one's
end, so that what stands across a border is found as well; all of a text but blanks is in some passage.

The models that compute vectors read about 256 of their own pieces: some thousand letters, or as many signs of Chinese as there are pieces.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

SIZE = 1_000
"""Weight of a passage: a letter has one, a sign of Chinese, Japanese or Korean WIDE."""

OVERLAP = 150
WIDE = 4
SMALLEST = SIZE // 4
"""A passage lighter than this goes on behind a heading: alone it would say little."""

MAX_HEADING = 200

_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"[ ]{0,3}(#{1,6})[ \t]+(.+?)[ \t#]*$")
_PLACE = re.compile(r"\[((?:page|sheet|slide) [^\[\]\n]{1,80})\]$")
_TABLE = re.compile(r"[ ]{0,3}\||[^\t\n]*\t")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_SENTENCE = re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？｡…]+[」』”’）]*\s*|\n")
_WORD = re.compile(r"\s+|[、，；：,;]")
_BORDERS = (_SENTENCE, _WORD)


@dataclass(frozen=True, slots=True)
class Cut:
    """``text[start:end]``, under ``heading`` (with those above it, the outermost first)."""

    start: int
    end: int
    heading: str = ""


@dataclass(frozen=True, slots=True)
class _Block:
    """A stretch that is kept together if it fits. ``level``: of a heading, 1 to 6; 0 for what is none."""

    start: int
    end: int
    level: int = 0
    title: str = ""


def cut(text: str, size: int = SIZE, overlap: int = OVERLAP) -> list[Cut]:
    """The passages of ``text``, in its order. None of a text of blanks alone."""
    found: list[Cut] = []
    start = end = 0
    weight = 0
    heading, headings = "", _Headings()
    fresh = True
    for block in _blocks(text):
        begins = block.level > 0
        for piece_start, piece_end in _pieces(text, block, size):
            heavy = weigh(text, piece_start, piece_end)
            if not fresh and (weight + heavy > size or (begins and weight >= SMALLEST)):
                _close(found, text, start, end, heading)
                # Not across a heading: what is said under another one is not what this passage is about.
                start = piece_start if begins else _back(text, start, piece_start, overlap)
                weight, fresh = weigh(text, start, piece_start), True
            if begins:
                headings.enter(block.level, block.title)
                begins = False
            if fresh:
                heading, fresh = headings.path, False
            weight += heavy
            end = piece_end
    _close(found, text, start, end, heading)
    return found


def _close(found: list[Cut], text: str, start: int, end: int, heading: str) -> None:
    said = text[start:end]
    if said.strip():
        # Blanks around it belong to nobody.
        found.append(Cut(start + len(said) - len(said.lstrip()), start + len(said.rstrip()), heading))


def weigh(text: str, start: int, end: int) -> int:
    part = text[start:end]
    if part.isascii():
        return len(part)
    return len(part) + (WIDE - 1) * sum(_is_wide(letter) for letter in part)


def _is_wide(letter: str) -> bool:
    return letter >= "\u2e80" and not "\ufb00" <= letter <= "\ufe0f"


class _Headings:
    """Those that what follows stands under."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, title: str) -> None:
        self._open = [(other, said) for other, said in self._open if other < level] + [(level, title)]

    @property
    def path(self) -> str:
        return " › ".join(title for _, title in self._open)[:MAX_HEADING]


def _blocks(text: str) -> Iterator[_Block]:
    """All of ``text``, without a gap: paragraphs, headings, tables, fenced code; blank lines go with what is before them."""
    start, kind, fence = 0, "", ""
    title, level = "", 0
    for line in _LINE.finditer(text):
        # A long line is looked at no further than any of these patterns could reach.
        said = text[line.start() : min(line.end(), line.start() + 400)].rstrip("\n")
        if fence:
            shut = _FENCE.match(said)
            if shut and shut[1].startswith(fence) and not said.strip().strip(fence[0]):
                fence, kind = "", "done"
            continue
        now, now_level, now_title = _kind(said)
        if now == "blank":
            kind = kind if kind == "table" else "done"
            continue
        # Lines go on; all else begins anew.
        goes_on = kind == now and now in ("text", "table")
        if not goes_on and kind:
            yield _Block(start, line.start(), level, title)
            start, level, title = line.start(), 0, ""
        if now == "fence":
            fence = _FENCE.match(said)[1]  # type: ignore[index]
        kind, level, title = ("done" if now == "heading" else now), now_level or level, now_title or title
    if start < len(text):
        yield _Block(start, len(text), level, title)


def _kind(line: str) -> tuple[str, int, str]:
    """Of a line: what it is; of a heading its level and words."""
    if not line.strip():
        return "blank", 0, ""
    if _FENCE.match(line):
        return "fence", 0, ""
    if found := _HEADING.match(line):
        return "heading", len(found[1]), found[2].strip()
    if found := _PLACE.match(line):
        # A page or sheet, as our own readers write them: the document's coarsest division.
        return "heading", 1, found[1]
    return ("table" if _TABLE.match(line) else "text"), 0, ""


def _pieces(text: str, block: _Block, size: int) -> Iterator[tuple[int, int]]:
    """The block if it fits; else what it falls into: lines as long as they fit, then sentences, words, letters."""
    if weigh(text, block.start, block.end) <= size:
        yield block.start, block.end
        return
    at = block.start
    while at < block.end:
        most = _reach(text, at, block.end, size)
        if most < block.end:
            most = _border(text, at, most)
        yield at, most
        at = most


def _reach(text: str, start: int, end: int, room: int) -> int:
    """How far from ``start`` on ``room`` goes; one letter at least."""
    far = min(end, start + room)
    if text[start:far].isascii():
        return far
    at = start
    while at < far:
        room -= WIDE if _is_wide(text[at]) else 1
        if room < 0:
            break
        at += 1
    return max(at, start + 1)


def _border(text: str, start: int, most: int) -> int:
    """The last border between ``start`` and ``most`` that leaves more than half before it: of lines, else sentences, else words."""
    half = start + (most - start) // 2
    line = text.rfind("\n", half, most)
    if line >= 0:
        return line + 1
    for pattern in _BORDERS:
        last = 0
        for found in pattern.finditer(text, half, most):
            last = found.end()
        if last:
            return last
    return most


def _back(text: str, start: int, end: int, overlap: int) -> int:
    """Where a passage begins that follows one of ``start`` to ``end``: up to ``overlap`` before its end, at a border."""
    least = max(start + 1, end - overlap)
    while least < end and weigh(text, least, end) > overlap:
        least += (end - least + 1) // 2
    for pattern in _BORDERS:
        if (found := pattern.search(text, least, end)) and found.end() < end:
            return found.end()
    return end
