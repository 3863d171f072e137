"""Decisions that a process remembers: by the very text, and by meaning. No text is kept, and nothing of who asked."""

from collections import OrderedDict, deque
from hashlib import sha256
from typing import NamedTuple

from chat.routes.decisions import Stage
from chat.routes.rules import Question
from meatlizard.vectors.vector import Vector

MOST_TEXTS, MOST_MEANINGS = 1_000, 200

SAME = 0.95
"""From this cosine on two questions mean the same, as far as their route goes."""


class Kept(NamedTuple):
    """A decision of a later stage than the rules; see :class:`chat.routes.decisions.Decision`."""

    route: str
    stage: Stage
    why: str
    confidence: float


class Memory:
    """Of one version of the routes at a time."""

    def __init__(self) -> None:
        self._version = -1
        self._texts: OrderedDict[bytes, Kept] = OrderedDict()
        self._meanings: deque[tuple[Vector, Kept]] = deque(maxlen=MOST_MEANINGS)

    def exact(self, version: int, question: Question) -> Kept | None:
        self._of(version)
        key = _name(question)
        if key in self._texts:
            self._texts.move_to_end(key)
        return self._texts.get(key)

    def near(self, version: int, vector: Vector) -> Kept | None:
        """What a model decided of the nearest question, if it means the same."""
        self._of(version)
        found = [(vector.similarity(other), kept) for other, kept in self._meanings]
        best = max(found, key=lambda one: one[0], default=(0.0, None))
        return best[1] if best[0] >= SAME else None

    def keep(self, version: int, question: Question, kept: Kept, vector: Vector | None = None) -> None:
        """With ``vector`` also for questions that mean the same."""
        self._of(version)
        self._texts[_name(question)] = kept
        while len(self._texts) > MOST_TEXTS:
            self._texts.popitem(last=False)
        if vector is not None:
            self._meanings.append((vector, kept))

    def forget(self) -> None:
        self._of(-1)

    def _of(self, version: int) -> None:
        """Another version of the routes may choose otherwise."""
        if version != self._version:
            self._version, self._texts = version, OrderedDict()
            self._meanings = deque(maxlen=MOST_MEANINGS)


def _name(question: Question) -> bytes:
    return sha256(f"{bool(question.images)} {question.text}".encode("utf-8", "surrogatepass")).digest()


memory = Memory()
"""Of this process."""
