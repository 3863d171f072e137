"""Fetches what a person names by its address, from public machines alone: the site must not become a way into the network it stands in.

Every address that a name has is looked up once and checked before anything is connected, and the connection goes to the very address
that was checked; so does each redirect. The name is still what the server and its certificate are asked for.
"""

import logging
import socket
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import httpcore
from django.conf import settings
from django.utils.translation import gettext as _

from meatlizard.errors import Forbidden, Invalid
from meatlizard.security.addresses import is_public
from meatlizard.security.timing import Time, Timed, left, within

log = logging.getLogger(__name__)

SECONDS = 5.0
"""For all of it, redirects and names included."""

MOST = 2_000_000
"""Bytes, unpacked."""

REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
MAX_URL = 2_000
MAX_TRIED = 4
PIECE = 65_536
UNPACKED = 1_000_000
"""Bytes that are unpacked at a time."""
PRODUCT = "MeatLizard"
"""What the site calls itself before others, and what their ``robots.txt`` may name."""

AGENT = f"{PRODUCT} (fetched once, on a person's request)"
_ACCEPT = "text/html,text/*;q=0.9,*/*;q=0.5"

Resolve = Callable[[str, int], Sequence[str]]
"""All addresses of a name. Raises OSError."""


class Unreachable(Invalid):
    """It could not be fetched; the message says why, in words for the person who asked. ``answered``: the status with which the site
    refused, 0 when it did not come to that."""

    default_code = "not_fetched"

    def __init__(self, message: str = "", *, code: str = "", answered: int = 0) -> None:
        super().__init__(message, code=code)
        self.answered = answered


