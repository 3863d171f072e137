"""Requests to the files' doors as a server sends them, without one."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client

from files.asgi.entry import Files
from meatlizard.accounts.models import User
from meatlizard.api.actions import create_key

HOST = "testserver"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return self.headers[name.lower()]


BREAKS_OFF = object()
"""As a piece of a body: the connection is lost there."""


@contextmanager
def keeping_connections() -> Iterator[None]:
    """As Django's own test client: the connection with the test's transaction stays open when a request ends."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


class Asking:
    """``signed_in``, ``key``: who asks. Django stands behind the doors, as on the site."""

    def __init__(self, person: User | None = None, *, key: str = "") -> None:
        self.headers = {"host": HOST}
        if person is not None and not key:
            browser = Client()
            browser.force_login(person)
            cookie = browser.cookies[settings.SESSION_COOKIE_NAME]
            self.headers |= {"cookie": f"{cookie.key}={cookie.value}", "origin": f"http://{HOST}"}
        if key:
            self.headers["authorization"] = f"Bearer {key}"
        self.app: Any = Files(ASGIHandler())

    def ask(self, method: str, path: str, body: bytes | Iterable[Any] = b"", /, **headers: str | None) -> Answer:
        """Names of headers with ``_`` for ``-``; None leaves one out that is sent otherwise."""
        with keeping_connections():
            return async_to_sync(self.asked)(method, path, body, **headers)

    async def asked(
        self, method: str, path: str, body: bytes | Iterable[Any] = b"", /, **headers: str | None
    ) -> Answer:
        pieces = [body] if isinstance(body, bytes) else list(body)
        length = str(sum(len(piece) for piece in pieces if isinstance(piece, bytes)))
        named: dict[str, str | None] = {**self.headers, "content-length": length}
        named |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
        if named.get("transfer-encoding"):
            del named["content-length"]
        target, _mark, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": target, "raw_path": target.encode(), "query_string": query.encode(),
            "root_path": "", "scheme": "http", "server": (HOST, 80), "client": ("198.51.100.1", 1),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in named.items() if value is not None],
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(0)
            if not pieces:
                await asyncio.Event().wait()
            piece = pieces.pop(0)
            if piece is BREAKS_OFF:
                return {"type": "http.disconnect"}
            if asyncio.iscoroutine(piece):
                piece = await piece
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        if not sent:
            return Answer(0, {}, b"")
        body = b"".join(message.get("body", b"") for message in sent[1:])
        said = {name.decode().lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], said, body)


def key_for(person: User, *scopes: str) -> str:
    _row, secret = create_key(person, "test", scopes)
    return secret
