"""An answer as it grows, for whoever shows it on Discord: heard of as a page hears of it, through the hub of this process.

What the hub says is a hint and may be lost; the database is asked when text is missing, and every few seconds besides. A reader that
begins anew, after a restart, gets the stored text first and goes on from there.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from pydantic import TypeAdapter

from chat import following
from chat.events import FinishedOut, NodeAway, PromptProgress, Queued, Stopping, ToBrowser
from chat.hub import EVERYBODY, conversation_topic, hub
from chat.inference.dispatch import dispatcher
from chat.inference.stream import Stream
from chat.moderating.outgoing import visible
from chat.tools.events import ToolCalled, ToolCallOut
from meatlizard.threads import in_database

LOOK_SECONDS = 5.0
"""How often the database is asked while nothing is heard."""

STORED_SECONDS = 0.3
"""Within which text that was published is stored: what the database lacked a moment ago it has then."""

Doing = Literal["queued", "reading", "thinking", "writing"]

_event: TypeAdapter[ToBrowser] = TypeAdapter(ToBrowser)


@dataclass(frozen=True, slots=True)
class Progress:
    """An answer under way. ``text``: all of the answer so far, Markdown, what was thought left out; ``thought`` code points of that came
    before it. ``read``: of so many tokens of the prompt so many. ``away``: its machine is not connected just now. While it waits,
    ``position`` is its place in the queue (from 1), ``estimate`` in seconds, and ``offline`` says that no machine offers the model.
    ``calls`` of tools are open.
    """

    generation: UUID
    message: UUID
    doing: Doing
    text: str = field(default="", repr=False)
    thought: int = 0
    read: tuple[int, int] | None = None
    position: int | None = None
    estimate: float | None = None
    offline: bool = False
    away: bool = False
    stopping: bool = False
    calls: tuple[ToolCallOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """An answer that is over. ``text``: its Markdown; ``event``: why it ended, and how the message is shown now."""

    generation: UUID
    message: UUID
    text: str = field(repr=False)
    event: FinishedOut = field(repr=False)


async def answer(conversation: UUID, generation: UUID) -> AsyncGenerator[Progress | Finished, None]:
    """How the answer stands now and whenever that has changed, the newest alone for a slow reader; :class:`Finished` is the last.
    Ends without it when the conversation is deleted.
    """
    listener = _Listener(generation)
    # Joined before reading: what is written between the two comes as news, and overlaps are harmless. Somebody has to listen to
    # what everybody hears, or nobody counts the queue.
    topics = (conversation_topic(conversation), EVERYBODY)
    for topic in topics:
        hub.join(topic, listener)
    try:
        while True:
            if listener.ask:
                listener.ask = False
                state = await in_database(_standing, generation)
                if state is None:
                    return
                if isinstance(state, following.Ended):
                    yield Finished(generation, state.event.message.id, state.text, state.event)
                    return
                listener.catch_up(state, dispatcher.live(generation))
            if (news := listener.news()) is not None:
                yield news
            await listener.wait()
            if listener.behind:
                await asyncio.sleep(STORED_SECONDS)
    finally:
        for topic in topics:
            hub.leave(topic, listener)


def _standing(generation: UUID) -> following.Running | following.Ended | None:
    if not following.exists(generation):
        return None
    return following.standing(generation)


class _Listener:
    """What one reader has heard of one answer. ``ask``: the database has to be asked; ``behind``: it may not have all of it just yet."""

    def __init__(self, generation: UUID) -> None:
        self.ask = True
        self.behind = False
        self._seconds = STORED_SECONDS
        self._generation = generation
        self._text = ""
        self._thinking = 0
        self._progress: Progress | None = None
        self._told: Progress | None = None
        self._changed = asyncio.Event()

    async def wait(self) -> None:
        """Until something has changed, or it is time to ask."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(self._seconds, LOOK_SECONDS)):
                await self._changed.wait()
        # Text that was published before anybody listened here may not have been stored when it was read: looked at once more soon.
        self._seconds = LOOK_SECONDS
        self.ask = self.ask or not self._changed.is_set()
        self._changed.clear()

    def news(self) -> Progress | None:
        """How it stands, unless that was told already."""
        if self._progress is None:
            return None
        now = replace(self._progress, text=self._text[self._thinking :], thought=self._thinking)
        if self._text:
            now = replace(now, doing="writing" if now.text else "thinking", position=None, read=None)
        if now == self._told:
            return None
        self._told = now
        return now

    def catch_up(self, state: following.Running, live: Stream | None) -> None:
        """What is stored, or lies in this process's memory already, as far as it may be seen; never less than was heard."""
        self.behind = False
        text, thinking = state.text, state.thinking
        if live is not None and live.length > len(text):
            text, thinking = live.text, live.thinking
        text, thinking = visible(text, thinking)
        if len(text) > len(self._text):
            self._text, self._thinking = text, thinking
        known = self._progress
        self._progress = Progress(
            self._generation, state.message, "queued" if state.queued else "reading",
            away=state.away, calls=state.calls, read=known.read if known else None, stopping=known.stopping if known else False,
        )  # fmt: skip
        if state.queued is not None:
            self._place(state.queued)

    # what the hub says ----------------------------------------------------------------------------------------------

    def event(self, topic: str, frame: str) -> None:
        if topic == EVERYBODY or str(self._generation) not in frame:
            if '"conversation.deleted"' in frame:
                self._look()
            return
        event = _event.validate_json(frame)
        if isinstance(event, FinishedOut) and event.generation == self._generation:
            self._look()
        elif self._progress is None:
            return
        elif isinstance(event, Queued):
            self._place(event)
        elif isinstance(event, PromptProgress):
            self._progress = replace(self._progress, doing="reading", position=None, read=(event.done, event.total))
        elif isinstance(event, NodeAway):
            self._progress = replace(self._progress, away=event.away)
        elif isinstance(event, ToolCalled):
            self._look()
        elif isinstance(event, Stopping):
            self._progress = replace(self._progress, stopping=True)
        self._changed.set()

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool
    ) -> None:
        if generation != self._generation or self._progress is None:
            return
        length = len(self._text)
        if offset > length:
            self.behind = True
            self._look()
        elif offset + len(text) > length:
            self._text += text[length - offset :]
            if thinking:
                self._thinking = len(self._text)
            self._changed.set()
        elif not text and self._progress.doing == "queued":
            # A machine has been handed it.
            self._progress = replace(self._progress, doing="reading", position=None, estimate=None, offline=False)
            self._changed.set()

    def _place(self, queued: Queued) -> None:
        assert self._progress is not None
        self._progress = replace(
            self._progress, doing="queued", position=queued.position, estimate=queued.estimate, offline=queued.offline
        )

    def _look(self) -> None:
        self.ask = True
        self._changed.set()
