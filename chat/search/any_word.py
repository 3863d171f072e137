"""The words by which a question is looked up where any of them counts."""

import re

MOST_WORDS = 16
SHORTEST = 2
LONGEST = 60

_WORD = re.compile(r"\w+")


def words(text: str, shortest: int = SHORTEST) -> list[str]:
    """Letters, digits and underscores alone, small, each once; the longest first: they say most of what a question is about."""
    found = dict.fromkeys(
        word.lower() for word in _WORD.findall(text[:10_000]) if shortest <= len(word) <= LONGEST and word.isprintable()
    )
    return sorted(found, key=lambda word: -len(word))[:MOST_WORDS]
