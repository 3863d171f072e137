"""One HTTP request at a door ahead of Django, and the answer to it."""

from collections.abc import AsyncIterator, Iterable, Mapping
from functools import cached_property
from http.cookies import CookieError
from typing import Any, Final, TypeAlias

from django.http.cookie import parse_cookie

from meatlizard.ops.logs import current_request_id

Scope: TypeAlias = dict[str, Any]
Headers: TypeAlias = Iterable[tuple[str, str]]

SAFE: Final = (
    ("x-content-type-options", "nosniff"), ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ("cross-origin-resource-policy", "same-origin"), ("referrer-policy", "same-origin"), ("x-frame-options", "DENY"),
    ("cache-control", "private, no-store"),
)  # fmt: skip
"""On every answer that does not say otherwise itself."""

OVERRIDE: Final = "x-http-method-override"
METHOD_LENGTH: Final = 20


class Disconnected(Exception):
    """Who asked is gone: nobody reads an answer."""


class Asked:
    """``part`` holds what the door's pattern has named in the path; ``method`` is the one that counts, in capitals."""

    def __init__(self, scope: Scope, receive: Any, send: Any, part: Mapping[str, str] | None = None) -> None:
        self.scope = scope
        self.part = dict(part or {})
        self.begun = False
        """Whether an answer was begun."""
        self.always: dict[str, str] = {}
        """Headers of whatever is answered, refusals too."""
        self._receive = receive
        self._send = send
        self._ended = False

    @cached_property
    def headers(self) -> dict[str, str]:
        """By their names in small letters; what came more than once is joined by commas."""
        found: dict[str, str] = {}
        for raw, value in self.scope["headers"]:
            name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
            found[name] = f"{found[name]},{text}" if name in found else text
        return found

    @cached_property
    def cookies(self) -> dict[str, str]:
        try:
            return parse_cookie(self.headers.get("cookie", ""))
        except CookieError:
            return {}

    @cached_property
    def method(self) -> str:
        told = self.headers.get(OVERRIDE, "").strip().upper()
        return told[:METHOD_LENGTH] or str(self.scope["method"])

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @property
    def query(self) -> str:
        return bytes(self.scope["query_string"]).decode("latin-1")

    @cached_property
    def length(self) -> int | None:
        """Bytes of the body as far as they are announced; None for a body in chunks."""
        told = self.headers.get("content-length", "")
        if told.isascii() and told.isdigit():
            return int(told)
        return None if "transfer-encoding" in self.headers else 0

    @property
    def wants_page(self) -> bool:
        """A person in a browser, rather than a program."""
        return self.scope["method"] in ("GET", "HEAD") and "text/html" in self.headers.get("accept", "")

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes; the server reads no further while nobody asks for more. Raises Disconnected when it breaks off."""
        while not self._ended:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._ended = True
                raise Disconnected
            self._ended = not message.get("more_body", False)
            if piece := message.get("body", b""):
                yield piece

    async def gone(self) -> None:
        """Returns when nobody reads the answer any more. What is left of the body is passed over."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def start(self, status: int, headers: Headers = ()) -> None:
        """Begins an answer whose body follows by :meth:`write`."""
        said = dict(SAFE) | self.always | {name.lower(): value for name, value in headers}
        said["x-request-id"] = current_request_id()
        self.begun = True
        await self._send({
            "type": "http.response.start", "status": status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in said.items() if value],
        })  # fmt: skip

    async def write(self, body: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def send_on(self, message: Any) -> None:
        """What another application answers in the door's place."""
        self.begun = True
        await self._send(message)

    async def receive_on(self) -> Any:
        """The next message, for another application in the door's place, or for who waits until the reader is gone."""
        return await self._receive()

    async def answer(self, status: int, headers: Headers = (), body: bytes = b"") -> None:
        """A whole answer. 204 and 304 have no length."""
        length = () if status in (204, 304) else (("content-length", str(len(body))),)
        await self.start(status, [*length, *headers])
        await self.write(b"" if self.method == "HEAD" else body, more=False)
