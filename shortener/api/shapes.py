"""What links look like to programs."""

import datetime
from typing import Annotated, Any

from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field

from meatlizard.security.passwords import MAX_PASSWORD
from shortener.addresses import address_of
from shortener.details import MAX_LIMIT, MAX_NOTES, MAX_TAGS, MAX_TITLE
from shortener.models import Link
from shortener.models.links import MAX_HOST, MAX_SLUG, MAX_URL
from shortener.rules import MAX_RULES, Rule

MAX_AT_ONCE = 1_000


def _kept(moment: datetime.datetime) -> datetime.datetime:
    """Without a zone it is UTC. Beyond these years a database, or another zone, has no room."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    if not 1970 <= aware.year <= 2999:
        raise ValueError("the year lies between 1970 and 2999")
    return aware.astimezone(datetime.UTC)


Moment = Annotated[datetime.datetime, AfterValidator(_kept)]
Key = Annotated[int, Field(ge=1, lt=2**63)]


class Strict(Schema):
    model_config = ConfigDict(extra="forbid")


class Said(Strict):
    """What can be said of a link, when it is made and later. What is left out stays as it is."""

    title: str = Field("", max_length=MAX_TITLE)
    notes: str = Field("", max_length=MAX_NOTES)
    tags: list[str] = Field([], max_length=MAX_TAGS)
    folder: str = Field("", max_length=80, description=gettext_noop("its name; made when it is new; empty: in none"))
    status: int = Field(302, description=gettext_noop("301, 302, 307 or 308"))
    forward_query: bool = Field(False, description=gettext_noop("what stands behind ? goes on to the target"))
    password: str = Field("", max_length=MAX_PASSWORD, description=gettext_noop("empty: none"))
    not_before: Moment | None = None
    not_after: Moment | None = None
    max_clicks: Annotated[int, Field(ge=1, le=MAX_LIMIT)] | None = None
    fallback: str = Field(
        "",
        max_length=MAX_URL,
        description=gettext_noop("where it leads before and after its time, and beyond its clicks"),
    )
    rules: list[Rule] = Field([], max_length=MAX_RULES, description=gettext_noop("the first that fits decides"))
    public_stats: bool = False
    disabled: bool = False


class Wish(Said):
    """A link that is to be made."""

    target: str = Field(min_length=1, max_length=MAX_URL)
    slug: str = Field("", max_length=MAX_SLUG, description=gettext_noop("empty: one is made"))
    style: str = Field("random", description=gettext_noop("random or words: how the slug is made"))


class WishAt(Wish):
    domain: str = Field("", max_length=MAX_HOST, description=gettext_noop("its host; empty: the site's own address"))


class Change(Said):
    target: str = Field("", min_length=1, max_length=MAX_URL)
    slug: str = Field("", min_length=1, max_length=MAX_SLUG)


class Wishes(Strict):
    links: list[Wish] = Field(min_length=1, max_length=MAX_AT_ONCE)
    domain: str = Field("", max_length=MAX_HOST)


class ChangeOfMany(Said):
    """The same for all. Tags are added to those there are."""

    target: str = Field("", min_length=1, max_length=MAX_URL)


class Changes(Strict):
    ids: list[Key] = Field(min_length=1, max_length=MAX_AT_ONCE)
    change: ChangeOfMany


class Keys(Strict):
    ids: list[Key] = Field(min_length=1, max_length=MAX_AT_ONCE)


class LinkShape(Schema):
    id: int
    short_url: str
    domain: str
    slug: str
    target: str
    title: str
    notes: str
    tags: list[str]
    folder: str
    status: int
    forward_query: bool
    has_password: bool
    not_before: datetime.datetime | None
    not_after: datetime.datetime | None
    max_clicks: int | None
    passed: int = Field(description=gettext_noop("clicks that counted against max_clicks"))
    fallback: str
    rules: list[dict[str, Any]]
    public_stats: bool
    disabled: bool
    taken_down: datetime.datetime | None
    taken_down_why: str
    created: datetime.datetime
    updated: datetime.datetime
    clicks: int = Field(description=gettext_noop("without bots"))
    bot_clicks: int
    last_click: datetime.datetime | None

    @staticmethod
    def resolve_short_url(link: Link) -> str:
        return address_of(link)

    @staticmethod
    def resolve_domain(link: Link) -> str:
        return link.domain.host if link.domain is not None else ""

    @staticmethod
    def resolve_tags(link: Link) -> list[str]:
        return [tag.name for tag in link.tags.all()]

    @staticmethod
    def resolve_folder(link: Link) -> str:
        return link.folder.name if link.folder is not None else ""

    @staticmethod
    def resolve_has_password(link: Link) -> bool:
        return bool(link.password)


class OutcomeShape(Schema):
    link: LinkShape | None
    error: str = Field(description=gettext_noop("empty: it was done"))


class Outcomes(Schema):
    outcomes: list[OutcomeShape]


class Deleted(Schema):
    deleted: int


class Tag(Schema):
    name: str
    links: int


class Folder(Schema):
    id: int
    name: str


class FolderName(Strict):
    name: str = Field(min_length=1, max_length=80)


class Moments(Schema):
    at: datetime.datetime
    clicks: int
    bots: int


class Share(Schema):
    value: str = Field(description=gettext_noop("empty: not known, or not told"))
    clicks: int


class Statistics(Schema):
    since: datetime.datetime
    until: datetime.datetime
    step: str = Field(description=gettext_noop("hour, day or month"))
    clicks: int
    bots: int
    visitors: int
    series: list[Moments]
    by: dict[str, list[Share]] = Field(
        description=gettext_noop("referrer, country, browser, system, device, language, route")
    )


class ClickShape(Schema):
    at: datetime.datetime
    bot: bool
    referrer: str
    country: str
    browser: str
    system: str
    device: str
    language: str
    route: str
