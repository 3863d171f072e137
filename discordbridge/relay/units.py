"""Lengths as Discord may count them, and where a text may be cut without breaking what looks like one character.

Discord's pages count UTF-16 units and its servers code points; the former are never fewer, so they keep both limits.
"""

import unicodedata
from typing import Final

_JOINER: Final = 0x200D
_TAGS: Final = range(0xE0020, 0xE0080)
_SKIN: Final = range(0x1F3FB, 0x1F400)
_FLAGS: Final = range(0x1F1E6, 0x1F200)
_VOWELS_AND_FINALS: Final = range(0x1160, 0x1200)
"""Of Hangul written in single letters: they belong to the consonant before them."""

LONGEST_CLUSTER: Final = 32
"""Code points that may hang together. More of them (what is called Zalgo) are cut like anything else."""


def units(text: str) -> int:
    """UTF-16 units of ``text``."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


def fit(text: str, room: int) -> int:
    """How many code points of ``text`` fit into ``room`` units, so that nothing is cut that looks like one character. At least one,
    if there is any."""
    end = len(text) if units(text) <= room else _within(text, room)
    if end >= len(text):
        return len(text)
    cut = end
    while cut > 0 and end - cut < LONGEST_CLUSTER and not _may_cut(text, cut):
        cut -= 1
    return (cut if cut > 0 and _may_cut(text, cut) else end) or 1


def _within(text: str, room: int) -> int:
    taken = 0
    for index, character in enumerate(text):
        taken += 2 if character > "\uffff" else 1
        if taken > room:
            return index
    return len(text)


def _may_cut(text: str, index: int) -> bool:
    """Whether what is before ``index`` and what is after look like two characters."""
    before, after = ord(text[index - 1]), ord(text[index])
    if after < 0x300:
        return not (before == 0x0D and after == 0x0A)
    if _JOINER in (before, after) or after in _TAGS or after in _SKIN or after in _VOWELS_AND_FINALS:
        return False
    if before in _FLAGS and after in _FLAGS:
        return _flags_before(text, index) % 2 == 0
    return not unicodedata.category(chr(after)).startswith("M")


def _flags_before(text: str, index: int) -> int:
    """How many letters of flags stand right before ``index``: two make a flag."""
    start = index
    while start > 0 and index - start < LONGEST_CLUSTER and ord(text[start - 1]) in _FLAGS:
        start -= 1
    return index - start
