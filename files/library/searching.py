"""Finding files and folders by name, type and tag, and by whatever else has registered (:mod:`files.library.finders`)."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from files.library.finders import finders
from files.library.kinds import KINDS, of_kind
from files.models import File, FileTag, Folder
from meatlizard.accounts.models import User

WORDS = 8
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for: all of it at once; what is empty leaves open."""

    query: str = ""
    kind: str = ""
    tag: str = ""

    @classmethod
    def read(cls, query: str = "", kind: str = "", tag: str = "") -> "Wish":
        clean = unicodedata.normalize("NFC", query.replace("\x00", "")).strip()[:LONGEST]
        return cls(clean, kind if kind in KINDS else "", tag.replace("\x00", "")[:LONGEST])

    def __bool__(self) -> bool:
        return bool(self.query or self.kind or self.tag)

    @property
    def words(self) -> list[str]:
        return self.query.split()[:WORDS]


def _holds(field: str, word: str) -> Q:
    """SQLite compares letters beyond ASCII as they are, so the ways to write one are asked for by themselves."""
    ways = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    found = Q()
    for way in sorted(ways):
        found |= Q(**{f"{field}__icontains": way})
    return found


def files(owner: User, wish: Wish) -> "QuerySet[File]":
    rows = File.objects.filter(owner=owner.pk, trashed=None)
    if wish.kind:
        rows = rows.filter(of_kind(wish.kind))
    if wish.tag:
        rows = rows.filter(pk__in=_tagged(owner, Q(tag__name=wish.tag)))
    return rows.filter(_by_words(owner, wish)) if wish.query else rows


def _by_words(owner: User, wish: Wish) -> Q:
    """Each word in the name or in a tag; or what another finder says."""
    found = Q()
    for word in wish.words:
        found &= _holds("name", word) | Q(pk__in=_tagged(owner, _holds("tag__name", word)))
    for finder in finders():
        found |= Q(pk__in=finder.find(owner, wish.query))
    return found


def _tagged(owner: User, tags: Q) -> "QuerySet[Any]":
    """Read once for a search, and not once for each file."""
    return FileTag.objects.filter(tags, tag__owner=owner.pk).values("file")


def folders(owner: User, wish: Wish) -> "QuerySet[Folder]":
    """By name alone: a folder has neither type nor tag."""
    if wish.kind or wish.tag:
        return Folder.objects.none()
    rows = Folder.objects.filter(owner=owner.pk, trashed=None)
    for word in wish.words:
        rows = rows.filter(_holds("name", word))
    return rows


def excerpts(owner: User, wish: Wish, keys: Sequence[UUID]) -> Mapping[UUID, str]:
    said: dict[UUID, str] = {}
    if wish.query and keys:
        for finder in finders():
            if finder.excerpts is not None:
                said |= finder.excerpts(owner, wish.query, keys)
    return said
