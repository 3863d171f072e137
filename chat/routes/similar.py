"""The second stage: which route's examples a question is most like, by the angle between their vectors.

Each route stands as the middle of its examples. That won over the nearest single examples on questions it had not seen, and costs
one comparison a route (``bench/routing``).
"""

import logging
import math
from collections.abc import Mapping
from hashlib import sha256

from chat.routes.rules import Guess, Question
from chat.routes.table import Table
from meatlizard.vectors import embedding
from meatlizard.vectors.vector import MODEL, Vector

log = logging.getLogger(__name__)

SECONDS = 0.5
"""For the vector of one question; without it the best guess of the rules stands."""

SHARPNESS = 12.0
"""Of turning cosines into probabilities."""

RULES = 0.8
"""What rules say that are not sure of it counts so much beside the examples."""

CLEAR = 0.15
"""By so much the first route must be ahead, or a model is asked, where one is named for that."""


def middles(vectors: Mapping[str, list[Vector]]) -> dict[str, Vector]:
    """By route the direction in the middle of its examples."""
    found = {}
    for key, some in vectors.items():
        sums = [sum(numbers) for numbers in zip(*(one.floats() for one in some), strict=True)]
        found[key] = Vector.of(MODEL, sums)
    return found


def weighed(likeness: Mapping[str, float], said: Guess | None) -> list[tuple[float, str]]:
    """Routes with their share of certainty, the likeliest first: from the ``likeness`` to each, and what rules ``said``."""
    most = max(likeness.values())
    shares = {key: math.exp(SHARPNESS * (cosine - most)) for key, cosine in likeness.items()}
    whole = sum(shares.values())
    shares = {key: share / whole for key, share in shares.items()}
    if said is not None:
        shares[said.route] = shares.get(said.route, 0.0) + RULES * said.confidence
    whole = sum(shares.values())
    return sorted(((round(share / whole, 4), key) for key, share in shares.items()), reverse=True)


class Examples:
    """What a process has learned of the examples of one version of the routes."""

    def __init__(self) -> None:
        self._known: dict[bytes, Vector] = {}
        self._learned: tuple[int, dict[str, Vector]] | None = None

    def ready(self, known: Table) -> bool:
        return self._learned is not None and self._learned[0] == known.version and bool(self._learned[1])

    def forget(self) -> None:
        self._known, self._learned = {}, None

    async def learn(self, known: Table) -> None:
        """Turns the examples into vectors, those that are new. Raises Unavailable."""
        if self.ready(known):
            return
        texts = {route.key: route.examples for route in known.routes if route.examples}
        new = {_name(text): text for some in texts.values() for text in some if _name(text) not in self._known}
        for name, vector in zip(new, await embedding.embed(list(new.values())), strict=True):
            self._known[name] = vector
        vectors = {key: [self._known[_name(text)] for text in some] for key, some in texts.items()}
        self._learned = (known.version, middles(vectors))
        kept = {_name(text) for some in texts.values() for text in some}
        self._known = {name: vector for name, vector in self._known.items() if name in kept}

    async def like(self, question: Question, seconds: float = SECONDS) -> tuple[Vector, dict[str, float]]:
        """The question's vector, and its likeness to each route. Raises Unavailable, also when it takes longer."""
        if self._learned is None or not self._learned[1]:
            raise embedding.Unavailable
        vector = await embedding.embed_query(question.text, seconds)
        return vector, {key: vector.similarity(middle) for key, middle in self._learned[1].items()}


def _name(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


examples = Examples()
"""Of this process."""
