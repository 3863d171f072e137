"""What is kept of a request that was answered, and what is not: no address leaves this module."""

import datetime
import hashlib
import secrets
import time
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from django.conf import settings

from meatlizard.security.client_address import address_told
from shortener.models import Salt
from shortener.redirect.agents import MAX_AGENT
from shortener.redirect.countries import countries
from shortener.redirect.visits import Headers, languages, referrer_host

Raw: TypeAlias = tuple[int, float, Headers, Any, str]
"""Link, time, and of the ASGI scope the headers and the client; the route."""

Noted: TypeAlias = tuple[int, int, str, str, str, str, str, str]
"""Link, second, visitor, referrer, country, agent, language, route."""

FORWARDED: Final = b"x-forwarded-for"
DAY: Final = 86_400
YIELD_EVERY: Final = 200
"""Clicks; a millisecond. Without that the event loop waits five at each turn, until the interpreter takes the turn away."""


def note(raw: list[Raw]) -> list[Noted]:
    """Asks no database. Yields to the threads that answer now and then: it is a long run of small steps."""
    countries.look()
    noted = []
    for place, one in enumerate(raw):
        noted.append(_noted(*one))
        if not place % YIELD_EVERY:
            time.sleep(0)
    return noted


def _noted(link: int, at: float, headers: Headers, client: Any, route: str) -> Noted:
    agent = referrer = spoken = forwarded = ""
    untracked = False
    for name, value in headers:
        if name == b"user-agent":
            agent = value.decode("latin-1")[:MAX_AGENT].replace("\x00", "")
        elif name == b"referer":
            referrer = referrer_host(value.decode("latin-1"))
        elif name == b"accept-language":
            spoken = value.decode("latin-1")
        elif name == FORWARDED:
            forwarded = f"{forwarded},{value.decode('latin-1')}"
        elif name in (b"dnt", b"sec-gpc") and value == b"1":
            untracked = settings.LINK_DNT
    second = int(at)
    if untracked:
        # That somebody came, and whether it was a bot; nothing else.
        return (link, second, "", "", "", agent, "", route)
    address = address_told(client[0] if client else "", forwarded)
    said = languages(spoken)
    language = said[0][:20] if said and said[0].isascii() and said[0].isprintable() else ""
    return (
        link,
        second,
        _visitor(second, link, address, agent),
        referrer,
        countries.of(address),
        agent,
        language,
        route,
    )


def _visitor(second: int, link: int, address: str, agent: str) -> str:
    """The same for one visitor of one link during a day, and nobody can tell whose once the day's salt is gone."""
    told = f"{link}\n{address}\n{agent}".encode(errors="replace")
    return hashlib.blake2b(told, digest_size=8, key=_salts.of(second // DAY)).hexdigest()


class _Salts:
    """Of the days around now; from the database, so that all processes have the same. To note a click never waits for it."""

    def __init__(self) -> None:
        self._known: dict[int, bytes] = {}
        # Without a database visitors are told apart in this process alone: better a few counted twice than none.
        self._interim = secrets.token_bytes(32)

    def of(self, day: int) -> bytes:
        return self._known.get(day, self._interim)

    def prepare(self, days: Iterable[int]) -> None:
        wanted = set(days)
        missing = wanted - self._known.keys()
        if missing:
            found = {day: _stored_salt(day) for day in missing}
            self._known = {day: salt for day, salt in self._known.items() if day in wanted} | found

    def forget(self) -> None:
        self._known.clear()


def _stored_salt(day: int) -> bytes:
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
    row, _made = Salt.objects.get_or_create(day=date, defaults={"value": secrets.token_bytes(32)})
    return bytes(row.value)


_salts = _Salts()
forget_salts = _salts.forget


def prepare_salts(*more: int) -> None:
    """Of yesterday, today and tomorrow (and ``more`` days since 1970); asks the database when the day has changed, and raises its errors."""
    today = int(time.time() // DAY)
    _salts.prepare((today - 1, today, today + 1, *more))
