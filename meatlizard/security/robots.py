"""What a site asks programs not to fetch: ``robots.txt`` by RFC 9309.

The rules are pure (:func:`parse`, :class:`Rules`); :class:`Robots` fetches and remembers them for each site, through the guarded fetcher.
"""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from meatlizard.security.fetch import PORTS, PRODUCT, Fetcher, Unreachable

PARSED: Final = 512_000
"""Bytes of a file that are looked at; the RFC asks for 500 KiB at least."""

KEPT: Final = 12 * 3600.0
"""Seconds that rules hold; the RFC allows a day."""

KEPT_UNREACHABLE: Final = 300.0
SITES: Final = 1_000
"""Whose rules are remembered in this process."""

_TOKEN: Final = re.compile(r"[a-zA-Z_-]+|\*")
_ENCODED: Final = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]")


@dataclass(frozen=True, slots=True)
class Rules:
    """Patterns with whether they allow, the most specific first; of two as specific, the one that allows."""

    patterns: tuple[tuple[str, bool], ...] = ()

    def allow(self, target: str) -> bool:
        """Whether ``target``, a path with its query, may be fetched."""
        if target == "/robots.txt":
            return True
        path = _comparable(target).replace("*", "%2A").replace("$", "%24")
        return next((allows for pattern, allows in self.patterns if _matches(pattern, path)), True)


EVERYTHING: Final = Rules()
NOTHING: Final = Rules((("/", False),))


def parse(text: str, product: str = PRODUCT) -> Rules:
    """The rules for ``product``: of all groups that name it, else of those for everybody."""
    own, others, named = [], [], False
    for names, found in _groups(text.removeprefix("\ufeff").splitlines()):
        if product.lower() in names:
            named = True
            own += found
        elif "*" in names:
            others += found
    chosen = own if named else others
    return Rules(tuple(sorted(dict.fromkeys(chosen), key=lambda rule: (-len(rule[0]), not rule[1]))))


def _groups(lines: Iterable[str]) -> Iterator[tuple[set[str], list[tuple[str, bool]]]]:
    names: set[str] = set()
    rules: list[tuple[str, bool]] = []
    ruled = False
    for line in lines:
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent" and colon:
            if ruled:
                yield names, rules
                names, rules, ruled = set(), [], False
            if token := _TOKEN.match(value):
                names.add(token[0].lower())
        elif key in ("allow", "disallow"):
            ruled = True
            if value.startswith(("/", "*")):
                rules.append((_comparable(value), key == "allow"))
    yield names, rules


def _comparable(path: str) -> str:
    """With everything percent-encoded that may be, and nothing that need not be: two ways to write one path become one."""
    written = quote(path, safe="/%:@!$&'()*+,;=~?[]")
    return _ENCODED.sub(_decoded, written)


def _decoded(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if _UNRESERVED.match(letter) else found[0].upper()


def _matches(pattern: str, path: str) -> bool:
    """``*`` stands for anything, ``$`` at the end for the end. Takes time that grows with the lengths, and not with their product."""
    whole = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    if not rest:
        return not whole or len(path) == len(first)
    at = len(first)
    *middle, last = rest
    for part in middle:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return path.endswith(last) and len(path) - len(last) >= at if whole else path.find(last, at) >= 0


class Robots:
    """The rules of sites, each asked for once in a while. ``clock`` is for tests."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher, self._clock = fetcher, clock
        self._known: OrderedDict[str, tuple[float, Rules]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, url: str) -> None:
        """Raises Unreachable where the site of ``url`` asks programs to stay away, and the operator wants that respected."""
        if not settings.FETCH_ROBOTS:
            return
        try:
            parts = urlsplit(url)
            site = f"{parts.scheme}://{parts.netloc.lower()}"
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        except ValueError:
            return
        # What is no address of the web at all is for the fetcher to say.
        if parts.scheme in PORTS and not self._rules(site).allow(target):
            raise Unreachable(_("This site asks programs not to fetch this page (robots.txt)."), code="robots")

    def _rules(self, site: str) -> Rules:
        now = self._clock()
        with self._lock:
            if (known := self._known.get(site)) and known[0] > now:
                self._known.move_to_end(site)
                return known[1]
        rules, kept = self._fetched(site)
        with self._lock:
            self._known[site] = (now + kept, rules)
            self._known.move_to_end(site)
            while len(self._known) > SITES:
                self._known.popitem(last=False)
        return rules

    def _fetched(self, site: str) -> tuple[Rules, float]:
        """A site that has no such file allows everything; one that cannot say at the moment allows nothing."""
        try:
            found = self._fetcher.get(f"{site}/robots.txt")
        except Unreachable as error:
            gone = 400 <= error.answered < 500 and error.answered != 429
            return (EVERYTHING, KEPT) if gone else (NOTHING, KEPT_UNREACHABLE)
        return parse(found.body[:PARSED].decode("utf-8", "replace")), KEPT
