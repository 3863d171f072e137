"""What meaning found and what words found, as one list.

Reciprocal rank fusion: https://plg.uwaterloo.ca/~gvcormac/cormacksigir09-rrf.pdf
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Final, TypeVar

Key = TypeVar("Key", bound=Hashable)

STEADINESS: Final = 60
"""How little the first place is worth more than the second; the paper's value."""


def merge(by_meaning: Sequence[Key], by_words: Sequence[Key], most: int) -> list[Key]:
    """Both are the best first; what stands in both goes ahead of what stands as high in one. One list alone stays in its order."""
    worth: dict[Key, float] = defaultdict(float)
    for found in (by_meaning, by_words):
        for rank, key in enumerate(dict.fromkeys(found)):
            worth[key] += 1 / (STEADINESS + rank)
    return sorted(worth, key=lambda key: -worth[key])[:most]
