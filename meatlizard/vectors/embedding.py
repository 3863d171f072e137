"""Texts to vectors, by whichever of the registered embedders can do it now. Nobody waits for it on the way to an answer without a deadline."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from typing import ClassVar, Final, Protocol

from django.utils.translation import gettext_lazy as _

from meatlizard import errors
from meatlizard.vectors.vector import MODEL, Vector

log = logging.getLogger(__name__)

BATCH: Final = 100
REMEMBERED: Final = 1_000
QUERY_SECONDS: Final = 5.0
READ: Final = 4_000
"""Characters of a text: more than the 256 tokens that the model reads of it."""


class Unavailable(errors.Unavailable):
    """Nobody turns texts into vectors now: words alone find things until somebody does."""

    default_code: ClassVar[str] = "no_embedding"
    default_message = _("Nothing that turns texts into vectors is available now; only words are searched.")


class Failed(Unavailable):
    """Somebody was there to do it, and could not: perhaps the texts are to blame."""


class Embedder(Protocol):
    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector of :data:`MODEL` for each of at most 100 texts. Raises Unavailable, or Failed."""


_embedders: dict[str, tuple[int, Embedder]] = {}
_queries: OrderedDict[bytes, Vector] = OrderedDict()


def register(name: str, embedder: Embedder, *, rank: int = 0) -> None:
    """To be called in an app's ``ready``. The lowest rank is asked first, the next one where that is unavailable."""
    _embedders[name] = (rank, embedder)


async def embed(texts: Sequence[str]) -> list[Vector]:
    """One vector for each text, in their order; any number of them. A long text is read as far as the model's window reaches.
    Raises Unavailable.
    """
    found: list[Vector] = []
    for at in range(0, len(texts), BATCH):
        found += await _batch([_readable(text) for text in texts[at : at + BATCH]])
    return found


def _readable(text: str) -> str:
    """What a model can be given of it; models see no difference between one space and several."""
    words = " ".join(text[: 4 * READ].split())[:READ]
    return words.encode("utf-8", "replace").decode().replace("\x00", "") or " "


async def embed_query(text: str, seconds: float = QUERY_SECONDS) -> Vector:
    """Of a question: those asked last are remembered. Raises Unavailable, also when it takes longer than ``seconds``."""
    # Of what people ask only this is kept.
    key = sha256(text.encode("utf-8", "surrogatepass")).digest()
    if key in _queries:
        _queries.move_to_end(key)
        return _queries[key]
    try:
        async with asyncio.timeout(seconds):
            (vector,) = await embed([text])
    except TimeoutError:
        raise Unavailable from None
    _queries[key] = vector
    while len(_queries) > REMEMBERED:
        _queries.popitem(last=False)
    return vector


def forget_queries() -> None:
    _queries.clear()


async def _batch(texts: list[str]) -> list[Vector]:
    failed = False
    for name, (_rank, embedder) in sorted(_embedders.items(), key=lambda item: item[1][0]):
        try:
            numbers = await embedder.embed(texts)
        except Failed as why:
            failed = True
            log.warning("vectors.failed", extra={"embedder": name, "why": why.message})
            continue
        except Unavailable:
            continue
        failed = True
        try:
            vectors = [Vector.of(MODEL, one) for one in numbers]
        except ValueError as why:
            log.error("vectors.bad_vector", extra={"embedder": name, "why": str(why)})
            continue
        if len(vectors) == len(texts):
            return vectors
        log.error("vectors.wrong_number", extra={"embedder": name, "asked": len(texts), "got": len(vectors)})
    raise Failed if failed else Unavailable
