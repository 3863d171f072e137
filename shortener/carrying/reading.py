"""Links out of files of other programs, by what their fields are called there.

JSON: answers of the APIs of Bitly (``links``), Shlink (``shortUrls.data``), Kutt (``data``) and YOURLS (``links.link_1``), our own export, or a plain
list. CSV with a line of names: exports of Bitly and Shlink's web client, tables of YOURLS, our own, or anybody's.
"""

import contextlib
import csv
import datetime
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from meatlizard.errors import Invalid
from shortener.files import plain

MAX_BYTES: Final = 1_000_000
MAX_LINKS: Final = 1_000

NAMES: Final = {
    "target": ("target", "longurl", "originalurl", "destinationurl", "destination", "url"),
    "slug": ("slug", "shortcode", "customslug", "keyword", "address", "backhalf"),
    "short": ("shorturl", "shortlink", "bitlink", "link", "id"),
    "title": ("title", "description"),
    "tags": ("tags",),
    "folder": ("folder",),
    "notes": ("notes",),
    "status": ("status",),
    "forward_query": ("forwardquery",),
    "not_before": ("notbefore", "validsince"),
    "not_after": ("notafter", "validuntil", "expirein", "expiresat", "expires"),
    "max_clicks": ("maxclicks", "maxvisits"),
    "fallback": ("fallback", "expiredurl"),
    "rules": ("rules",),
    "public_stats": ("publicstats",),
    "disabled": ("disabled", "banned", "archived"),
}
"""Our fields, and what others call them when letters and digits alone count."""

SIGNS: Final = frozenset(",|;[")
"""What stands between tags in a text, and what begins a list of them."""

YES: Final = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Found:
    """``place``: its number in the file. ``wanted``: as :func:`shortener.actions.create` takes it, with the name of a folder as ``folder``.
    ``trouble``: why it cannot be read; empty when it can."""

    place: int
    wanted: dict[str, Any]
    trouble: str = ""


def read(text: str) -> list[Found]:
    """Raises Invalid for what holds no links, or too many."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise Invalid(_("A file has at most 1 MB. Divide it."), code="too_large")
    rows = list(_rows(text.lstrip("\ufeff").strip()))
    if not rows:
        raise Invalid(_("There are no links in this."), code="no_links")
    if len(rows) > MAX_LINKS:
        raise Invalid(_("At most 1,000 links come in at once. Divide the file."), code="too_many_at_once")
    return [_found(number, row) for number, row in enumerate(rows, 1)]


def _rows(text: str) -> Iterable[Mapping[str, Any]]:
    if text[:1] in ("{", "["):
        try:
            return [row for row in _list_in(json.loads(text)) if isinstance(row, dict)]
        except (ValueError, RecursionError):
            raise Invalid(_("This is not JSON."), code="no_json") from None
    head = text.partition("\n")[0]
    try:
        read_rows = list(csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=head.count)))
    except csv.Error:
        raise Invalid(_("This is no table that can be read."), code="no_table") from None
    return [
        {name: plain(value) for name, value in row.items() if name is not None and isinstance(value, str)}
        for row in read_rows
    ]


def _list_in(data: Any) -> Iterable[Any]:
    """The list, or the numbered object, below whichever of the known names."""
    for name in ("shortUrls", "links", "data"):
        if isinstance(data, dict) and name in data:
            data = data[name]
    if isinstance(data, dict):
        return data.values() if all(isinstance(value, dict) for value in data.values()) else [data]
    return data if isinstance(data, list) else []


def _found(place: int, row: Mapping[str, Any]) -> Found:
    by_name = {"".join(filter(str.isalnum, str(name))).lower(): value for name, value in row.items()}
    if isinstance(meta := row.get("meta"), dict):
        by_name |= {name.lower(): value for name, value in meta.items()}
    given = {
        field: next((by_name[name] for name in names if by_name.get(name) not in (None, "")), None) for field, names in NAMES.items()
    }  # fmt: skip
    try:
        return Found(place, _wanted(given))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return Found(place, {"target": str(given["target"] or "")[:200]}, _("Something in it cannot be read."))


def _wanted(given: dict[str, Any]) -> dict[str, Any]:
    """What is not there is not said. Raises ValueError and its kin."""
    slug = str(given["slug"] or "") or _slug_of(str(given["short"] or ""))
    wanted: dict[str, Any] = {"target": str(given["target"] or ""), "slug": slug}
    for name in ("title", "notes", "fallback", "folder"):
        if given[name] is not None:
            wanted[name] = str(given[name])
    if given["title"] is not None:
        wanted["title"] = " ".join(str(given["title"]).split())[:200]
    if given["tags"] is not None:
        wanted["tags"] = _tags(given["tags"])
    for name in ("not_before", "not_after"):
        if given[name] is not None:
            wanted[name] = _moment(given[name])
    for name in ("max_clicks", "status"):
        if given[name] is not None:
            wanted[name] = int(str(given[name])[:18])
    for name in ("forward_query", "public_stats", "disabled"):
        if given[name] is not None:
            wanted[name] = str(given[name]).lower() in YES
    if given["rules"] is not None:
        wanted["rules"] = json.loads(given["rules"]) if isinstance(given["rules"], str) else given["rules"]
    return wanted


def _slug_of(address: str) -> str:
    """Of ``https://bit.ly/abc``, and of ``bit.ly/abc``; empty for what is neither, as numbers of rows."""
    if "/" not in address:
        return ""
    path = urlsplit(address if "://" in address else f"//{address}").path
    return unquote(path).strip("/").removeprefix("s/")


def _tags(value: Any) -> list[str]:
    """A list of words or of ``{"name"}``, also as JSON in a cell, or a text with one of SIGNS between."""
    if isinstance(value, str) and value.startswith("["):
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(value)
    if isinstance(value, list):
        return [str(one.get("name", "") if isinstance(one, dict) else one) for one in value]
    text = str(value).replace("|", ",").replace(";", ",")
    return [tag for tag in text.split(",") if tag.strip()]


def _moment(value: Any) -> datetime.datetime:
    text = str(value).strip()
    if text.isdecimal():
        return datetime.datetime.fromtimestamp(int(text[:11]), datetime.UTC)
    moment = parse_datetime(text) or datetime.datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    if not 1970 <= aware.year <= 2999:
        raise ValueError("beyond the years that are kept")
    return aware.astimezone(datetime.UTC)
