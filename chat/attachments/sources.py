"""Where attachments come from beside files of the device: what a person may choose from under ``#``.

Other apps register what they have: ``sources.register(Source("paste", find, take))`` in ``ready``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from chat.attachments import links, showing
from chat.attachments.access import access_upload, uploads_of
from chat.attachments.shape import AttachmentOut
from chat.models import Upload
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound

MOST = 20


@dataclass(frozen=True, slots=True)
class Item:
    """One choice. ``key`` is the source's own name for it; ``file`` when it is an upload already."""

    key: str
    title: str
    hint: str = ""
    file: AttachmentOut | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """``find`` returns what of a person's own (or shared with them) fits a query; ``take`` makes an upload of one of these, and raises
    NotFound for what is not that person's to read."""

    name: str
    find: Callable[[User, str], Sequence[Item]]
    take: Callable[[User, str], Upload]


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    _sources[source.name] = source


def find(user: User, query: str) -> list[tuple[str, Item]]:
    """With the names of their sources, MOST at most."""
    found = [(source.name, item) for source in _sources.values() for item in source.find(user, query)]
    return found[:MOST]


def take(user: User, source: str, key: str) -> Upload:
    if source not in _sources:
        raise NotFound(_("There is nothing to attach by this name."), code="no_such_source")
    return _sources[source].take(user, key)


def _links(user: User, query: str) -> list[Item]:
    may = settings.FETCH_LINKS and links.looks_like_one(query)
    return [Item(query, query, _("attach this page"))] if may else []


def _recent(user: User, query: str) -> list[Item]:
    return [
        Item(str(row.pk), row.name, _("image") if row.kind == Upload.Kind.IMAGE else _("document"), showing.out(row))
        for row in uploads_of(user, query, MOST)
    ]


def _again(user: User, key: str) -> Upload:
    try:
        return access_upload(user, UUID(key))
    except ValueError:
        raise NotFound(_("There is nothing to attach by this name."), code="no_such_source") from None


register(Source("link", _links, links.take))
register(Source("recent", _recent, _again))
