"""What can be found again at the content host: each kind of offer with who finds it there.

An address at the content host names a kind and a key, and for whom it was made. It is looked for anew with every request, so that what was
withdrawn, deleted or put in quarantine is gone there at once, however long the address still holds.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from files.access import access_file, access_version
from files.models import Blob, File, Version
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound


@dataclass(frozen=True, slots=True)
class Offer:
    """A content for somebody who may have it.

    ``save``: as a file, where it would be shown otherwise. ``through``: every byte goes through this process, for who counts them.
    ``embed``: pages of other sites may show it. ``kind``, ``key``, ``viewer``: how :func:`again` finds it; without a kind it is only given
    out here.
    """

    blob: Blob
    name: str
    modified: datetime | None = None
    save: bool = False
    through: bool = False
    embed: bool = False
    kind: str = ""
    key: str = ""
    viewer: int | None = None


def saved(offer: Offer) -> Offer:
    return replace(offer, save=True)


Finder: TypeAlias = Callable[[int | None, str], Offer]
"""Gets the viewer's primary key and the offer's key, in a thread for the database; raises NotFound for what is not theirs any more."""

_finders: dict[str, Finder] = {}


def register(kind: str, finder: Finder) -> None:
    """To be called when the app is ready. ``kind``: a short word."""
    _finders[kind] = finder


def again(kind: str, viewer: int | None, key: str) -> Offer:
    finder = _finders.get(kind)
    if finder is None:
        raise NotFound
    return finder(viewer, key)


FILE = "file"


def of_file(viewer: User, file: uuid.UUID | str, number: int | None = None) -> Offer:
    """One's own file as it is, or one of its versions. Raises NotFound."""
    row: File | Version = access_file(viewer, file) if number is None else access_version(viewer, file, number)
    key = str(file) if number is None else f"{file}/{number}"
    modified = row.changed if isinstance(row, File) else row.created
    return Offer(row.blob, row.name, modified, kind=FILE, key=key, viewer=viewer.pk)


def file_again(viewer: int | None, key: str) -> Offer:
    person = User.objects.filter(pk=viewer or 0, is_active=True).first()
    if person is None or person.is_suspended:
        raise NotFound
    file, _slash, number = key.partition("/")
    return of_file(person, file, int(number) if number else None)
