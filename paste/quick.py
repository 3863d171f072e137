"""ASGI, ahead of Django's middleware: what visitors without a cookie read is answered from memory, as Django has answered it before.

Only what is the same for everybody: pastes without a password or an end by views. Each answer is given after a look at the paste's row, so
that what was deleted, changed or is past its time a moment ago is not shown; what does not stand in that row (reactions, the count
of views, the site's announcements) may be :data:`SECONDS` old.
"""

import re
import time
from collections import OrderedDict
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import Error as DatabaseTrouble

from meatlizard.ops.logs import request_id
from meatlizard.threads import in_database_first
from paste import counting
from paste.access import Standing, standing_of

SECONDS: Final = 10.0
LARGEST: Final = 262_144
"""Bytes of an answer that is remembered."""

TOTAL: Final = 33_554_432
"""Bytes of all that are."""

_PATH = re.compile(r"/p/([a-z2-9]{12})/(?:raw/(?:\d{1,2}/)?)?|/(?:raw|documents)/([a-z2-9]{12})")
_ASKS_FOR_MORE = frozenset(
    {b"cookie", b"authorization", b"x-api-key", b"range", b"if-none-match", b"if-modified-since"}
)
_TELLS_APART = (b"host", b"accept", b"accept-language", b"x-requested-with", b"x-forwarded-host")

Message = MutableMapping[str, Any]
Key = tuple[str, str, tuple[bytes, ...]]


@dataclass(slots=True)
class Kept:
    standing: Standing
    until: float
    headers: list[tuple[bytes, bytes]]
    body: bytes


class QuickPastes:
    def __init__(self, app: Any) -> None:
        self._app = app
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._size = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        found = _PATH.fullmatch(scope["path"]) if scope["method"] == "GET" and not scope["query_string"] else None
        key = _key(scope) if found is not None else None
        if found is None or key is None:
            await self._app(scope, receive, send)
            return
        try:
            standing = await in_database_first(standing_of, found[1] or found[2])
        except DatabaseTrouble:
            # Django knows how to say that.
            standing = None
        if standing is None or not standing.for_everybody:
            await self._app(scope, receive, send)
            return
        kept = self._kept.get(key)
        if kept is None or kept.standing != standing or kept.until < time.monotonic():
            await self._ask(key, standing, scope, receive, send)
            return
        counting.seen(standing.paste)
        with request_id() as value:
            headers = [*kept.headers, (b"x-request-id", value.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": kept.body})

    async def _ask(self, key: Key, standing: Standing, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Has Django answer, and remembers the answer. The row was read before: should it have changed since, what is remembered is
        newer than it says, and is asked for again."""
        start: Message = {}
        body: bytearray | None = bytearray()

        async def passed_on(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                start.update(message)
            elif body is not None:
                body += message.get("body", b"")
                if len(body) > LARGEST:
                    body = None
                elif not message.get("more_body"):
                    self._keep(key, standing, start, bytes(body))
            await send(message)

        await self._app(scope, receive, passed_on)

    def _keep(self, key: Key, standing: Standing, start: Message, body: bytes) -> None:
        headers = [(name.lower(), value) for name, value in start.get("headers", ())]
        if start.get("status") != 200 or any(name == b"set-cookie" for name, _value in headers):
            return
        self._drop(key)
        headers = [pair for pair in headers if pair[0] != b"x-request-id"]
        self._kept[key] = Kept(standing, time.monotonic() + SECONDS, headers, body)
        self._size += len(body)
        while self._size > TOTAL:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._size -= len(gone.body)


def _key(scope: dict[str, Any]) -> Key | None:
    """What answers differ by; None for who may be somebody, or asks for a part."""
    said = dict.fromkeys(_TELLS_APART, b"")
    for name, value in scope["headers"]:
        if name in _ASKS_FOR_MORE:
            return None
        if name in said:
            said[name] = value
    return scope["path"], scope.get("scheme", "http"), tuple(said.values())
