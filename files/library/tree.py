"""Folders as a tree: what lies below and above one, and the lock under which its shape changes.

Whatever moves, makes, copies, restores or deletes holds the lock of the owner, so that what was read of the tree still holds when it is written: two
clients that move two folders into each other at once come one after the other, and the second is refused.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from files.library.limits import MAX_BESIDE, MAX_DEPTH, MAX_FOLDERS
from files.models import File, Folder
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 5


@contextmanager
def changing(owner: int) -> Iterator[None]:
    """A transaction in which nobody else changes this person's tree."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).filter(pk=owner).values_list("pk").first()
        yield


def again(action: Callable[P, T]) -> Callable[P, T]:
    """Does it anew when somebody who stores a file, without this lock, took a name between our look and our writing."""

    @functools.wraps(action)
    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        for _try in range(TRIES):
            try:
                with transaction.atomic():
                    return action(*args, **kwargs)
            except IntegrityError:
                continue
        raise Invalid(_("The names here change too fast. Try again in a moment."), code="name_taken")

    return done


@dataclass(frozen=True, slots=True)
class Below:
    """A folder within others, and how many levels below the outermost of these; 0 for one that lies in none of them."""

    key: UUID
    level: int


_DOWN = """
WITH RECURSIVE below(id, level) AS (
    SELECT id, 0 FROM {table} WHERE id IN ({keys})
    UNION ALL
    SELECT child.id, below.level + 1 FROM {table} child JOIN below ON child.parent_id = below.id WHERE below.level < %s
)
SELECT id, MAX(level) FROM below GROUP BY id
"""

_UP = """
WITH RECURSIVE above(id, parent_id, name, level) AS (
    SELECT id, parent_id, name, 0 FROM {table} WHERE id = %s
    UNION ALL
    SELECT folder.id, folder.parent_id, folder.name, above.level + 1 FROM {table} folder JOIN above ON folder.id = above.parent_id
    WHERE above.level < %s
)
SELECT id, name FROM above ORDER BY level DESC
"""


def _stored(key: UUID) -> Any:
    return Folder._meta.pk.get_db_prep_value(key, connection)


def _read(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def below(folders: Iterable[UUID]) -> list[Below]:
    """The folders themselves and all within them, in one query, those in the trash too."""
    keys = list(folders)
    if not keys:
        return []
    sql = _DOWN.format(table=Folder._meta.db_table, keys=", ".join(["%s"] * len(keys)))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(_stored(key) for key in keys), 2 * MAX_DEPTH])
        return [Below(_read(key), level) for key, level in cursor.fetchall()]


def path(folder: UUID | None) -> list[tuple[UUID, str]]:
    """Keys and names from the outermost folder to this one, in one query."""
    if folder is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_UP.format(table=Folder._meta.db_table), [_stored(folder), 2 * MAX_DEPTH])
        return [(_read(key), name) for key, name in cursor.fetchall()]


def check_place(target: UUID | None, moved: Sequence[UUID]) -> None:
    """Whether these folders may lie in ``target``. Within :func:`changing`. Raises Invalid for a folder within itself or too deep."""
    if not moved:
        return
    above = path(target)
    if {key for key, _name in above}.intersection(moved):
        raise Invalid(_("A folder cannot lie within itself."), code="folder_cycle")
    check_depth(len(above), max(one.level for one in below(moved)))


def check_depth(above: int, within: int) -> None:
    """``above``: folders around the new place; ``within``: levels of folders below the one that is put there."""
    if above + within + 1 > MAX_DEPTH:
        raise Invalid(
            _("Folders may lie in each other %(most)d deep; this would be deeper.") % {"most": MAX_DEPTH},
            code="folder_depth",
        )


def check_room(owner: int, more: int, target: UUID | None, beside: int) -> None:
    """Whether there may be ``more`` folders, ``beside`` of them directly in ``target``. Raises LimitReached."""
    rows = Folder.objects.filter(owner=owner)
    if more and rows.count() + more > MAX_FOLDERS:
        raise LimitReached(
            _("You can have %(most)d folders. Delete some for good first.") % {"most": MAX_FOLDERS},
            code="folders_many",
        )
    if beside and rows.filter(parent=target, trashed=None).count() + beside > MAX_BESIDE:
        raise LimitReached(
            _("There can be %(most)d folders in one. Make a folder for some of them.") % {"most": MAX_BESIDE},
            code="folder_breadth",
        )


def counts(folders: Sequence[UUID]) -> dict[UUID, int]:
    """How many files and folders lie directly in each, those in the trash not among them; two queries."""
    found: dict[UUID, int] = {}
    for rows, field in ((File.objects, "folder"), (Folder.objects, "parent")):
        for key, count in (
            rows.filter(**{f"{field}__in": folders}, trashed=None).values_list(field).annotate(n=Count("pk")).order_by()
        ):
            found[key] = found.get(key, 0) + count
    return found
