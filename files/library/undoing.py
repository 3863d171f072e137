"""What was moved, renamed or put into the trash a moment ago can be undone, once.

How is kept in the cache for as long as anybody will look for it; a restart of a site without Redis forgets it, and what is in the trash still
comes back from there.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

from django.core.cache import cache
from django.utils.translation import gettext as _

from files.models import File, Folder
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound

SECONDS = 3_600


class Place(NamedTuple):
    """Where something was."""

    key: UUID
    folder: UUID | None
    name: str


@dataclass(frozen=True, slots=True)
class Undo:
    verb: Literal["move", "trash"]
    places: Sequence[Place]


def places(folders: Iterable[Folder], files: Iterable[File]) -> list[Place]:
    return [Place(row.pk, row.parent_id, row.name) for row in folders] + [
        Place(row.pk, row.folder_id, row.name) for row in files
    ]


def _name(owner: User, token: str) -> str:
    return f"files.undo.{owner.pk}.{token}"


def remember(owner: User, undo: Undo | None) -> str:
    """A name for it, which only its owner can use; empty when there is nothing to undo."""
    if undo is None:
        return ""
    token = secrets.token_urlsafe(12)
    cache.set(_name(owner, token), undo, SECONDS)
    return token


def take(owner: User, token: str) -> Undo:
    """For once. Raises NotFound."""
    name = _name(owner, re.sub(r"[^\w-]", "", token)[:40])
    found = cache.get(name)
    # Of two at once, one deletes it.
    if not isinstance(found, Undo) or not cache.delete(name):
        raise NotFound(_("This cannot be undone any more."), code="no_such_undo")
    return found
