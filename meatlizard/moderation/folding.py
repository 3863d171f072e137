"""Text as words are compared: without case, compatibility forms and invisible characters; and the way back to where it stood."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

_ALIKE = str.maketrans(
    "авеёкмнорстухіјѕԁһԛԝүαβεηικνορτυχγωıłl0134578@$",
    "abeekmhopctyxijsdhqwyabenikvoptuxywiiioieastbas",
)
"""Letters of other scripts and digits that are read as a Latin letter. ``1``, ``l`` and ``I`` are one, as in most typefaces."""

_ODD = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
"""Characters that nobody sees."""

MOST_MARKS = 16
"""Combining marks that are folded together with their letter. Sorting a long run of them takes the square of its length."""


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` folded; its character i came of the original's ``starts[i]`` to ``ends[i]``, or of i itself without them."""

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded characters from ``start`` up to ``end`` stood."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold(text: str, lookalikes: bool = False) -> Folded:
    if text.isascii():
        small = text.lower()
        return Folded(small.translate(_ALIKE) if lookalikes else small)
    plain = not lookalikes and not _ODD.search(text) and not _many_marks().search(text)
    if plain and unicodedata.is_normalized("NFKC", text):
        small = text.casefold()
        # Folding makes no character less; so as many as before are each the one that stood there.
        if len(small) == len(text):
            return Folded(small)
    return _fold_slowly(text, lookalikes)


def _fold_slowly(text: str, lookalikes: bool) -> Folded:
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and end - at < MOST_MARKS and _clings(text[end]):
            end += 1
        for one in _folded(text[at:end], lookalikes):
            folded.append(one)
            starts.append(at)
            ends.append(end)
        at = end
    return Folded("".join(folded), starts, ends)


def _clings(character: str) -> bool:
    return bool(unicodedata.combining(character) or _ODD.match(character))


@cache
def marks() -> str:
    """All characters that belong to the letter before them."""
    return "".join(one for one in map(chr, range(0x300, 0x1F000)) if unicodedata.category(one)[0] == "M")


@cache
def _many_marks() -> re.Pattern[str]:
    return re.compile(f"[{marks()}]{{{MOST_MARKS}}}")


@lru_cache(maxsize=8_192)
def _folded(cluster: str, lookalikes: bool) -> str:
    small = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _ODD.sub("", cluster)).casefold())
    if not lookalikes:
        return small
    bare = "".join(one for one in unicodedata.normalize("NFD", small) if not unicodedata.combining(one))
    return bare.translate(_ALIKE)
