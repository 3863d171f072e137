"""What a question means, for whoever searches by it: a vector, or None while nothing here computes any."""

import logging

from asgiref.sync import async_to_sync

from meatlizard.errors import AppError
from meatlizard.vectors import embedding
from meatlizard.vectors.vector import Vector

log = logging.getLogger(__name__)

SECONDS = 2.0
"""Whoever waits for a search is not kept longer: it finds by words then."""

LONGEST = 2_000
"""Characters of a question that are looked at: the model reads no further."""


async def of(question: str, seconds: float = SECONDS) -> Vector | None:
    if not question.strip():
        return None
    try:
        return await embedding.embed_query(question[:LONGEST], seconds)
    except AppError:
        return None


def waited_for(question: str, seconds: float = SECONDS) -> Vector | None:
    """For views, which are synchronous."""
    found: Vector | None = async_to_sync(of)(question, seconds)
    return found
