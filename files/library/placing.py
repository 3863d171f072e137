"""Putting files and folders into a folder: whose names are taken there gets another."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from files import names
from files.models import File, Folder

if TYPE_CHECKING:
    from django.db.models import QuerySet

Row: TypeAlias = File | Folder


def names_in(owner: int, folder: UUID | None) -> set[str]:
    """What is taken there; files and folders share the names, as on a disk."""
    files = File.objects.filter(owner=owner, folder=folder, trashed=None)
    folders = Folder.objects.filter(owner=owner, parent=folder, trashed=None)
    return {*files.values_list("name", flat=True), *folders.values_list("name", flat=True)}


def free_names(rows: Iterable[Row], taken: set[str], wished: Mapping[UUID, str] | None = None) -> dict[UUID, str]:
    """For each row its own name, or the one that is ``wished`` for it, or the first free one like it. Adds them to ``taken``."""
    found: dict[UUID, str] = {}
    numbers: dict[tuple[str, str], int] = {}
    for row in rows:
        wish = (wished or {}).get(row.pk, row.name)
        found[row.pk] = names.free(wish, taken, numbers)
        taken.add(found[row.pk])
    return found


def put(
    owner: int,
    target: UUID | None,
    folders: Sequence[Folder],
    files: Sequence[File],
    wished: Mapping[UUID, str] | None = None,
) -> None:
    """Within :func:`files.library.tree.changing`, after the place was checked. Also ends their time in the trash."""
    taken = names_in(owner, target)
    rows: list[Row] = [*folders, *files]
    # What lies there already keeps its own name and must not meet itself.
    taken -= {row.name for row in rows if row.trashed is None and _place(row) == target}
    found = free_names(rows, taken, wished)
    _write(Folder.objects.all(), "parent", folders, target, found)
    _write(File.objects.all(), "folder", files, target, found)


def _place(row: Row) -> UUID | None:
    return row.parent_id if isinstance(row, Folder) else row.folder_id


def _write(
    table: "QuerySet[Any]", field: str, rows: Sequence[Any], target: UUID | None, found: Mapping[UUID, str]
) -> None:
    same = [row.pk for row in rows if found[row.pk] == row.name]
    table.filter(pk__in=same).update(**{field: target, "trashed": None, "trashed_with": None})
    renamed = [row for row in rows if found[row.pk] != row.name]
    for row in renamed:
        row.name, row.trashed, row.trashed_with = found[row.pk], None, None
        setattr(row, f"{field}_id", target)
    table.bulk_update(renamed, [field, "name", "trashed", "trashed_with"], batch_size=200)
