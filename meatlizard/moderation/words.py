"""Lists of words and phrases, found as whole words in time that does not grow with the list."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise

from django.utils.translation import gettext as _

from meatlizard.errors import Invalid
from meatlizard.moderation.folding import Folded, fold, marks

MAX_WORDS = 20_000
MAX_LENGTH = 100
MAX_GAP = 3
"""Signs and blanks that may stand between two words of a phrase."""

_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
"""Scripts that put no blanks between words: there a word is found wherever it stands."""

Span = tuple[int, int]


@cache
def _word() -> re.Pattern[str]:
    return re.compile(rf"[^\W_](?:[^\W_]|[{marks()}])*")


class WordList:
    """Raises Invalid with the line that is at fault."""

    def __init__(self, lines: str, lookalikes: bool = False) -> None:
        self.lookalikes = lookalikes
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        unspaced: set[str] = set()
        for number, line in enumerate(lines.splitlines(), 1):
            if not (entry := line.strip()):
                continue
            if number > MAX_WORDS or len(entry) > MAX_LENGTH:
                raise Invalid(
                    _("A list has at most %(words)s lines of %(length)s characters; see line %(line)s.")
                    % {"words": MAX_WORDS, "length": MAX_LENGTH, "line": number},
                    code="words_too_many",
                )
            folded = fold(entry, lookalikes).text
            words = tuple(match.group() for match in _word().finditer(folded))
            if not words or not _only_words(folded, words):
                raise Invalid(
                    _("Line %(line)s: a word consists of letters and digits. For other signs use a regular expression.")
                    % {"line": number},
                    code="words_bad",
                )
            if _UNSPACED.search(folded):
                unspaced.add(folded)
            else:
                self._phrases.setdefault(words[0], []).append(words)
        if not self._phrases and not unspaced:
            raise Invalid(_("Write at least one word."), code="words_empty")
        # The longest first: where one word begins another the longer is what was meant.
        longest = sorted(unspaced, key=lambda word: (-len(word), word))
        self._unspaced = re.compile("|".join(map(re.escape, longest))) if longest else None

    def find(self, folded: Folded) -> Iterator[Span]:
        """Where they stand in the original."""
        if self._phrases:
            yield from self._whole(folded)
        if self._unspaced is not None:
            for match in self._unspaced.finditer(folded.text):
                yield folded.span(*match.span())

    def _whole(self, folded: Folded) -> Iterator[Span]:
        found = list(_word().finditer(folded.text))
        for at, first in enumerate(found):
            for words in self._phrases.get(first.group(), ()):
                last = found[at + len(words) - 1] if at + len(words) <= len(found) else None
                if last is not None and _follow(found[at : at + len(words)], words):
                    yield folded.span(first.start(), last.end())


def _follow(found: Sequence[re.Match[str]], words: Iterable[str]) -> bool:
    if any(match.group() != word for match, word in zip(found, words, strict=True)):
        return False
    return all(after.start() - before.end() <= MAX_GAP for before, after in pairwise(found))


def _only_words(folded: str, words: Sequence[str]) -> bool:
    """Whether nothing stands beside the words but blanks, apostrophes and hyphens."""
    rest = _word().sub("", folded)
    return bool(words) and not re.sub(r"[\s'’\-]", "", rest)
