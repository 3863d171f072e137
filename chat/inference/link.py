"""What the parts of a node's session need of it."""

from collections.abc import Coroutine
from typing import Any, Protocol
from uuid import UUID

from inference_client.protocol.messages import FromSite


class Link(Protocol):
    """One connected node. ``id`` names the session, in leases; ``closed`` is set once the socket is gone."""

    id: str
    node: UUID
    closed: bool

    def send(self, message: FromSite) -> bool:
        """Seals and queues ``message``; false when it is too large for the wire."""

    async def flushed(self) -> None:
        """Returns once what is queued now has gone out, or can no more."""

    def close(self, code: str) -> None:
        """Ends the link; nothing new is given to the node from here on."""

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Runs ``work`` in a kept task. Trouble with the database closes the link: both ends go on from what is stored."""

    def freed(self) -> None:
        """A slot has become free."""

    def worked(self, model: str, well: bool) -> None:
        """How the machine did with a job of ``model``, for the choice of machines."""
