"""Verbs of links: make, change, delete, one or many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Forbidden, Invalid, LimitReached
from meatlizard.moderation.actions import screening
from meatlizard.security import ratelimit
from shortener import details as details_of
from shortener import slugs, targets
from shortener.access import may_create
from shortener.changes import changed, key_of
from shortener.details import Details
from shortener.models import Domain, Link, LinkFolder, LinkTag

SERVICE: Final = "link"
"""The name of short links in moderation."""

CREATE_RATE: Final = "240/h"
BULK_RATE: Final = "20/h"
MAX_BULK: Final = 1_000
MAX_LINKS: Final = 50_000
TRIES: Final = 8
"""Random slugs that are tried; with a million links on a site, that all of eight are taken has the odds of 1 in 10^48."""


def create(by: User, *, domain: Domain | None = None, style: str = "random", **details: Unpack[Details]) -> Link:
    """A link of ``by``. ``domain`` comes from :func:`shortener.access.access_domain`, and ``style``
    says how the slug is made where none was chosen.

    Raises Forbidden for who may not make links, Invalid for what cannot be one, LimitReached.
    """
    _require_maker(by)
    too_many = _("You have made many links in this hour. Wait a little.")
    ratelimit.check("link.create", f"user {by.pk}", CREATE_RATE, too_many)
    _require_room(by, 1)
    return _create(by, domain, style, details)


def link_to(by: User, url: str, title: str = "") -> Link:
    """The plain short link to an address: the one there is, or a new one.

    For the buttons beside pastes, files, videos and shared chats, and for clients of YOURLS. Raises as :func:`create`.
    """
    _require_maker(by)
    target = targets.read(url, details_of.domain_hosts())
    plain = Link.objects.filter(
        owner=by, domain=None, target=target.url, disabled=False, taken_down=None, rules=[], password="",
        not_before=None, not_after=None, max_clicks=None,
    )  # fmt: skip
    return plain.first() or create(by, target=target.url, title=title[: details_of.MAX_TITLE])


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one of many: the link, or why there is none."""

    link: Link | None
    error: str = ""


def create_many(by: User, wanted: Iterable[Mapping[str, Any]], domain: Domain | None = None) -> list[Outcome]:
    """Each of ``wanted`` as with :func:`create`, with an optional ``style``; what cannot be made does not hold up the others."""
    _require_maker(by)
    items = [dict(one) for one in wanted]
    _require_few(len(items))
    ratelimit.check("link.bulk", f"user {by.pk}", BULK_RATE, _("You have made many links in this hour. Wait a little."))
    _require_room(by, len(items))
    made = []
    for item in items:
        style = str(item.pop("style", "random"))
        try:
            made.append(Outcome(_create(by, domain, style, item)))  # type: ignore[arg-type]
        except AppError as error:
            made.append(Outcome(None, error.message))
    return made


def edit(link: Link, **details: Unpack[Details]) -> Link:
    """Changes what is named and nothing else. Raises Invalid, also for what a moderator took down."""
    if link.taken_down is not None:
        raise Forbidden(_("A moderator took this link down. It cannot be changed."), code="taken_down")
    before = key_of(link)
    tags = details_of.apply(link, details)
    found = _screened(link.owner, link)
    link.updated = timezone.now()
    try:
        with transaction.atomic():
            # What is counted meanwhile must not be set back.
            link.save(update_fields=[*details_of.columns(details), "updated"])
            details_of.set_tags(link, tags)
            if found is not None:
                screening.note(found, target=target_of(link))
            changed(*{before, key_of(link)})
    except IntegrityError:
        raise _taken() from None
    return link


def edit_many(links: Sequence[Link], **details: Unpack[Details]) -> list[Outcome]:
    """The same change to each. Tags given here are added to those there are."""
    _require_few(len(links))
    if "slug" in details:
        raise Invalid(_("Two links cannot have the same slug."), code="slug_of_many")
    done = []
    added = details.pop("tags", None)
    for link in links:
        mine = Details(**details)
        if added is not None:
            mine["tags"] = [*link.tags.values_list("name", flat=True), *added]
        try:
            done.append(Outcome(edit(link, **mine)))
        except AppError as error:
            done.append(Outcome(link, error.message))
    return done


