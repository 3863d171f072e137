"""Searching the web: one interface to the services that do it, asked in the operator's order until one answers.

What each of them speaks stands in :mod:`chat.tools.web.providers`. Which there are, and with which keys, is said in the settings.
"""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from chat.tools.web.providers.brave import Brave
from chat.tools.web.providers.found import Found, Provider
from chat.tools.web.providers.searxng import SearXNG
from chat.tools.web.providers.tavily import Tavily
from meatlizard.errors import Unavailable
from meatlizard.security.fetch import Fetcher, Unreachable

log = logging.getLogger(__name__)

SECONDS: Final = 6.0
"""That one service may take."""

ANSWER: Final = 2_000_000
"""Bytes of its answer."""

REMEMBERED: Final = 600
"""Seconds for which the same question is answered from memory, whoever asks it."""

RESTS: Final = 60.0
"""Seconds for which a service that failed comes last."""

MOST: Final = 10


def configured() -> list[Provider]:
    """Those for which the settings have what they need, in the operator's order."""
    ready: Mapping[str, Callable[[], Provider]] = {
        "searxng": lambda: SearXNG(settings.SEARXNG_URL, Fetcher.of_operator(seconds=SECONDS, most=ANSWER)),
        "brave": lambda: Brave(settings.BRAVE_SEARCH_KEY, Fetcher(seconds=SECONDS, most=ANSWER)),
        "tavily": lambda: Tavily(settings.TAVILY_KEY, Fetcher(seconds=SECONDS, most=ANSWER)),
    }
    return [ready[name]() for name in settings.SEARCH_PROVIDERS]


class Search:
    """``providers`` and ``clock`` are for tests."""

    def __init__(
        self, providers: Callable[[], Sequence[Provider]] = configured, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._providers, self._clock = providers, clock
        self._resting: dict[str, float] = {}
        self._lock = threading.Lock()

    def find(self, query: str, most: int = MOST) -> tuple[str, list[Found]]:
        """The name of who answered, and what was found. Raises Unavailable when nobody does."""
        providers = self._in_order()
        key = _key(query, most, [provider.name for provider in self._providers()])
        if (known := cache.get(key)) is not None:
            name, rows = known
            return name, [Found(*row) for row in rows]
        for provider in providers:
            try:
                found = _distinct(provider.search(query, most))[:most]
            except Unreachable as error:
                self._rest(provider.name)
                log.warning("web.search_failed", extra={"provider": provider.name, "answered": error.answered})
                continue
            cache.set(
                key,
                (provider.name, [(one.title, one.address, one.excerpt, one.published) for one in found]),
                REMEMBERED,
            )
            return provider.name, found
        raise Unavailable(_("No search service answers at the moment. Try again later."), code="search_unavailable")

    def _in_order(self) -> list[Provider]:
        now = self._clock()
        with self._lock:
            resting = {name for name, until in self._resting.items() if until > now}
        return sorted(self._providers(), key=lambda provider: provider.name in resting)

    def _rest(self, name: str) -> None:
        with self._lock:
            self._resting[name] = self._clock() + RESTS


def _distinct(found: Sequence[Found]) -> list[Found]:
    """Of addresses that can be opened, each once."""
    web = (one for one in found if one.address.startswith(("http://", "https://")) and len(one.address) <= 2_000)
    return list({one.address: one for one in reversed(list(web))}.values())[::-1]


def _key(query: str, most: int, names: Sequence[str]) -> str:
    asked = json.dumps([" ".join(query.split()).casefold(), most, *names])
    return f"web-search:{hashlib.sha256(asked.encode()).hexdigest()}"
