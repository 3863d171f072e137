"""What one browser socket still has to send: events in order, and the text of running answers, gathered while it cannot
go out.

Text goes at once when nothing went just before, otherwise at the next turn 15 ms later: at usual speeds each token
travels alone, at high speeds many share a frame.
"""

import asyncio
import zlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chat.frames import pack_delta

INTERVAL = 0.015
MAX_TEXT = 2**20
"""Code points that may wait for a slow reader. Beyond it they are dropped: the page notices the gap and asks for the
text.
"""

MAX_EVENTS = 1_000

DEFLATE_FROM = 512
"""Bytes from which an event is deflated: the HTML of a finished answer would otherwise double what its text weighed on
the wire.
"""


@dataclass(slots=True)
class _Text:
    """Text of one stream that waits: ``length`` code points from ``offset``."""

    stream: int
    offset: int
    length: int
    parts: list[str]


def pack_event(frame: str) -> dict[str, Any]:
    """An event as a websocket message: JSON text, or a zero byte and its zlib form when it is long."""
    if len(frame) < DEFLATE_FROM:
        return {"type": "websocket.send", "text": frame}
    return {"type": "websocket.send", "bytes": b"\x00" + zlib.compress(frame.encode(), 6)}


class Outbox:
    """``send`` is the socket's; ``full`` is called when events pile up behind a reader that takes nothing."""

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]], full: Callable[[], None]) -> None:
        self._send = send
        self._full = full
        self._events: deque[str | _Text] = deque()
        self._texts: dict[int, _Text] = {}
        self._wake = asyncio.Event()
        self._next: dict[int, float] = {}
        self._closed = False

    def event(self, frame: str) -> None:
        if self._closed:
            return
        if self._texts:
            # Text that came before an event must not go after it: the event may be the answer's end.
            self._flush_texts()
        self._events.append(frame)
        self._wake.set()
        if len(self._events) > MAX_EVENTS:
            self._closed = True
            self._events.clear()
            self._full()

    def delta(self, stream: int, offset: int, text: str) -> None:
        if self._closed:
            return
        waiting = self._texts.get(stream)
        if waiting is None:
            self._texts[stream] = _Text(stream, offset, len(text), [text])
        elif waiting.offset + waiting.length == offset and waiting.length < MAX_TEXT:
            waiting.parts.append(text)
            waiting.length += len(text)
        elif waiting.length < MAX_TEXT:
            self._flush_texts()
            self._texts[stream] = _Text(stream, offset, len(text), [text])
        self._wake.set()

    def _flush_texts(self) -> None:
        self._events.extend(self._texts.values())
        self._texts.clear()

    async def run(self) -> None:
        """Sends until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._texts and not self._events:
                # Only text after text of the same answer waits: its first words go at once.
                pause = min(self._next.get(stream, 0.0) for stream in self._texts) - clock()
                if pause > 0:
                    await asyncio.sleep(pause)
            self._flush_texts()
            while self._events:
                item = self._events.popleft()
                if isinstance(item, _Text):
                    frame = pack_delta(item.stream, item.offset, "".join(item.parts))
                    await self._send({"type": "websocket.send", "bytes": frame})
                    self._next[item.stream] = clock() + INTERVAL
                else:
                    await self._send(pack_event(item))