def delete(link: Link) -> None:
    """For good, with all that was counted. The slug is free again. Raises Forbidden for what a moderator took down: its address is known to
    people who must not be led anywhere by a link that is made anew."""
    if not delete_many([link]) and Link.objects.filter(pk=link.pk).exists():
        raise Forbidden(_("A moderator took this link down. It cannot be deleted."), code="taken_down")


def delete_many(links: Sequence[Link]) -> int:
    """How many there were; what a moderator took down stays."""
    _require_few(len(links))
    with transaction.atomic():
        mine = Link.objects.select_for_update(of=("self",)).select_related("domain").order_by("pk")
        gone = list(mine.filter(pk__in=[link.pk for link in links], taken_down=None))
        Link.objects.filter(pk__in=[link.pk for link in gone]).delete()
        changed(*(key_of(link) for link in gone))
    return len(gone)


def reset_clicks_left(link: Link) -> None:
    """Lets as many visitors through as at the beginning."""
    with transaction.atomic():
        Link.objects.filter(pk=link.pk).update(passed=0)
        changed(key_of(link))


def rename_tag(by: User, old: str, new: str) -> int:
    """On all links of a person; how many had it. Links that have the new one already keep one of it."""
    old, new = (details_of.short(name, details_of.MAX_TAG, _("tag")).lower() for name in (old, new))
    if not new:
        raise Invalid(_("A tag needs a name."), code="name_empty")
    mine = LinkTag.objects.filter(link__owner=by, name=old)
    if old == new:
        return mine.count()
    with transaction.atomic():
        doubled = mine.filter(link__in=Link.objects.filter(owner=by, tags__name=new)).values_list("pk", flat=True)
        return LinkTag.objects.filter(pk__in=list(doubled)).delete()[0] + mine.update(name=new)


def delete_tag(by: User, name: str) -> int:
    """From all links of a person; how many had it."""
    return LinkTag.objects.filter(link__owner=by, name=name.replace("\x00", "").strip().lower()).delete()[0]


def make_folder(by: User, name: str) -> LinkFolder:
    name = details_of.short(name, 80, _("name of a folder"))
    if not name:
        raise Invalid(_("A folder needs a name."), code="name_empty")
    return LinkFolder.objects.get_or_create(owner=by, name=name)[0]


def delete_folder(folder: LinkFolder) -> None:
    """The links in it stay."""
    folder.delete()


# --- how ----------------------------------------------------------------------------------------------------------------


def _create(by: User, domain: Domain | None, style: str, details: Details) -> Link:
    if "target" not in details:
        raise Invalid(_("Say where the link leads."), code="target_missing")
    if style not in slugs.MADE:
        raise Invalid(_("A slug is made at random, or of words."), code="style_unknown")
    now = timezone.now()
    link = Link(owner=by, domain=domain, created=now, updated=now)
    chosen = details.get("slug") or ""
    tags = details_of.apply(link, details)
    found = _screened(by, link)
    for _attempt in range(1 if chosen else TRIES):
        link.slug = link.slug if chosen else slugs.MADE[style]()
        link.pk = None
        try:
            with transaction.atomic():
                link.save(force_insert=True)
                details_of.set_tags(link, tags)
                if found is not None:
                    screening.note(found, target=target_of(link))
                # Somebody may have asked for it before it was there.
                changed(key_of(link))
            return link
        except IntegrityError:
            continue
    raise _taken()


def target_of(link: Link) -> str:
    """What moderation calls it."""
    return f"link:{link.pk}"


def _screened(owner: User, link: Link) -> "screening.Finding | None":
    """What the site's rules about texts say of title and address. Raises their refusal."""
    return screening.incoming(owner, SERVICE, f"{link.title}\n{link.target}")[1]


def _require_maker(by: User) -> None:
    if not may_create(by):
        raise Forbidden(_("You may not make short links on this site."), code="links_off")


def _require_few(count: int) -> None:
    if count > MAX_BULK:
        raise Invalid(_("At most %s links are taken at once.") % MAX_BULK, code="too_many_at_once")


def _require_room(by: User, more: int) -> None:
    if Link.objects.filter(owner=by).count() + more > MAX_LINKS:
        raise LimitReached(_("One person has at most %s links.") % MAX_LINKS, code="too_many_links")


def _taken() -> Invalid:
    return Invalid(_("This slug is taken. Choose another one."), code="slug_taken")
