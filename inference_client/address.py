"""Where the site's socket is, from the address a person types."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from inference_client.problems import Exit, Problem
from inference_client.protocol.handshake import CHANNEL_PATH

_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9]+)?")


@dataclass(frozen=True, slots=True)
class Address:
    """``url`` as typed, without a slash at its end; ``socket`` for the websocket. ``plain``: no TLS outside."""

    url: str
    socket: str
    host: str
    plain: bool

    @property
    def loopback(self) -> bool:
        return _is_loopback(self.host)


def parse(text: str, *, insecure_http: bool = False) -> Address:
    """Raises Problem ``bad_address``, or ``insecure_address`` for plain HTTP to another machine."""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
        parts.port  # noqa: B018 - raises ValueError if it is none
        # Names in other scripts become their ASCII form; a UnicodeError is a ValueError.
        plausible = _HOST.fullmatch(host.encode("idna").decode("ascii"))
    except ValueError:
        raise _bad(text) from None
    if parts.scheme not in ("http", "https") or not plausible or parts.query or parts.fragment or parts.username:
        raise _bad(text)
    plain = parts.scheme == "http"
    if plain and not insecure_http and not _is_loopback(host):
        raise Problem(
            "insecure_address",
            f"http://{host} is not encrypted outside; use https://, or --insecure-http if you accept that "
            "others on the way see which site you use (text and keys stay encrypted inside)",
            Exit.UNREACHABLE,
        )
    socket = _joined(parts, "ws" if plain else "wss", CHANNEL_PATH)
    return Address(_joined(parts, parts.scheme, ""), socket, host, plain)


def _joined(parts: SplitResult, scheme: str, path: str) -> str:
    return f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}{path}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _bad(text: str) -> Problem:
    message = f"{text!r} is no address of a site; it looks like https://example.org"
    return Problem("bad_address", message, Exit.UNREACHABLE)
