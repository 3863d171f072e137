"""Writes down that a node is there and what it offers, never faster than the database takes it, however fast the node talks."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID

from chat import nodes
from inference_client.protocol.vocabulary import ModelInfo
from meatlizard.threads import in_database

OFFER_SECONDS = 1.0


class Presence:
    """Of one node's session."""

    def __init__(
        self,
        node: UUID,
        session: str,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        changed: Callable[[], None],
    ) -> None:
        self._node, self._session, self._spawn, self._changed = node, session, spawn, changed
        self._beating = self._offering = False
        self._models: tuple[ModelInfo, ...] = ()

    def beat(self, running: Sequence[UUID]) -> None:
        """A heartbeat. One that comes while another is being written says nothing new."""
        if not self._beating:
            self._beating = True
            self._spawn(self._write_beat(running))

    async def _write_beat(self, running: Sequence[UUID]) -> None:
        try:
            await in_database(nodes.seen, self._node, self._session, running)
        finally:
            self._beating = False

    def offer(self, models: tuple[ModelInfo, ...]) -> None:
        """A changed offer. The newest counts, and is written at most once a second."""
        self._models = models
        if not self._offering:
            self._offering = True
            self._spawn(self._write_offer())

    async def _write_offer(self) -> None:
        try:
            written = None
            while written != self._models:
                written = self._models
                await in_database(nodes.offer, self._node, written)
                self._changed()
                await asyncio.sleep(OFFER_SECONDS)
        finally:
            self._offering = False
