# ruff: noqa: N815  (names of theirs)
"""What Shlink's clients send and read, as its REST API of version 3 describes it (shlink.io, "API spec")."""

import datetime
from collections.abc import Callable
from typing import Annotated, Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shortener.addresses import address_of
from shortener.api.shapes import Moment
from shortener.details import MAX_LIMIT, MAX_TAGS, MAX_TITLE, Details, storable
from shortener.finding import Wanted, narrowed
from shortener.models import Click, Link
from shortener.models.links import MAX_HOST, MAX_SLUG, MAX_URL

ORDERS = {
    "dateCreated": "created", "shortCode": "slug", "longUrl": "target", "title": "title", "visits": "clicks", "nonBotVisits": "clicks",
}  # fmt: skip


class Edited(BaseModel):
    """Keys that we have nothing for (``crawlable``) are let pass, as clients send them."""

    model_config = ConfigDict(extra="ignore")

    longUrl: Annotated[str, Field(min_length=1, max_length=MAX_URL)] = ""
    title: Annotated[str, Field(max_length=MAX_TITLE)] | None = None
    tags: Annotated[list[str], Field(max_length=MAX_TAGS)] = []
    forwardQuery: bool = True
    validSince: Moment | None = None
    validUntil: Moment | None = None
    maxVisits: Annotated[int, Field(ge=1, le=MAX_LIMIT)] | None = None

    def details(self) -> Details:
        names: dict[str, tuple[str, Callable[[Any], Any]]] = {
            "longUrl": ("target", str), "title": ("title", lambda value: value or ""), "tags": ("tags", list), "forwardQuery": ("forward_query", bool),
            "validSince": ("not_before", lambda value: value), "validUntil": ("not_after", lambda value: value),
            "maxVisits": ("max_clicks", lambda value: value),
        }  # fmt: skip
        said: Any = {
            name: read(getattr(self, key)) for key, (name, read) in names.items() if key in self.model_fields_set
        }
        return said  # type: ignore[no-any-return]


class Created(Edited):
    longUrl: Annotated[str, Field(min_length=1, max_length=MAX_URL)]
    customSlug: Annotated[str, Field(max_length=MAX_SLUG)] = ""
    shortCodeLength: Annotated[int, Field(ge=4, le=64)] | None = None
    domain: Annotated[str, Field(max_length=MAX_HOST)] = ""
    findIfExists: bool = False


class Renamed(BaseModel):
    oldName: str = Field(min_length=1, max_length=40)
    newName: str = Field(min_length=1, max_length=40)


class Page(BaseModel):
    """``itemsPerPage`` -1: all, of which there is an end here."""

    page: int = Field(1, ge=1, le=10**9)
    itemsPerPage: int = Field(10, ge=-1, le=10_000)
    startDate: Moment | None = None
    endDate: Moment | None = None

    @property
    def size(self) -> int:
        return self.itemsPerPage if self.itemsPerPage > 0 else 10_000

    def within(self, field: str) -> dict[str, datetime.datetime]:
        sides = {f"{field}__gte": self.startDate, f"{field}__lte": self.endDate}
        return {name: moment for name, moment in sides.items() if moment is not None}

    def cut(self, rows: "QuerySet[Any]") -> tuple[list[Any], dict[str, int]]:
        count = rows.count()
        pagination = {
            "currentPage": self.page, "pagesCount": -(-count // self.size), "itemsPerPage": self.size, "totalItems": count,
        }  # fmt: skip
        found = list(rows[(self.page - 1) * self.size : self.page * self.size])
        return found, pagination | {"itemsInCurrentPage": len(found)}


class Listed(Page):
    searchTerm: Annotated[str, Field(max_length=200)] = ""
    tags: Annotated[list[str], Field(max_length=MAX_TAGS)] = []
    tagsMode: str = "any"
    domain: Annotated[str, Field(max_length=MAX_HOST)] = ""
    orderBy: str = ""
    excludeMaxVisitsReached: bool = False
    excludePastValidUntil: bool = False

    def of(self, rows: "QuerySet[Link]") -> "QuerySet[Link]":
        rows = narrowed(rows, Wanted(text=self.searchTerm, host="-" if self.domain == "DEFAULT" else self.domain))
        rows = rows.filter(**self.within("created"))
        tags = [tag.replace("\x00", "").lower() for tag in self.tags]
        for wanted in [[tag] for tag in tags] if self.tagsMode == "all" else [tags]:
            if wanted:
                rows = rows.filter(pk__in=Link.objects.filter(tags__name__in=wanted).values("pk"))
        if self.excludeMaxVisitsReached:
            rows = rows.filter(Q(max_clicks=None) | Q(passed__lt=F("max_clicks")))
        if self.excludePastValidUntil:
            rows = rows.filter(Q(not_after=None) | Q(not_after__gt=timezone.now()))
        name, _dash, direction = self.orderBy.partition("-")
        by = ORDERS.get(name, "created")
        descending = direction == "DESC" or not self.orderBy
        return rows.order_by(f"-{by}" if descending else by, "-pk")


class Visits(Page):
    domain: Annotated[str, Field(max_length=MAX_HOST), AfterValidator(storable)] = ""
    excludeBots: bool = False


def shown(link: Link) -> dict[str, Any]:
    return {
        "shortCode": link.slug, "shortUrl": address_of(link), "longUrl": link.target, "dateCreated": _stamp(link.created),
        "visitsSummary": summary(link.clicks, link.bot_clicks), "tags": [tag.name for tag in link.tags.all()],
        "meta": {"validSince": _stamp(link.not_before), "validUntil": _stamp(link.not_after), "maxVisits": link.max_clicks},
        "domain": link.domain.host if link.domain is not None else None, "title": link.title or None, "crawlable": False,
        "forwardQuery": link.forward_query, "hasRedirectRules": bool(link.rules),
    }  # fmt: skip


def summary(people: int, bots: int) -> dict[str, int]:
    return {"total": people + bots, "nonBots": people, "bots": bots}


def shown_visit(click: Click, address: str) -> dict[str, Any]:
    """Of the agent its browser and system are kept, and no more."""
    where = None
    if click.country:
        where = {
            "countryCode": click.country, "countryName": click.country, "regionName": None, "cityName": None, "latitude": None,
            "longitude": None, "timezone": None, "isEmpty": False,
        }  # fmt: skip
    return {
        "referer": click.referrer, "date": _stamp(click.at), "userAgent": " ".join(filter(None, (click.browser, click.system))),
        "visitLocation": where, "potentialBot": click.bot, "visitedUrl": address, "redirectUrl": None,
    }  # fmt: skip


def _stamp(moment: datetime.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(datetime.UTC).isoformat(timespec="seconds")
