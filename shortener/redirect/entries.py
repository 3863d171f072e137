"""What a process remembers of one link: everything that the answer depends on, taken apart once."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db.models import QuerySet

from meatlizard.kept_sql import KeptSelect, given
from shortener import blocking, rules
from shortener.models import Domain, Link
from shortener.targets import ascii_host

STATUS_HEADERS: Final = ((b"content-length", b"0"), (b"cache-control", b"private, no-store"))
"""Browsers that kept an answer would follow it past its end, and their clicks would not be counted."""

SAFE_QUERY: Final = "%/:?@!$&'()*+,;=~-._[]"


@dataclass(frozen=True, slots=True)
class Place:
    """An address with room for a query."""

    before: bytes
    joint: bytes
    after: bytes

    @classmethod
    def of(cls, url: str) -> "Place":
        before, hash_, fragment = url.partition("#")
        joint = "" if before.endswith(("?", "&")) else "&" if "?" in before else "?"
        return cls(before.encode(), joint.encode(), f"{hash_}{fragment}".encode())

    def with_query(self, query: bytes) -> bytes:
        """``query`` as it came, and nothing in it that ends a header or an address."""
        if not query:
            return self.before + self.after
        clean = quote(query, safe=SAFE_QUERY).encode()
        return self.before + self.joint + clean + self.after


@dataclass(slots=True)
class Entry:
    """``plain``: the same answer for everybody at any time, which is ``start``. ``spent``: no click is left, as far as is known."""

    link: int
    status: int
    place: Place
    forward: bool
    rules: tuple[rules.Rule, ...]
    places: tuple[tuple[Place, ...], ...]
    not_before: float
    not_after: float
    limited: bool
    spent: bool
    fallback: Place | None
    locked: bool
    ask: bool
    plain: bool = False
    start: dict[str, Any] = field(default_factory=dict)

    def open_at(self, now: float) -> bool:
        return self.not_before <= now < self.not_after


@dataclass(frozen=True, slots=True)
class OwnHost:
    """A domain of ours: where its front page and what it does not know lead; None: to a page of this site."""

    home: bytes | None
    not_found: bytes | None


def answer(status: int, location: bytes) -> dict[str, Any]:
    """The beginning of an ASGI response."""
    return {"type": "http.response.start", "status": status, "headers": [(b"location", location), *STATUS_HEADERS]}


def _rows() -> "QuerySet[Link]":
    return Link.objects.filter(slug=given(Link, "slug"), disabled=False, taken_down=None).select_related("owner")


_own = KeptSelect(lambda: _rows().filter(domain=None))
_foreign = KeptSelect(lambda: _rows().filter(domain__host=given(Domain, "host"), domain__enabled=True))


def load(host: str, slug: str) -> Entry | None:
    """Reads a link by its address; None when it leads nowhere: unknown, disabled, taken down, its owner shut out, its host blocked.

    As :func:`shortener.access.link_at`, with SQL that is kept: links of which each is opened now and then are read over and over.
    """
    row = _foreign.first(slug=slug, host=host) if host else _own.first(slug=slug)
    if row is None or row.owner.is_suspended or not row.owner.is_active:
        return None
    return compiled(row)


def compiled(row: Link) -> Entry | None:
    """None for a link to a host that is blocked by now."""
    wanted = rules.read(row.rules) if row.rules else ()
    addresses = [row.target, *([row.fallback] if row.fallback else [])]
    addresses += [share.target for rule in wanted for share in rule.targets]
    hosts = {ascii_host(urlsplit(address).hostname or "") for address in addresses}
    if blocking.blocked(hosts):
        return None
    entry = Entry(
        link=row.pk, status=row.status, place=Place.of(row.target), forward=row.forward_query, rules=wanted,
        places=tuple(tuple(Place.of(share.target) for share in rule.targets) for rule in wanted),
        not_before=_stamp(row.not_before, float("-inf")), not_after=_stamp(row.not_after, float("inf")),
        limited=row.max_clicks is not None, spent=row.max_clicks is not None and row.passed >= row.max_clicks,
        fallback=Place.of(row.fallback) if row.fallback else None, locked=bool(row.password), ask=asks(hosts),
    )  # fmt: skip
    always = entry.not_before == float("-inf") and entry.not_after == float("inf")
    entry.plain = always and not (wanted or entry.limited or entry.locked or entry.ask or entry.forward)
    entry.start = answer(entry.status, entry.place.with_query(b""))
    return entry


def asks(hosts: Sequence[str] | set[str]) -> bool:
    """Whether visitors are told first where the link leads."""
    if settings.LINK_INTERSTITIAL == "off":
        return False
    return settings.LINK_INTERSTITIAL == "all" or not all(blocking.known(host) for host in hosts)


def own_hosts() -> dict[str, OwnHost]:
    return {
        row.host: OwnHost(row.home.encode() or None, row.not_found.encode() or None)
        for row in Domain.objects.filter(enabled=True)
    }


def _stamp(moment: datetime.datetime | None, otherwise: float) -> float:
    return otherwise if moment is None else moment.timestamp()
