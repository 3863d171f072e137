"""What can be said of a link, and whether it can be said."""

import datetime
from collections.abc import Sequence
from typing import Any, Final, TypedDict

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _
from pydantic import ValidationError

from meatlizard.errors import Invalid
from meatlizard.security.passwords import MAX_PASSWORD
from shortener import blocking, rules, slugs, targets
from shortener.models import Domain, Link, LinkFolder, LinkTag

MAX_TAGS: Final = 20
MAX_TITLE, MAX_NOTES, MAX_TAG = 200, 4_000, 40
MAX_LIMIT: Final = 10**15


class Details(TypedDict, total=False):
    """What can be said of a link, when it is made and later. ``password`` in the clear, empty for none; ``rules`` as
    :mod:`shortener.rules` reads them; ``tags``: all of them.
    """

    target: str
    slug: str
    status: int
    forward_query: bool
    title: str
    notes: str
    tags: Sequence[str]
    folder: LinkFolder | None
    password: str
    not_before: datetime.datetime | None
    not_after: datetime.datetime | None
    max_clicks: int | None
    fallback: str
    rules: Any
    public_stats: bool
    disabled: bool


def apply(link: Link, details: Details) -> Sequence[str] | None:
    """Sets what is named on ``link``, each checked. The tags are for the caller to store; None: unchanged."""
    domains = domain_hosts()
    hosts: list[str] = []
    if "target" in details:
        target = targets.read(details["target"], domains)
        link.target, link.host = target.url, target.host
        hosts.append(target.host)
    if details.get("slug"):
        link.slug = slugs.clean(details["slug"])
    if "fallback" in details:
        fallback = targets.read(details["fallback"], domains) if details["fallback"].strip() else None
        link.fallback = fallback.url if fallback else ""
        hosts += [fallback.host] if fallback else []
    if "rules" in details:
        link.rules, led_to = _rules(details["rules"], domains)
        hosts += led_to
    if refused := blocking.blocked(hosts):
        raise targets.Refused(_("Links to %s are blocked on this site.") % min(refused), code="host_blocked")
    _apply_plain(link, details)
    return _read_tags(details["tags"]) if "tags" in details else None


def _apply_plain(link: Link, details: Details) -> None:
    if "status" in details:
        if details["status"] not in Link.Status.values:
            raise Invalid(_("A link answers with 301, 302, 307 or 308."), code="status_bad")
        link.status = details["status"]
    if "title" in details:
        link.title = short(details["title"], MAX_TITLE, _("title"))
    if "notes" in details:
        link.notes = storable(details["notes"])[:MAX_NOTES]
    if "password" in details:
        if len(details["password"]) > MAX_PASSWORD:
            raise Invalid(_("A password has at most %s characters.") % MAX_PASSWORD, code="password_too_long")
        link.password = make_password(storable(details["password"])) if details["password"] else ""
    if "max_clicks" in details:
        if details["max_clicks"] is not None and not 1 <= details["max_clicks"] <= MAX_LIMIT:
            raise Invalid(_("The number of clicks begins at 1."), code="max_clicks_bad")
        link.max_clicks = details["max_clicks"]
    for name in ("not_before", "not_after", "forward_query", "public_stats", "disabled"):
        if name in details:
            setattr(link, name, details[name])
    if link.not_before and link.not_after and link.not_before >= link.not_after:
        raise Invalid(_("The link ends before it begins."), code="times_crossed")
    if "folder" in details:
        folder = details["folder"]
        if folder is not None and folder.owner_id != link.owner_id:
            raise Invalid(_("This folder does not exist, or is not yours."), code="folder_unknown")
        link.folder = folder


def _rules(given: Any, domains: frozenset[str]) -> tuple[list[Any], list[str]]:
    """Rules as they are stored, and the hosts they lead to."""
    try:
        wanted = rules.read(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Invalid(
            _("The rules cannot be read at %(place)s: %(why)s") % {"place": place or "-", "why": first["msg"]},
            code="rules_bad",
        ) from None
    stored, hosts = [], []
    for rule in wanted:
        plain = rule.model_dump(mode="json")
        for share in plain["targets"]:
            target = targets.read(share["target"], domains)
            share["target"] = target.url
            hosts.append(target.host)
        stored.append(plain)
    return stored, hosts


def _read_tags(names: Sequence[str]) -> list[str]:
    clean = list(dict.fromkeys(short(name, MAX_TAG, _("tag")).lower() for name in names))
    clean = [name for name in clean if name]
    if len(clean) > MAX_TAGS:
        raise Invalid(_("A link has at most %s tags.") % MAX_TAGS, code="too_many_tags")
    return clean


def set_tags(link: Link, names: Sequence[str] | None) -> None:
    if names is not None:
        link.tags.all().delete()
        LinkTag.objects.bulk_create(LinkTag(link=link, name=name) for name in names)


def short(text: str, most: int, what: str) -> str:
    text = " ".join(storable(text).split())
    if len(text) > most:
        raise Invalid(
            _("This %(what)s is longer than %(most)s characters.") % {"what": what, "most": most}, code="too_long"
        )
    return text


def storable(text: str) -> str:
    # Databases take no NUL, and no half of a surrogate pair.
    return text.replace("\x00", "").encode(errors="replace").decode()


def columns(details: Details) -> list[str]:
    names = [name for name in details if name != "tags" and (name != "slug" or details.get("slug"))]
    return [*names, *(["host"] if "target" in details else [])]


def domain_hosts() -> frozenset[str]:
    """Where links of ours stand: no link leads there."""
    return frozenset(Domain.objects.values_list("host", flat=True))
