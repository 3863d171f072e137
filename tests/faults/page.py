"""A page without a browser: a real websocket to a live site, and the reader's rule written a second time, from its description alone."""

import asyncio
import json
import time
import zlib
from types import TracebackType
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from tests.services.site import LiveSite

SILENCE_SECONDS = 1.0
ASK_SECONDS = 0.5
"""Between two requests for missing text."""


class Page:
    """One person at one conversation. Use as an async context manager; ``ask`` then waits for the whole answer.

    ``text`` is what was painted from stored text and deltas, its first ``thinking`` characters as thinking; ``finished`` is the
    last event, ``syncs`` how often it had to ask.
    """

    def __init__(self, site: LiveSite, cookie: str, conversation: str) -> None:
        self.url = f"ws://127.0.0.1:{site.port}/ws/chat/"
        self.origin = site.url
        self.cookie, self.conversation = cookie, conversation
        self.text, self.generation, self.number, self.thinking = "", "", 0, 0
        self.finished: dict[str, Any] | None = None
        self.syncs = self.gaps = self.overlaps = 0
        self.first_text = asyncio.Event()
        self._ahead: dict[int, tuple[str, bool]] = {}
        self._asked_at = 0.0

    async def __aenter__(self) -> "Page":
        self.link: ClientConnection = await connect(
            self.url, origin=Origin(self.origin), additional_headers={"Cookie": self.cookie}, max_size=None, proxy=None
        )
        await self._say(type="open", conversation=self.conversation)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.link.close()

    async def ask(self, question: str, seconds: float) -> dict[str, Any]:
        """Sends ``question`` and reads until its answer has ended; the final event. Raises TimeoutError after ``seconds``."""
        request = str(uuid4())
        await self._say(type="send", request=request, conversation=self.conversation, text=question)
        async with asyncio.timeout(seconds):
            while self.finished is None:
                try:
                    async with asyncio.timeout(SILENCE_SECONDS):
                        frame = await self.link.recv()
                except TimeoutError:
                    await self._sync()
                    continue
                await self._take(frame)
        return self.finished

    async def _say(self, **message: Any) -> None:
        await self.link.send(json.dumps(message))

    async def _sync(self) -> None:
        if self.generation and time.monotonic() > self._asked_at + ASK_SECONDS:
            self._asked_at = time.monotonic()
            self.syncs += 1
            await self._say(type="sync", generation=self.generation, length=len(self.text))

    async def _take(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes) and frame[0]:
            await self._delta(frame)
            return
        event = json.loads(zlib.decompress(frame[1:]) if isinstance(frame, bytes) else frame)
        assert event["type"] != "error", event
        if event["type"] == "message.added" and event["message"]["role"] == "assistant":
            self.generation = event["message"]["generation"]
        elif event.get("generation") != self.generation or not self.generation:
            return
        elif event["type"] == "generation.stream":
            self.number = event["stream"]
            thinking = event["thinking"]
            self._append(0, event["text"][:thinking], True)
            self._append(thinking, event["text"][thinking:], False)
            self._append_what_fits()
        elif event["type"] == "generation.finished":
            self.finished = event

    async def _delta(self, frame: bytes) -> None:
        stream, at, offset, shift = frame[0], 1, 0, 0
        while True:
            offset |= (frame[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if not frame[at - 1] & 0x80:
                break
        if stream & 0x7F != self.number:
            return
        text, thinking = frame[at:].decode(), stream >= 0x80
        if offset > len(self.text):
            self.gaps += not self._ahead
            self._ahead[offset] = text, thinking
            await self._sync()
            return
        self.overlaps += offset < len(self.text)
        self._append(offset, text, thinking)
        self._append_what_fits()
        self.first_text.set()

    def _append(self, offset: int, text: str, thinking: bool) -> None:
        """Appends what is new of ``text``; what is not must be what was painted, and on the same side of the boundary."""
        known = len(self.text) - offset
        assert text[:known] == self.text[offset : offset + len(text)], "a part that came again differs from the first"
        again = min(offset + len(text), len(self.text))
        if text and not thinking:
            assert offset >= self.thinking, "an answer where thinking was"
        elif again > offset:
            assert again <= self.thinking, "thinking where an answer was"
        if text[known:]:
            self.text += text[known:]
            if thinking:
                assert self.thinking == offset + known, "thinking after the answer"
                self.thinking = len(self.text)

    def _append_what_fits(self) -> None:
        for offset in sorted(self._ahead):
            if offset > len(self.text):
                return
            self._append(offset, *self._ahead.pop(offset))