@dataclass(frozen=True, slots=True)
class Request:
    """``body``: sent by POST. ``headers`` may hold a key: they go to the first address alone, over no redirect."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """``media_type`` and ``charset`` as the server named them, which proves nothing; ``url``: where the redirects led."""

    url: str
    media_type: str
    charset: str
    body: bytes


def resolve(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _usual(scheme: str, port: int) -> bool:
    return port == PORTS[scheme]


@dataclass(frozen=True, slots=True)
class Opened:
    """What is about to come, as the server names it, which proves nothing. ``length`` in bytes; None where it was not said, or comes packed."""

    url: str
    media_type: str
    disposition: str
    length: int | None


class Taker(Protocol):
    """Gets a body as it comes. Whatever it raises ends the fetching."""

    def opened(self, what: Opened) -> None: ...

    def take(self, piece: bytes) -> None: ...


class Fetcher:
    """``resolve``, ``allowed``, ``ports`` and ``trust`` are for tests: neither a setting nor a request can reach them, but for
    :meth:`of_operator`. ``idle``: seconds that a single step may take, where all of it may take much longer."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        allowed: Callable[[str], bool] = is_public,
        ports: Callable[[str, int], bool] = _usual,
        seconds: float = SECONDS,
        most: int = MOST,
        redirects: int = REDIRECTS,
        idle: float | None = None,
        trust: Any = None,
    ) -> None:
        self._resolve, self._allowed, self._ports = resolve, allowed, ports
        self._seconds, self._most, self._redirects, self._trust = seconds, most, redirects, trust
        self._idle = seconds if idle is None else idle

    @classmethod
    def of_operator(cls, *, seconds: float = SECONDS, most: int = MOST) -> "Fetcher":
        """For one service that the operator named in the settings, and that may stand in the site's own network. It is for addresses
        out of settings alone; no redirect leads on from there."""
        return cls(
            allowed=lambda address: True, ports=lambda scheme, port: True, seconds=seconds, most=most, redirects=0
        )

    def get(self, url: str, before: Callable[[str], None] | None = None) -> Fetched:
        """What is at ``url``. ``before`` is told each address that is about to be fetched, redirects as well, and may raise Unreachable.

        Raises Unreachable, and Forbidden where the operator has switched this off.
        """
        return self._follow(Request(url), before, None)

    def bring(self, url: str, taker: Taker) -> None:
        """As :meth:`get`, but what is there goes to ``taker`` piece by piece and is nowhere kept whole."""
        self._follow(Request(url), None, taker)

    def ask(self, request: Request) -> Fetched:
        """What a service answers. Raises Unreachable, also for a redirect: what was asked might be nobody else's business."""
        deadline = time.monotonic() + self._seconds
        found = self._step(request, deadline, None)
        if isinstance(found, str):
            raise Unreachable(_("This address leads from one to the next, and to no end."))
        return found

    def _follow(self, request: Request, before: Callable[[str], None] | None, taker: Taker | None) -> Fetched:
        if not settings.FETCH_LINKS:
            raise Forbidden(_("Fetching from other sites is switched off here."), code="fetch_off")
        deadline = time.monotonic() + self._seconds
        for _number in range(self._redirects + 1):
            if before is not None:
                before(request.url)
            found = self._step(request, deadline, taker)
            if isinstance(found, Fetched):
                return found
            request = Request(_led_on(request.url, found))
        raise Unreachable(_("This address leads from one to the next, and to no end."))

    def _step(self, request: Request, deadline: float, taker: Taker | None) -> Fetched | str:
        parts, host, port = self._checked(request.url)
        look_up = min(deadline, time.monotonic() + self._idle)
        return self._once(request, parts, host, port, self._addresses(host, port, look_up), deadline, taker)

    def _checked(self, url: str) -> tuple[SplitResult, str, int]:
        """The parts of an address, its host in the form of names and numbers that is looked up, its port."""
        try:
            if len(url) > MAX_URL or any(ord(letter) <= 32 or letter in "\\\x7f" for letter in url):
                raise ValueError("length or characters")
            parts = urlsplit(url)
            if parts.scheme not in PORTS:
                raise Unreachable(_("Only addresses that begin with http:// or https:// can be fetched."))
            if parts.username is not None or parts.password is not None or not parts.hostname:
                raise ValueError("a user or no host")
            # Half of a pair of surrogates can be sent nowhere.
            url.encode()
            host = parts.hostname if ":" in parts.hostname else parts.hostname.encode("idna").decode()
            port = PORTS[parts.scheme] if parts.port is None else parts.port
        except ValueError:
            raise Unreachable(_("This is not an address that can be fetched.")) from None
        # Brackets are for addresses of the new kind; what else may stand in them has never been used.
        if not host or "%" in host or len(host) > 253 or ("[" in parts.netloc and ":" not in host):
            raise Unreachable(_("This is not an address that can be fetched."))
        if not self._ports(parts.scheme, port):
            raise Unreachable(_("Only the usual ports of the web, 80 and 443, can be fetched from."))
        return parts, host, port

    def _addresses(self, host: str, port: int, deadline: float) -> Sequence[str]:
        """All of them are checked: one that is not public among others is a trick. No more than this one look-up is made."""
        try:
            found = list(dict.fromkeys(within(deadline, self._resolve, host, port)))
        except NotInTime:
            raise _too_slow() from None
        except (OSError, UnicodeError):
            raise Unreachable(_("There is no site of this name.")) from None
        if not found:
            raise Unreachable(_("There is no site of this name."))
        if not all(self._allowed(address) for address in found):
            log.warning("fetch.forbidden_address")
            raise Unreachable(_("This address leads into a network that is not public. It is not fetched."))
        return found[:MAX_TRIED]

    def _once(
        self, request: Request, parts: SplitResult, host: str, port: int, addresses: Sequence[str], deadline: float,
        taker: Taker | None,
    ) -> Fetched | str:  # fmt: skip
        """What is there, or where it is instead."""
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
            f"?{quote(parts.query, safe='/%:@!$&()*+,;=~?')}" if parts.query else ""
        )
        url = httpcore.URL(scheme=parts.scheme.encode(), host=host.encode(), port=port, target=target.encode())
        method, headers = "GET" if request.body is None else "POST", _headers(request, parts.scheme, host, port)
        try:
            with (
                self._pool(addresses, deadline) as pool,
                pool.stream(method, url, headers=headers, content=request.body) as response,
            ):
                given = {name.lower(): value for name, value in response.headers}
                if response.status in (301, 302, 303, 307, 308) and b"location" in given:
                    return _text(given[b"location"])
                if response.status != 200:
                    words = _("The site answered with %s instead of the page.") % response.status
                    raise Unreachable(words, answered=response.status)
                media_type, charset = _content_type(given.get(b"content-type", b""))
                body = bytearray()
                if taker is not None:
                    taker.opened(
                        Opened(
                            parts.geturl(), media_type, _text(given.get(b"content-disposition", b"")), _length(given)
                        )
                    )
                take = body.extend if taker is None else taker.take
                _unpacked(response.iter_stream(), given.get(b"content-encoding", b""), self._most, deadline, take)
                return Fetched(parts.geturl(), media_type, charset, bytes(body))
        except (httpcore.TimeoutException, TimeoutError):
            raise _too_slow() from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, zlib.error):
            raise Unreachable(_("The site could not be reached, or broke off.")) from None

    @contextmanager
    def _pool(self, addresses: Sequence[str], deadline: float) -> Iterator[httpcore.ConnectionPool]:
        pool = httpcore.ConnectionPool(
            ssl_context=self._trust,
            max_connections=1,
            http2=False,
            retries=0,
            network_backend=_Checked(addresses, Time(deadline, self._idle)),
        )
        with pool:
            yield pool


