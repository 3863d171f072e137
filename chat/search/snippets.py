"""The piece of a text that shows what was found in it.

Ours, since the databases' own take seconds over long texts: the time of FTS5's ``snippet`` grows with the square of how often a
word stands in a text, and ``ts_headline`` parses all of it. This reads up to the first find, and marks within the piece.
"""

import re
import unicodedata
from collections.abc import Iterable

from chat.search.query import Term

BEFORE, LENGTH = 60, 240
"""Code points in front of the first find, and in all."""

Part = tuple[str, bool]
"""A piece of a snippet, and whether it is what was searched for."""

_BLANKS = re.compile(r"\s+")


class _Base(dict[int, str]):
    """Letters without their accents, one code point for one."""

    def __missing__(self, code: int) -> str:
        self[code] = base = unicodedata.normalize("NFD", chr(code))[0]
        return base


_base = _Base()


def snippet(text: str, terms: Iterable[Term]) -> tuple[Part, ...]:
    """One line of ``text`` around the first of the ``terms`` in it, all of them marked; of its beginning when there is none."""
    # Of the same length: what is found in one stands at the same place in the other.
    plain = text if text.isascii() else text.translate(_base)
    wanted = re.compile("|".join(_pattern(term) for term in terms if not term.excluded), re.IGNORECASE)
    first = wanted.search(plain)
    start = max(0, first.start() - BEFORE) if first else 0
    end = min(len(text), start + LENGTH)
    parts: list[Part] = [("…", False)] if start else []
    at = start
    for found in wanted.finditer(plain, start, end) if first else ():
        parts += [(text[at : found.start()], False), (text[found.start() : found.end()], True)]
        at = found.end()
    parts += [(text[at:end], False)] + ([("…", False)] if end < len(text) else [])
    return tuple((_BLANKS.sub(" ", piece), marked) for piece, marked in parts if piece)


def _pattern(term: Term) -> str:
    """A word ends at what is neither letter nor digit, as in the indices."""
    words = (re.escape(word.translate(_base)).replace("_", r"[\W_]+") for word in term.words)
    return r"(?<![^\W_])" + r"[\W_]+".join(words) + (r"[^\W_]*" if term.beginning else r"(?![^\W_])")
