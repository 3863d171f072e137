"""What command lines say about a paste, in the words of several sites: how long it is kept, how often it is read, by whom. Pure."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.errors import Invalid
from paste import formats
from paste.actions import Terms
from paste.models import Paste
from paste.sealed.form import SECONDS

VISITOR_DAYS = 30
"""Of a paste without an account, where nothing is said. A member's has no end then."""

UNITS = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3_600, "hour": 3_600, "d": 86_400, "day": 86_400, "w": 604_800, "week": 604_800,
         "month": 2_592_000, "y": 31_536_000, "year": 31_536_000}  # fmt: skip
_DURATION = re.compile(r"(\d{1,6})\s*([a-z]+?)s?")
_NEVER = frozenset({"never", "0", "n"})
_NO = frozenset({"", "0", "no", "false", "off"})

EXPIRES = ("expires", "expire", "expiry", "expiration")
ONCE = ("oneshot", "burn", "once")
VIEWS = ("views", "max_views", "max-downloads")
FORMAT = ("format", "syntax", "lexer", "lang", "language")
CONTENT = ("content", "text", "code", "c", "paste", "data", "sprunge", "f:1")
"""Fields of forms, after the names that dpaste, pastebin, ix, sprunge and others have given them."""

KNOWN = frozenset(
    {
        *EXPIRES,
        *ONCE,
        *VIEWS,
        *FORMAT,
        *CONTENT,
        "key",
        "title",
        "password",
        "privacy",
        "filename",
        "secret",
        "max-days",
    }
)


@dataclass(frozen=True, slots=True)
class Options:
    terms: Terms
    title: str
    format: str
    name: str
    """Of the file, where the request does not name it."""


def read(said: Mapping[str, str], visitor: bool) -> Options:
    """``said``: fields of the form, parameters and headers, their names in small letters. Raises Invalid in words."""
    password = said.get("password", "")
    privacy = said.get("privacy", Paste.Privacy.PASSWORD if password else Paste.Privacy.UNLISTED)
    return Options(
        terms=Terms(privacy=privacy, password=password, expires=_expires(said, visitor), views=_views(said)),
        title=said.get("title", ""),
        format=_format(_first(said, FORMAT)),
        name=said.get("filename", ""),
    )


def _first(said: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((said[name].strip() for name in names if said.get(name, "").strip()), "")


def _expires(said: Mapping[str, str], visitor: bool) -> datetime.datetime | None:
    now = timezone.now()
    days = said.get("max-days", "").strip()
    text = _first(said, EXPIRES).lower() or (f"{days}d" if days else "")
    if not text:
        return now + datetime.timedelta(days=VISITOR_DAYS) if visitor else None
    if text in _NEVER:
        return None
    try:
        if text.isdecimal():
            # Hours, or a moment in milliseconds: as 0x0 reads it.
            number = int(text[:20])
            return _at(number / 1_000) if number > 1_000_000 else now + datetime.timedelta(hours=number)
        return now + datetime.timedelta(seconds=seconds(text))
    except OverflowError:
        raise _not_a_time() from None


def _at(moment: float) -> datetime.datetime:
    try:
        return datetime.datetime.fromtimestamp(moment, datetime.UTC)
    except (OverflowError, ValueError, OSError):
        raise _not_a_time() from None


def seconds(text: str) -> int:
    """Of ``10min``, ``2 hours``, ``1d``, ``1week``. Raises Invalid."""
    known = SECONDS.get(text)
    if known is not None:
        return known
    found = _DURATION.fullmatch(text)
    if found is None or found[2] not in UNITS:
        raise _not_a_time()
    return int(found[1]) * UNITS[found[2]]


def _not_a_time() -> Invalid:
    return Invalid(
        _("This is no time to be kept for. Say 10min, 2h, 1d, 1week, never, or a number of hours."), code="expiry_bad"
    )


def _views(said: Mapping[str, str]) -> int | None:
    if any(name in said and said[name].strip().lower() not in _NO - {""} for name in ONCE):
        return 1
    text = _first(said, VIEWS)
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise Invalid(_("Say as a number how often it can be read."), code="views_bad")
    return int(text)


def _format(text: str) -> str:
    """What another site calls otherwise is guessed from the text, not refused."""
    return text.lower() if text and formats.is_known(text.lower()) else ""
