"""How whoever waits for tasks hears that they are over."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from uuid import UUID

from chat.bus import Control, bus
from chat.hub import CONTROL, hub

POLL_SECONDS = 1.0


class _Listener:
    """Hears that one of ``tasks`` is over. It is a hint only: whoever waits looks once a second as well."""

    def __init__(self, tasks: Sequence[UUID]) -> None:
        self.heard = asyncio.Event()
        self._tasks = {str(task) for task in tasks}

    def event(self, topic: str, frame: str) -> None:
        control = Control.model_validate_json(frame)
        if control.do == "task_ended" and control.id in self._tasks:
            self.heard.set()

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool
    ) -> None:
        """Of no interest here."""


@contextlib.contextmanager
def listening(tasks: Sequence[UUID]) -> Iterator[asyncio.Event]:
    listener = _Listener(tasks)
    # News are told on the event loop that the bus serves; elsewhere, in a job or a command, looking has to do.
    here = bus.here
    if here:
        hub.join(CONTROL, listener)
    try:
        yield listener.heard
    finally:
        if here:
            hub.leave(CONTROL, listener)


async def heard(hint: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(POLL_SECONDS):
            await hint.wait()
    hint.clear()
