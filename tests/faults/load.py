"""People at work on a live site, through its front server: they ask, upload, follow short links and send forms; and a count of what the
site said it has accepted, to be held against what it has in the end.
"""

import asyncio
import hashlib
import itertools
import json
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Origin

from tests.faults.page import Page
from tests.models.corpus import PLAIN_PAIRS, Pair
from tests.services.site import LiveSite
from tests.shortener.clickers import AGENT

PATIENCE = 30.0
"""Seconds for one answer over HTTP."""

KINDS = ("question", "upload", "redirect", "form")
UPLOAD_BYTES = 60_000


@dataclass
class Count:
    """Of one kind. ``accepted``: when the site said so, by the monotonic clock; ``failed``: when it did not, and what came in its place."""

    accepted: list[float] = field(default_factory=list)
    failed: list[tuple[float, str]] = field(default_factory=list)

    def failures(self) -> list[str]:
        return [what for _moment, what in self.failed]


class Refused(Exception):
    """Not accepted: the status and what was said."""


class Link:
    """One kept connection for HTTP, opened anew after each failure."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        good: tuple[int, ...] = (200,),
    ) -> bytes:
        """The answer's body. Raises Refused for another status, and OSError, EOFError or TimeoutError where there is none."""
        try:
            async with asyncio.timeout(PATIENCE):
                if self._streams is None:
                    self._streams = await asyncio.open_connection("127.0.0.1", self.port)
                reader, writer = self._streams
                named = {"Host": f"127.0.0.1:{self.port}", "Content-Length": str(len(body)), "User-Agent": AGENT}
                named |= headers or {}
                head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
                writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
                await writer.drain()
                status, said, keep = await _answer(reader)
        except BaseException:
            self.close()
            raise
        if not keep:
            self.close()
        if status not in good:
            raise Refused(f"{status} {said[:120]!r}")
        return said

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in head[1:])}
    if headers.get("transfer-encoding") == "chunked":
        parts = []
        while size := int((await reader.readline()).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        body = b"".join(parts)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(head[0].split()[1]), body, headers.get("connection", "").lower() != "close"


class Talk(Page):
    """A page that comes back when its socket is closed, asks again what was not confirmed, and paints on where it stood."""

    def __init__(self, site: LiveSite, cookie: str, conversation: str) -> None:
        super().__init__(site, cookie, conversation)
        self.returns = 0

    async def whole(self, question: str, seconds: float) -> None:
        """Until the answer has ended, whatever happens to sockets. Raises TimeoutError."""
        request = str(uuid4())
        async with asyncio.timeout(seconds):
            while self.finished is None:
                try:
                    await self._visit(request, question)
                except (OSError, EOFError, WebSocketException, InvalidHandshake, TimeoutError):
                    self.returns += 1
                    await asyncio.sleep(random.uniform(0.2, 0.6))

    async def _visit(self, request: str, question: str) -> None:
        async with connect(
            self.url, origin=Origin(self.origin), additional_headers={"Cookie": self.cookie}, max_size=None, proxy=None,
            open_timeout=5, close_timeout=1,
        ) as self.link:  # fmt: skip
            await self._say(type="open", conversation=self.conversation)
            # One request, however often it is sent, makes one question.
            await self._say(type="send", request=request, conversation=self.conversation, text=question)
            while self.finished is None:
                try:
                    async with asyncio.timeout(2):
                        frame = await self.link.recv()
                except TimeoutError:
                    await self._sync()
                    continue
                if self._refused(frame):
                    await asyncio.sleep(0.5)
                    await self._say(type="send", request=request, conversation=self.conversation, text=question)
                else:
                    await self._take(frame)

    @staticmethod
    def _refused(frame: str | bytes) -> bool:
        """The site says that it could not take the question, or is in trouble: a person would press again."""
        return isinstance(frame, str) and json.loads(frame)["type"] == "error"


class Load:
    """``people`` as ``stage.prepare`` made them. ``conversations`` of them talk at once, others send ``uploads`` files at once; ``redirects``
    is how many links are followed a second. Use as an async context manager; at its end nothing new is begun, and what has begun is waited
    for.
    """

    def __init__(
        self, site: LiveSite, people: list[dict[str, Any]], *, conversations: int, uploads: int, redirects: int, forms: int = 0,
        link: str = "/s/load", patience: float = 120.0,
    ) -> None:  # fmt: skip
        self.site, self.people, self.link, self.patience = site, people, link, patience
        self.conversations, self.uploads, self.redirects, self.forms = conversations, uploads, redirects, forms
        self.counts = {kind: Count() for kind in KINDS}
        self.answers: dict[str, Pair] = {}
        """By generation: what each that was accepted has to say in the end."""
        self.files: dict[str, str] = {}
        """By address: the SHA-256 of each content that was accepted."""
        self.folders: set[str] = set()
        self.returns = 0
        self._over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Load":
        work: list[Coroutine[Any, Any, None]] = []
        for number in range(self.conversations):
            work.append(self._talk(self.people[number]))
        for number in range(self.uploads):
            work.append(self._upload(self.people[number % len(self.people)], number))
        for number in range(self.forms):
            work.append(self._send_forms(self.people[number % len(self.people)], number))
        lines = min(8, self.redirects)
        for _number in range(lines):
            work.append(self._follow(lines / self.redirects))
        self._tasks = [asyncio.create_task(one) for one in work]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if error is not None:
            for task in self._tasks:
                task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        if error is None:
            for result in results:
                if isinstance(result, BaseException):
                    raise result

    async def all_well(self, seconds: float, kinds: tuple[str, ...] = KINDS) -> float:
        """Waits until each kind under way has been accepted once more, begun from now on; how many seconds that took."""
        began = time.monotonic()
        wanted = [kind for kind in kinds if getattr(self, "conversations" if kind == "question" else f"{kind}s")]
        async with asyncio.timeout(seconds):
            while not all(any(moment > began for moment in self.counts[kind].accepted) for kind in wanted):
                self._raise()
                await asyncio.sleep(0.05)
        return time.monotonic() - began

    def _raise(self) -> None:
        for task in self._tasks:
            if task.done() and task.exception() is not None:
                task.result()

    def accepted(self, kind: str) -> int:
        return len(self.counts[kind].accepted)

    async def _counted(self, kind: str, work: Coroutine[Any, Any, Any]) -> Any:
        """What it gives; None when it failed, which is counted."""
        try:
            given = await work
        except (OSError, EOFError, TimeoutError, Refused) as error:
            self.counts[kind].failed.append((time.monotonic(), f"{type(error).__name__} {error}"))
            await asyncio.sleep(0.2)
            return None
        self.counts[kind].accepted.append(time.monotonic())
        return given

    async def _talk(self, person: dict[str, Any]) -> None:
        pairs = itertools.cycle(random.sample(PLAIN_PAIRS, len(PLAIN_PAIRS)))
        while not self._over.is_set():
            pair = next(pairs)
            # Each is used once, so that every conversation has one question and one answer in the end.
            talk = Talk(self.site, person["cookie"], person["conversations"].pop())
            await talk.whole(pair.question, self.patience)
            self.answers[talk.generation] = pair
            self.returns += talk.returns
            assert pair.answer.startswith(talk.text), f"{talk.text!r} is not how {pair.answer!r} begins"
            assert talk.finished is not None and talk.finished["length"] == len(pair.answer), (
                pair.answer,
                talk.finished,
            )
            self.counts["question"].accepted.append(time.monotonic())
            await asyncio.sleep(0.1)

    async def _upload(self, person: dict[str, Any], number: int) -> None:
        line, chance = Link(self.site.port), random.Random(number)
        bearer = {"Authorization": f"Bearer {person['key']}"}
        for turn in itertools.count():
            if self._over.is_set():
                break
            content = chance.randbytes(UPLOAD_BYTES)
            name = f"{number}-{turn}-{uuid4().hex[:6]}.bin"
            said = await self._counted("upload", line.ask("PUT", f"/files/put/{name}", content, bearer, (200, 201)))
            if said is not None:
                self.files[said.decode().strip()] = hashlib.sha256(content).hexdigest()
            await asyncio.sleep(0.05)
        line.close()

    async def _send_forms(self, person: dict[str, Any], number: int) -> None:
        line = Link(self.site.port)
        headers = {"Authorization": f"Bearer {person['key']}", "Content-Type": "application/json"}
        for turn in itertools.count():
            if self._over.is_set():
                break
            name = f"folder {number} {turn}"
            body = json.dumps({"name": name}).encode()
            if await self._counted("form", line.ask("POST", "/api/v1/files/folders", body, headers, (200, 201))):
                self.folders.add(name)
            # 600 requests a minute with one key.
            await asyncio.sleep(0.15)
        line.close()

    async def _follow(self, every: float) -> None:
        line = Link(self.site.port)
        while not self._over.is_set():
            began = time.monotonic()
            await self._counted("redirect", line.ask("GET", self.link, good=(302,)))
            await asyncio.sleep(max(0.0, every - (time.monotonic() - began)))
        line.close()