class _Checked(httpcore.NetworkBackend):
    """Connects to addresses that were checked, whatever name it is told, and lets nothing take longer than there is time."""

    def __init__(self, addresses: Sequence[str], left: Time) -> None:
        self._addresses, self._left = addresses, left
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for number, address in enumerate(self._addresses):
            # One that swallows what it is sent leaves some of the time to the others.
            share = self._left() / (len(self._addresses) - number)
            try:
                return Timed(self._real.connect_tcp(address, port, timeout=share), self._left)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def _headers(request: Request, scheme: str, host: str, port: int) -> list[tuple[bytes, bytes]]:
    """Nothing of the person's and nothing that an earlier answer left: no cookie, no referrer."""
    shown = f"[{host}]" if ":" in host else host
    named = shown if port == PORTS[scheme] else f"{shown}:{port}"
    own = {"Accept": _ACCEPT, **request.headers}
    return [
        (b"Host", named.encode()),
        (b"User-Agent", AGENT.encode()),
        *((name.encode(), value.encode()) for name, value in own.items()),
        # No other packing is taken apart here, so that none can be a bomb.
        (b"Accept-Encoding", b"gzip, deflate"),
        (b"Connection", b"close"),
        *([(b"Content-Length", str(len(request.body)).encode())] if request.body is not None else []),
    ]


def _unpacked(
    pieces: Iterable[bytes], coding: bytes, most: int, deadline: float, take: Callable[[bytes], object]
) -> None:
    """Unpacked as it comes, and no further than ``most`` bytes."""
    unpacker = {b"gzip": zlib.MAX_WBITS | 16, b"x-gzip": zlib.MAX_WBITS | 16, b"deflate": zlib.MAX_WBITS | 32}.get(
        coding.strip().lower()
    )
    if unpacker is None and coding.strip().lower() not in (b"", b"identity"):
        raise Unreachable(_("The site answered in a way that cannot be read."))
    unpack = None if unpacker is None else zlib.decompressobj(unpacker)
    size = 0
    for packed in pieces:
        left(deadline)
        while True:
            # One byte more than there is room for shows that there is too much; and no small piece becomes a large one in memory.
            piece = packed if unpack is None else unpack.decompress(packed, min(most + 1 - size, UNPACKED))
            size += len(piece)
            if size > most:
                raise Unreachable(_("This page is larger than %s MB.") % (most // 1_000_000), code="too_large")
            if piece:
                take(piece)
            if unpack is None or not unpack.unconsumed_tail:
                break
            packed = unpack.unconsumed_tail


def _length(given: Mapping[bytes, bytes]) -> int | None:
    told = given.get(b"content-length", b"")
    packed = given.get(b"content-encoding", b"").strip().lower() not in (b"", b"identity")
    return int(told) if told.isdigit() and len(told) < 19 and not packed else None


def _content_type(header: bytes) -> tuple[str, str]:
    kind, _semicolon, rest = _text(header).partition(";")
    charset = next(
        (
            part.partition("=")[2].strip("\"' ")
            for part in rest.split(";")
            if part.strip().lower().startswith("charset=")
        ),
        "",
    )
    return kind.strip().lower()[:100], charset[:40] if charset.isascii() else ""


def _led_on(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        raise Unreachable(_("This is not an address that can be fetched.")) from None


def _text(header: bytes) -> str:
    return header.decode("latin-1")


def _too_slow() -> Unreachable:
    return Unreachable(_("The site did not answer in time."))
