"""Who finds files by words. The library itself goes by names and tags; others, such as the texts of documents, register and join in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from meatlizard.accounts.models import User


@dataclass(frozen=True, slots=True)
class Finder:
    """``find(owner, query)`` gives a queryset of the keys of those files of ``owner`` that have what was typed, to stand as a part of
    a larger query; it need not look at names, folders or the trash. ``excerpts(owner, query, files)`` says for the files of one page where they have it, as plain
    text; files without are left out. ``query`` is what was typed, at most 200 characters, without NUL and not blank."""

    name: str
    find: "Callable[[User, str], QuerySet[Any]]"
    excerpts: "Callable[[User, str, Sequence[UUID]], Mapping[UUID, str]] | None" = None


_finders: dict[str, Finder] = {}


def add_finder(finder: Finder) -> None:
    _finders[finder.name] = finder


def finders() -> list[Finder]:
    return list(_finders.values())
