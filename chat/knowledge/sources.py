"""Where documents come from beside files, notes and pages of the web: what other apps have of a person's.

Apps register it in ``ready``: ``sources.register(Source("paste", _("Paste"), find, read))``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import NotFound

MOST = 20

OWN_KINDS = frozenset({"file", "note", "page"})


@dataclass(frozen=True, slots=True)
class Item:
    """One choice. ``key`` is the source's own name for it, 2,000 characters at most."""

    key: str
    title: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """What is taken of it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """``find`` returns what of a person's own fits a query, the newest first; ``read`` the text of one of these as it is now, and raises
    NotFound for what is not that person's to read. ``address``: the page of one of these, by its key."""

    kind: str
    label: str | Promise
    find: Callable[[User, str], Sequence[Item]]
    read: Callable[[User, str], Text]
    address: Callable[[str], str] | None = None


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    if source.kind in OWN_KINDS:
        raise ValueError(f"{source.kind} is a kind of the chat's own")
    _sources[source.kind] = source


def registered() -> list[Source]:
    return list(_sources.values())


def find(user: User, kind: str, query: str = "") -> Sequence[Item]:
    return _named(kind).find(user, query)[:MOST]


def read(user: User, kind: str, key: str) -> Text:
    return _named(kind).read(user, key)


def address(kind: str, key: str) -> str:
    """Where it is on the site; empty where that is not known."""
    source = _sources.get(kind)
    return source.address(key) if source is not None and source.address is not None else ""


def _named(kind: str) -> Source:
    if kind not in _sources:
        raise NotFound(_("There is nothing to add by this name."), code="no_such_source")
    return _sources[kind]
