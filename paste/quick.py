"""ASGI, ahead of Django's middleware: what visitors without a cookie read is answered from memory, as Django has answered it before.

Only what is the same for everybody: pastes without a password or an end by views, as pages, as text, and sealed ones over PrivateBin's API.
The paste's row is looked at for it, at most :data:`LOOK_SECONDS` before, so that what was deleted or changed is not shown any longer than
that; what does not stand in that row (reactions, the count of views, the site's announcements) may be :data:`SECONDS` old.
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

LOOK_SECONDS: Final = 0.25
SECONDS: Final = 10.0
LARGEST: Final = 262_144
"""Bytes of an answer that is remembered."""

TOTAL: Final = 33_554_432
"""Bytes of all that are."""

_PATH = re.compile(r"/p/([a-z2-9]{12})/(?:raw/(?:\d{1,2}/)?)?|/(?:raw|documents)/([a-z2-9]{12})")
_SEALED = re.compile(rb"[0-9a-f]{16}")
_READ = (b'{"status":0', b'{"status": 0')
"""How PrivateBin's answers begin that are no errors: both have the status 200."""

_ASKS_FOR_MORE = frozenset(
    {b"cookie", b"authorization", b"x-api-key", b"range", b"if-none-match", b"if-modified-since"}
)
_TELLS_APART = (b"host", b"accept", b"accept-language", b"x-requested-with", b"x-forwarded-host")

Message = MutableMapping[str, Any]
Key = tuple[str, str, tuple[bytes, ...]]


@dataclass(slots=True)
class Kept:
    """``looked``: when the row was last what ``standing`` says."""

    standing: Standing
    until: float
    looked: float
    headers: list[tuple[bytes, bytes]]
    body: bytes


class QuickPastes:
    def __init__(self, app: Any) -> None:
        self._app = app
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._size = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        slug = _slug(scope) if scope["method"] == "GET" else ""
        key = _key(scope) if slug else None
        if key is None:
            await self._app(scope, receive, send)
            return
        kept = self._kept.get(key)
        now = time.monotonic()
        if kept is None or kept.until < now or kept.looked + LOOK_SECONDS < now or not kept.standing.for_everybody:
            standing = await _standing(slug)
            if standing is None or not standing.for_everybody:
                await self._app(scope, receive, send)
                return
            if kept is None or kept.until < now or kept.standing != standing:
                await self._ask(key, standing, scope, receive, send)
                return
            kept.looked = now
        counting.seen(kept.standing.paste)
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
        if standing.sealed and not body.startswith(_READ):
            return
        if start.get("status") != 200 or any(name == b"set-cookie" for name, _value in headers):
            return
        self._drop(key)
        headers = [pair for pair in headers if pair[0] != b"x-request-id"]
        self._kept[key] = Kept(standing, time.monotonic() + SECONDS, time.monotonic(), headers, body)
        self._size += len(body)
        while self._size > TOTAL:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._size -= len(gone.body)


def _slug(scope: dict[str, Any]) -> str:
    """Of the paste that is asked for; empty where it is none, or not all of it."""
    query: bytes = scope["query_string"]
    if query:
        return query.decode() if scope["path"] == "/sealed/" and _SEALED.fullmatch(query) else ""
    found = _PATH.fullmatch(scope["path"])
    return (found[1] or found[2]) if found is not None else ""


async def _standing(slug: str) -> Standing | None:
    try:
        return await in_database_first(standing_of, slug)
    except DatabaseTrouble:
        # Django knows how to say that.
        return None


def _key(scope: dict[str, Any]) -> Key | None:
    """What answers differ by; None for who may be somebody, or asks for a part."""
    said = dict.fromkeys(_TELLS_APART, b"")
    for name, value in scope["headers"]:
        if name in _ASKS_FOR_MORE:
            return None
        if name in said:
            said[name] = value
    return f"{scope['path']}?{scope['query_string'].decode()}", scope.get("scheme", "http"), tuple(said.values())
