"""What happens to a visitor of a link: the steps are the same in front of Django and on its pages."""

import datetime
import enum
import functools
import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, quote, urlsplit

from meatlizard.security.client_address import client_address
from shortener.redirect.agents import is_bot
from shortener.redirect.countries import countries
from shortener.redirect.entries import Entry
from shortener.rules import ByCountry, Visitor, choose

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

MAX_LANGUAGES: Final = 10
MAX_PARAMETERS: Final = 50


class Step(enum.Enum):
    """What comes next. ``PREVIEW``: a bot at a link whose clicks are counted out sees where it is, and takes none of them."""

    PASS = "pass"
    ELSEWHERE = "elsewhere"
    NOWHERE = "nowhere"
    PASSWORD = "password"
    ASK = "ask"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came: ``headers`` and ``client`` of the ASGI scope, and the query's bytes."""

    headers: Headers
    client: Any
    query: bytes = b""

    def header(self, name: bytes) -> str:
        return next((value.decode("latin-1") for key, value in self.headers if key == name), "")

    def address(self) -> str:
        return client_address({"client": self.client, "headers": self.headers})


def step(entry: Entry, seen: Seen, *, unlocked: bool = False, confirmed: bool = False) -> Step:
    """Before a click is taken from a limited link, which is the last thing that may fail."""
    if entry.spent or not entry.open_at(time.time()):
        return closed(entry)
    if entry.locked and not unlocked:
        return Step.PASSWORD
    if entry.ask and not confirmed:
        return Step.ASK
    if entry.limited and is_bot(seen.header(b"user-agent")):
        return Step.PREVIEW
    return Step.PASS


def closed(entry: Entry) -> Step:
    return Step.ELSEWHERE if entry.fallback is not None else Step.NOWHERE


def led_to(entry: Entry, seen: Seen) -> tuple[bytes, str]:
    """The address that this visitor gets, and which rule decided (as :class:`shortener.models.Click` keeps it)."""
    place, route = entry.place, ""
    if entry.rules:
        chosen = choose(entry.rules, visitor(entry, seen))
        if chosen is not None:
            place, route = entry.places[chosen[0]][chosen[1]], name_of(entry, chosen)
    return place.with_query(seen.query if entry.forward else b""), route


def name_of(entry: Entry, chosen: tuple[int, int]) -> str:
    """``2``, or ``2b`` for one of several targets."""
    rule, share = chosen
    several = len(entry.places[rule]) > 1
    return f"{rule + 1}{'abcdefghij'[share] if several else ''}"


def visitor(entry: Entry, seen: Seen) -> Visitor:
    agent = seen.header(b"user-agent")
    address = seen.address()
    asked = any(isinstance(condition, ByCountry) for rule in entry.rules for condition in rule.conditions)
    return Visitor(
        agent=agent,
        languages=languages(seen.header(b"accept-language")),
        country=countries.of(address) if asked else "",
        query=tuple(_parameters(seen.query)),
        referrer=referrer_host(seen.header(b"referer")),
        now=datetime.datetime.now(datetime.UTC),
        draw=_draw(entry.link, address, agent),
    )


@functools.lru_cache(1_024)
def languages(header: str) -> tuple[str, ...]:
    """Of ``Accept-Language``, the most wanted first; those with weight nought are left out."""
    weighted = []
    for part in header[:500].lower().split(",")[:MAX_LANGUAGES]:
        name, _semicolon, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if name and weight > 0:
            weighted.append((-weight, name))
    return tuple(name for _weight, name in sorted(weighted, key=lambda one: one[0]))


def referrer_host(header: str) -> str:
    """Without ``www.``; empty for what is no address of the web."""
    try:
        parts = urlsplit(header[:2_000])
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host.isascii() or not host.isprintable():
        return ""
    return host.removeprefix("www.")[:120]


def quote_path(path: str) -> bytes:
    """A path as it is sent."""
    return quote(path, safe="/@+~").encode()


def _parameters(query: bytes) -> Iterable[tuple[str, str]]:
    try:
        return parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return ()


def _draw(link: int, address: str, agent: str) -> float:
    """The same for the same visitor during a day, and different from link to link; kept nowhere."""
    told = f"{link} {int(time.time() // 86_400)} {address} {agent}"
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=6).digest()) / 2**48
