"""The doors to links: one's own by number, anybody's by its address."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from meatlizard.accounts.access import at_large
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound
from shortener.details import storable
from shortener.models import Domain, Link, LinkFolder, LinkTag

NO_SUCH_LINK = _("This link leads nowhere. It may have been withdrawn, be past its time, or have been copied in part.")
"""The same words for a link that never was, was taken down, or is its owner's to see."""


def access_link(viewer: User, link: int) -> Link:
    """One's own link, to see and to change."""
    row = Link.objects.select_related("domain", "folder").filter(pk=link, owner=viewer.pk).first()
    if row is None:
        raise NotFound(gettext("This link does not exist, or is not yours."))
    return row


def links_of(viewer: User) -> "QuerySet[Link]":
    """One's own links, newest first."""
    return Link.objects.select_related("domain", "folder").prefetch_related("tags").filter(owner=viewer.pk)


def folders_of(viewer: User) -> "QuerySet[LinkFolder]":
    return LinkFolder.objects.filter(owner=viewer.pk)


def access_link_at(viewer: User, host: str, slug: str) -> Link:
    """One's own link, by its address; ``host`` empty, or ``DEFAULT`` as Shlink's clients say: the site's own."""
    rows = links_of(viewer).filter(slug=slug.replace("\x00", ""))
    host = host.replace("\x00", "").lower()
    row = (rows.filter(domain=None) if host in ("", "default") else rows.filter(domain__host=host)).first()
    if row is None:
        raise NotFound(gettext("This link does not exist, or is not yours."))
    return row


def tags_of(viewer: User) -> "QuerySet[LinkTag]":
    return LinkTag.objects.filter(link__owner=viewer.pk)


def tag_names(viewer: User) -> list[str]:
    """All that one has given, in order."""
    return list(tags_of(viewer).order_by("name").values_list("name", flat=True).distinct())


def slug_is_free(domain: Domain | None, slug: str) -> bool:
    return not Link.objects.at(domain.pk if domain is not None else None, slug).exists()


def access_folder(viewer: User, folder: int) -> LinkFolder:
    row = folders_of(viewer).filter(pk=folder).first()
    if row is None:
        raise NotFound(gettext("This folder does not exist, or is not yours."))
    return row


def standing() -> Q:
    """Of links those that lead somewhere as far as people decide: whatever their time and clicks."""
    return Q(disabled=False, taken_down=None) & at_large("owner__") & (Q(domain=None) | Q(domain__enabled=True))


def link_at(host: str, slug: str) -> Link:
    """The link behind an address that somebody opened; ``host`` empty: the site's own. Raises NotFound for one that leads nowhere."""
    rows = Link.objects.select_related("domain", "owner").filter(standing(), slug=slug)
    row = (rows.filter(domain__host=host) if host else rows.filter(domain=None)).first()
    if row is None:
        raise NotFound(str(NO_SUCH_LINK), code="no_such_link")
    return row


def link_with_public_figures(host: str, slug: str) -> Link:
    row = link_at(host, slug)
    if not row.public_stats:
        raise NotFound(str(NO_SUCH_LINK), code="no_such_link")
    return row


def domains_for(viewer: User | AnonymousUser) -> "QuerySet[Domain]":
    """Where this person may make links, beside the site's own address."""
    if not viewer.is_authenticated:
        return Domain.objects.none()
    return Domain.objects.filter(Q(owner=None) | Q(owner=viewer.pk), enabled=True)


def access_domain(viewer: User | AnonymousUser, host: str) -> Domain | None:
    """None for the empty host, the site's own."""
    if not host:
        return None
    row = domains_for(viewer).filter(host=storable(host).strip().lower()).first()
    if row is None:
        raise NotFound(gettext("There is no such domain on this site, or it is not yours."))
    return row


def may_create(viewer: User) -> bool:
    """Whether this person may make links on this site."""
    return settings.LINKS_FOR != "staff" or viewer.is_staff


def require_moderator(viewer: User) -> None:
    """Raises Forbidden for who may not take down others' links."""
    if not (viewer.is_active and viewer.is_staff and viewer.has_perm("shortener.take_down")):
        raise Forbidden(gettext("Only moderators take down links."))


def access_any_link(viewer: User, link: int) -> Link:
    """Anybody's, for moderators."""
    require_moderator(viewer)
    row = Link.objects.select_related("domain", "owner").filter(pk=link).first()
    if row is None:
        raise NotFound(gettext("This link does not exist."))
    return row
