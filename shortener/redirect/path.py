"""ASGI, ahead of Django's middleware: answers short links from memory and records the click afterwards. Whatever needs a page, and every
other request, goes on to Django.
"""

import unicodedata
from typing import Any, Final

from django.conf import settings
from django.db import Error as DatabaseTrouble

from meatlizard.security.client_address import address_key
from meatlizard.threads import in_database_first
from shortener import slugs
from shortener.models.links import MAX_SLUG
from shortener.redirect import visits
from shortener.redirect.entries import Entry, answer
from shortener.redirect.guessing import WINDOW_SECONDS, Guesses
from shortener.redirect.limits import let_through
from shortener.redirect.memory import Memory, memory
from shortener.redirect.storing import recorder
from shortener.redirect.visits import Seen, Step
from shortener.targets import PREFIX

FOREIGN: Final = "@"
"""``/s/@host/slug``: the page of a link of another domain, at the site's own address, where cookies and policies hold."""

EMPTY: Final = {"type": "http.response.body", "body": b""}


class ShortLinks:
    def __init__(self, app: Any, remembered: Memory = memory) -> None:
        self._app = app
        self._memory = remembered
        self._guesses = Guesses()
        self._own = frozenset(host.lower().encode() for host in settings.ALLOWED_HOSTS)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        path: str = scope["path"]
        hosts = self._memory.hosts
        if not hosts and not path.startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        named = host_of(scope)
        host = named.decode("latin-1")
        if host in hosts:
            await self._visit(host, path[1:], scope, receive, send)
        elif path.startswith(PREFIX) and named in self._own and scope["method"] in ("GET", "HEAD"):
            await self._visit("", path[len(PREFIX) :], scope, receive, send)
        else:
            # Not ours under this name: Django says so.
            await self._app(scope, receive, send)

    async def _visit(self, host: str, slug: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
        entry = self._memory.get((host, slug))
        if entry is not None and entry.plain and scope["method"] == "GET" and not self._guesses.sent_away:
            # Nearly all clicks, and as little as can be done for one.
            await send(entry.start)
            await send(EMPTY)
            recorder.record(entry.link, scope, "")
            return
        if self._guesses.sent_away and self._guesses.too_many(address_key(scope)):
            await reply(send, 429, [(b"retry-after", str(int(WINDOW_SECONDS)).encode())])
        elif scope["method"] not in ("GET", "HEAD"):
            await reply(send, 405, [(b"allow", b"GET, HEAD")])
        elif host and not slug:
            await self._elsewhere(send, self._memory.hosts[host].home)
        elif host and slug in slugs.RESERVED:
            await reply(send, 404)
        elif slug.startswith(FOREIGN) or slug.endswith("+"):
            await self._page(host, slug, scope, receive, send)
        else:
            await self._search(host, slug, scope, receive, send)

    async def _search(self, host: str, slug: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
        found = slug_in(slug)
        try:
            entry = await self._memory.find((host, found)) if found else None
        except DatabaseTrouble:
            await reply(send, 503, [(b"retry-after", b"5")])
            return
        if entry is None:
            self._guesses.miss(address_key(scope))
            if host and (place := self._memory.hosts[host].not_found) is not None:
                await self._elsewhere(send, place)
            else:
                await self._page(host, slug, scope, receive, send)
            return
        await self._decide(entry, host, slug, scope, receive, send)

    async def _decide(self, entry: Entry, host: str, slug: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
        seen = Seen(scope["headers"], scope.get("client"), scope["query_string"])
        counts = scope["method"] == "GET"
        step = visits.step(entry, seen)
        if step is Step.PASS and entry.limited and counts:
            try:
                taken = await in_database_first(let_through, entry.link)
            except DatabaseTrouble:
                await reply(send, 503, [(b"retry-after", b"5")])
                return
            if not taken:
                entry.spent = True
                step = visits.closed(entry)
        if step is Step.PASS:
            location, route = visits.led_to(entry, seen)
            await send(answer(entry.status, location))
            await send(EMPTY)
            if counts:
                recorder.record(entry.link, scope, route)
        elif step is Step.ELSEWHERE:
            assert entry.fallback is not None
            await send(answer(302, entry.fallback.with_query(b"")))
            await send(EMPTY)
        else:
            await self._page(host, slug, scope, receive, send)

    async def _page(self, host: str, slug: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """A page of Django's, at the site's own address: on other domains the browser is sent there."""
        if not host:
            await self._app(scope, receive, send)
            return
        path = visits.quote_path(f"{PREFIX}{FOREIGN}{host}/{slug}")
        await self._elsewhere(send, settings.SITE_URL.encode() + path)

    @staticmethod
    async def _elsewhere(send: Any, place: bytes | None) -> None:
        await send(answer(302, place or settings.SITE_URL.encode() + b"/"))
        await send(EMPTY)


def host_of(scope: dict[str, Any]) -> bytes:
    """The host that the request names, without its port; empty when it names none, or more than one."""
    host: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"host":
            if host is not None:
                return b""
            host = value.lower()
    if not host:
        return b""
    if host.startswith(b"["):
        address, bracket, _port = host.partition(b"]")
        return address + bracket
    return host.partition(b":")[0].removesuffix(b".")


def slug_in(text: str) -> str:
    """What can be a slug as it is stored, or nothing: such a thing is not looked for."""
    if text.isascii():
        text = text.rstrip("/")
    else:
        text = unicodedata.normalize("NFC", text).rstrip("/")
    return text if 0 < len(text) <= MAX_SLUG and slugs.is_clean(text) else ""


async def reply(send: Any, status: int, headers: "list[tuple[bytes, bytes]] | None" = None) -> None:
    """Without a body."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-length", b"0"), (b"cache-control", b"no-store"), *(headers or [])],
        }
    )
    await send(EMPTY)
