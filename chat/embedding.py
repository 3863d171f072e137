"""Vectors by the machines that are connected, for whatever is searched by meaning."""

import logging
import time
from collections.abc import Sequence
from typing import Final

from chat import tasks
from chat.models import InferenceTask
from meatlizard.errors import AppError
from meatlizard.threads import in_database
from meatlizard.vectors import embedding, probe

log = logging.getLogger(__name__)

SECONDS: Final = 60.0
AGAIN_SECONDS: Final = 600.0
"""How long a model that is not the right one is left alone: its machine may come back with another one by that name."""


class Machines:
    """Uses a model, by whatever name its machine offers it, once its vector of a known text has shown that it is the one."""

    def __init__(self) -> None:
        self._known: dict[str, float] = {}
        """By alias: until when what was found out holds; below 0 that it is not the one."""

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Raises Unavailable, Failed."""
        for alias in await in_database(tasks.offered, InferenceTask.Kind.EMBEDDING):
            try:
                if await self._right(alias):
                    return await tasks.embed(texts, model=alias, seconds=SECONDS)
            except tasks.Unavailable:
                continue
            except AppError as problem:
                raise embedding.Failed(problem.message) from problem
        raise embedding.Unavailable

    async def _right(self, alias: str) -> bool:
        now = time.monotonic()
        known = self._known.get(alias, 0.0)
        if abs(known) <= now:
            (numbers,) = await tasks.embed([probe.TEXT], model=alias, seconds=SECONDS)
            known = now + AGAIN_SECONDS if probe.passes(numbers) else -now - AGAIN_SECONDS
            self._known[alias] = known
            if known < 0:
                log.warning("chat.other_embedding_model", extra={"model": alias})
        return known > 0
