"""Which of a link's targets a visitor gets. Pure: what is known of the visitor comes in, a target goes out.

Rules are asked in order; the first of which every condition holds decides, and otherwise the link's own target does. A rule with
several targets divides visitors among them by weight.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

MAX_RULES: Final = 20
MAX_SHARES: Final = 10

Device = Literal["android", "ios", "windows", "macos", "linux", "mobile", "tablet", "desktop"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a request tells. ``languages``: lower case, the most wanted first; ``referrer``: a host; ``draw``: 0 to 1, the same for one
    visitor during a day.
    """

    agent: str = ""
    languages: tuple[str, ...] = ()
    country: str = ""
    query: tuple[tuple[str, str], ...] = ()
    referrer: str = ""
    now: datetime.datetime = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    draw: float = 0.0


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _lower(text: str) -> str:
    return text.strip().lower()


def _storable(text: str) -> str:
    if "\x00" in text or text.encode(errors="replace").decode() != text:
        raise ValueError("this is no text")
    return text


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone named {name}") from None
    return name


Storable: TypeAlias = Annotated[str, AfterValidator(_storable)]
"""What a database takes: in PostgreSQL's JSON there is no NUL, and no half of a surrogate pair."""

Word: TypeAlias = Annotated[Storable, Field(min_length=1, max_length=100), AfterValidator(_lower)]
Words: TypeAlias = Annotated[tuple[Word, ...], Field(min_length=1, max_length=50)]
Clock: TypeAlias = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class ByDevice(_Part):
    type: Literal["device"] = "device"
    any_of: Annotated[tuple[Device, ...], Field(min_length=1)]

    def holds(self, visitor: Visitor) -> bool:
        return not devices(visitor.agent).isdisjoint(self.any_of)


class ByLanguage(_Part):
    """``de`` holds for ``de-AT``, too."""

    type: Literal["language"] = "language"
    any_of: Words

    def holds(self, visitor: Visitor) -> bool:
        return any(said == one or said.startswith(one + "-") for said in visitor.languages for one in self.any_of)


class ByCountry(_Part):
    """By ISO 3166 code, of the operator's GeoIP database. Unknown countries are none of them."""

    type: Literal["country"] = "country"
    any_of: Words

    def holds(self, visitor: Visitor) -> bool:
        return bool(visitor.country) and visitor.country.lower() in self.any_of


class ByQuery(_Part):
    """``value`` None: the parameter need only be there."""

    type: Literal["query"] = "query"
    name: Annotated[Storable, Field(min_length=1, max_length=100)]
    value: Annotated[Storable, Field(max_length=500)] | None = None

    def holds(self, visitor: Visitor) -> bool:
        return any(name == self.name and self.value in (None, value) for name, value in visitor.query)


class ByReferrer(_Part):
    """The host, or one below it."""

    type: Literal["referrer"] = "referrer"
    any_of: Words

    def holds(self, visitor: Visitor) -> bool:
        return any(visitor.referrer == host or visitor.referrer.endswith("." + host) for host in self.any_of)


class ByTime(_Part):
    """From ``start`` until before ``end``, over midnight when ``end`` is the earlier; ``days``: 0 is Monday, the day on which it began."""

    type: Literal["time"] = "time"
    start: Clock = "00:00"
    end: Clock = "00:00"
    days: Annotated[tuple[Annotated[int, Field(ge=0, le=6)], ...], Field(max_length=7)] = ()
    zone: Annotated[str, Field(max_length=60), AfterValidator(_known_zone)] = "UTC"

    def holds(self, visitor: Visitor) -> bool:
        there = visitor.now.astimezone(ZoneInfo(self.zone))
        clock = f"{there:%H:%M}"
        day = there.weekday()
        if self.start < self.end:
            within = self.start <= clock < self.end
        else:
            within = clock >= self.start or clock < self.end
            if clock < self.end:
                day = (day - 1) % 7
        return within and (not self.days or day in self.days)


class ByDate(_Part):
    """From ``since`` until before ``until``, either of which may be open."""

    type: Literal["date"] = "date"
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None

    def holds(self, visitor: Visitor) -> bool:
        return (self.since is None or visitor.now >= _aware(self.since)) and (
            self.until is None or visitor.now < _aware(self.until)
        )


Condition: TypeAlias = Annotated[
    ByDevice | ByLanguage | ByCountry | ByQuery | ByReferrer | ByTime | ByDate, Field(discriminator="type")
]


class Share(_Part):
    """``weight`` of the sum of all weights of the rule."""

    target: Annotated[str, Field(min_length=1)]
    weight: Annotated[int, Field(ge=1, le=1_000)] = 1


class Rule(_Part):
    """Without a condition it holds for everybody."""

    conditions: Annotated[tuple[Condition, ...], Field(max_length=10)] = ()
    targets: Annotated[tuple[Share, ...], Field(min_length=1, max_length=MAX_SHARES)]


Rules: TypeAdapter[tuple[Rule, ...]] = TypeAdapter(Annotated[tuple[Rule, ...], Field(max_length=MAX_RULES)])


def read(stored: Any) -> tuple[Rule, ...]:
    """Rules as they are stored with a link. Raises pydantic's ValidationError."""
    # JSON knows no tuples: lists are taken for them, and otherwise nothing for anything else.
    return Rules.validate_python(stored)


def choose(rules: Sequence[Rule], visitor: Visitor) -> tuple[int, int] | None:
    """Places of the rule and of its target that the visitor gets; None: the link's own."""
    for place, rule in enumerate(rules):
        if all(condition.holds(visitor) for condition in rule.conditions):
            return place, drawn([share.weight for share in rule.targets], visitor.draw)
    return None


def drawn(weights: Sequence[int], draw: float) -> int:
    """The place in ``weights`` at which ``draw`` of the whole lies."""
    left = draw * sum(weights)
    for place, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return place
    return len(weights) - 1


_TABLET = re.compile(r"iPad|Tablet|PlayBook|Silk(?!.*Mobile)|Kindle|Android(?!.*Mobile)")
_MOBILE = re.compile(r"Mobile|iPhone|iPod|Windows Phone|Opera Mini|IEMobile|BlackBerry")
_SYSTEMS: tuple[tuple[str, "re.Pattern[str]"], ...] = (
    ("ios", re.compile(r"iPhone|iPad|iPod")),
    ("windows", re.compile(r"Windows")),
    ("android", re.compile(r"Android")),
    ("macos", re.compile(r"Macintosh|Mac OS X")),
    ("linux", re.compile(r"Linux|CrOS|X11")),
)


def devices(agent: str) -> frozenset[str]:
    """What conditions may call the device: its system, and one of mobile, tablet, desktop. Empty for an agent that says nothing."""
    system = next((name for name, pattern in _SYSTEMS if pattern.search(agent)), "")
    if _TABLET.search(agent):
        kind = "tablet"
    elif _MOBILE.search(agent):
        kind = "mobile"
    else:
        kind = "desktop" if system in ("windows", "macos", "linux") else ""
    return frozenset(filter(None, (system, kind)))


def _aware(moment: datetime.datetime) -> datetime.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
