"""Shows running answers formatted: finished blocks are rendered once each, in a thread, while the rest is being written.

Only for answers that take longer than a glance, and while somebody looks. The final HTML, of the whole text, replaces all.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from chat.bus import bus
from chat.formatting.blocks import render
from chat.generations import Piece
from chat.hub import conversation_topic
from chat.inference.stream import Stream
from meatlizard.markup.blocks import Blocks
from meatlizard.threads import in_thread

AFTER_SECONDS = 1.0
"""An answer that is over sooner is rendered once, at its end."""

PACE_SECONDS = 1.0
"""Between two renderings of one answer."""


@dataclass(slots=True)
class Growing:
    """Of a running answer: where its blocks end, and those that wait to be rendered, of which the first begins at ``offset``."""

    began: float
    offset: int
    blocks: Blocks = field(default_factory=Blocks)
    waiting: list[str] = field(default_factory=list)
    last: float = 0.0
    busy: bool = False


def _held(stream: Stream) -> bool:
    """Whether readers get less than there is: then they read masked text, until the end says what may be shown."""
    return stream.watch is not None and stream.watch.hold


class Formatting:
    """Of one node's session."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._spawn = spawn

    def stored(self, stream: Stream, piece: Piece) -> None:
        """``piece`` of ``stream`` was committed."""
        answer = piece.text[piece.thinking :]
        if not answer or stream.message is None or _held(stream):
            return
        now = asyncio.get_running_loop().time()
        growing = stream.growing
        if growing is None:
            growing = stream.growing = self._begin(stream, piece, now)
        growing.waiting += growing.blocks.feed(answer)
        if (
            not growing.waiting
            or growing.busy
            or now - growing.began < AFTER_SECONDS
            or now - growing.last < PACE_SECONDS
        ):
            return
        sources, growing.waiting = growing.waiting, []
        offset, growing.offset = growing.offset, growing.offset + sum(map(len, sources))
        # What nobody sees is not rendered: who comes later gets what is over by then.
        if bus.followed(conversation_topic(stream.conversation)):
            growing.busy = True
            self._spawn(self._render(stream, growing, offset, sources))

    @staticmethod
    def _begin(stream: Stream, piece: Piece, now: float) -> Growing:
        growing = Growing(began=now, offset=stream.thinking)
        # Another node, or this one before its link was lost, wrote the beginning: its readers have it.
        before = stream.text[stream.thinking : piece.offset + piece.thinking]
        growing.offset += sum(map(len, growing.blocks.feed(before)))
        return growing

    async def _render(self, stream: Stream, growing: Growing, offset: int, sources: list[str]) -> None:
        try:
            event = await in_thread(render, stream.conversation, stream.generation, offset, sources)
            if not stream.ending:
                bus.event(conversation_topic(stream.conversation), event)
        finally:
            growing.busy = False
            growing.last = asyncio.get_running_loop().time()
