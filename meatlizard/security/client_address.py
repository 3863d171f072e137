"""Whose address a request comes from. ``X-Forwarded-For`` counts only as far as configured proxies have written it."""

import functools
import ipaddress
from collections.abc import Mapping
from typing import Any, TypeAlias

from django.conf import settings
from django.http import HttpRequest

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Source: TypeAlias = HttpRequest | Mapping[str, Any]

MAX_HOPS = 20
"""Hops of ``X-Forwarded-For`` that are looked at, from the right."""

UNKNOWN = "0.0.0.0"  # noqa: S104  (an address, not a bind)


def client_address(source: Source) -> str:
    """Address of the client of a request or of an ASGI scope; ``0.0.0.0`` when the server could not tell.

    Read from the right, every hop that one of ``TRUSTED_PROXIES`` wrote is believed; the first that is no such proxy is the client.
    What stands left of it the client may have invented.
    """
    return address_told(_peer(source), _header(source, "x-forwarded-for"))


def address_told(peer: str, forwarded: str) -> str:
    """The same of who is connected and of all values of ``X-Forwarded-For``, joined by commas."""
    who = peer
    if forwarded:
        for hop in [hop for hop in map(str.strip, reversed(forwarded.split(","))) if hop][:MAX_HOPS]:
            if not is_trusted_proxy(who) or _parse(hop) is None:
                break
            who = hop
    return _canonical(who)


def address_key(source: Source) -> str:
    """What limits are counted by: the IPv4 address, or the /64 network, since a household has as many IPv6 addresses as it likes."""
    address = ipaddress.ip_address(client_address(source))
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_trusted_proxy(address: Address | str) -> bool:
    """Whether ``address`` is of TRUSTED_PROXIES."""
    parsed = _parse(address) if isinstance(address, str) else address
    return parsed is not None and any(parsed in network for network in settings.TRUSTED_PROXIES)


def was_forwarded(source: Source) -> bool:
    """Whether some proxy, trusted or not, left its mark on the request."""
    names = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded", "via")
    return any(_header(source, name) for name in names)


def _peer(source: Source) -> str:
    if isinstance(source, HttpRequest):
        return str(source.META.get("REMOTE_ADDR") or "")
    client = source.get("client")
    return str(client[0]) if client else ""


def _header(source: Source, name: str) -> str:
    """All values of a header, joined as one list."""
    if isinstance(source, HttpRequest):
        return str(source.META.get("HTTP_" + name.upper().replace("-", "_"), ""))
    wanted = name.encode()
    return ",".join(value.decode("latin-1") for key, value in source.get("headers", ()) if key.lower() == wanted)


@functools.lru_cache(4_096)
def _canonical(text: str) -> str:
    address = _parse(text)
    return UNKNOWN if address is None else str(address)


@functools.lru_cache(4_096)
def _parse(text: str) -> Address | None:
    # Kept, since taking an address apart costs more than all else that is done with it.
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        # IPv4 with a port, as some balancers write it.
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
