"""Deleting for good: what was chosen in the trash, all of it, and what has lain there long enough.

What is to go is marked first, so that nobody restores half of it; then files go some hundreds at a time, each time with the bytes their owner
gets back and the holds on contents that end, in one transaction. Whatever ends this in the middle, the next sweep goes on.
"""

import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from files.blobs import references
from files.library import tree
from files.library.limits import retention
from files.library.selection import Selection
from files.models import File, Folder, Version
from meatlizard.storage import actions as storage

AT_ONCE = 500
"""Files in one transaction: on SQLite everybody else who writes waits for it."""

GOING = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
"""Since when it has lain there, for what is to go at once."""


def delete(chosen: Selection) -> int:
    """What was chosen in the trash, and all that went there with it. Returns how many files went."""
    owner = chosen.owner.pk
    with tree.changing(owner):
        Folder.objects.filter(pk__in=chosen.folder_keys, **_by_itself(owner)).update(trashed=GOING)
        File.objects.filter(pk__in=chosen.file_keys, **_by_itself(owner)).update(trashed=GOING)
    return sweep(owner)


def empty(owner: int) -> int:
    """All of somebody's trash."""
    with tree.changing(owner):
        Folder.objects.filter(**_by_itself(owner)).update(trashed=GOING)
        File.objects.filter(**_by_itself(owner)).update(trashed=GOING)
    return sweep(owner)


def _by_itself(owner: int) -> dict[str, Any]:
    return {"owner": owner, "trashed__isnull": False, "trashed_with": None}


def overdue() -> list[int]:
    """Whose trash holds something whose time is over."""
    due = Q(trashed__lte=timezone.now() - retention(), trashed_with=None)
    found = {
        *File.objects.filter(due).values_list("owner", flat=True),
        *Folder.objects.filter(due).values_list("owner", flat=True),
    }
    return sorted(found)


def sweep(owner: int) -> int:
    """Deletes for good what of one person's trash is to go. Returns how many files."""
    due = Q(trashed__lte=timezone.now() - retention(), trashed_with=None)
    roots = list(Folder.objects.filter(due, owner=owner).values_list("pk", flat=True))
    files = File.objects.filter(owner=owner).filter(due | Q(trashed_with__in=roots))
    gone = 0
    while keys := list(files.values_list("pk", flat=True)[:AT_ONCE]):
        gone += _delete_files(owner, keys)
    with tree.changing(owner):
        _delete_folders(owner, roots)
    return gone


def _delete_files(owner: int, keys: list[UUID]) -> int:
    with tree.changing(owner):
        rows = list(
            File.objects.select_for_update(of=("self",))
            .filter(pk__in=keys)
            .exclude(trashed=None)
            .values_list("pk", flat=True)
        )
        versions = list(Version.objects.filter(file__in=rows).values_list("blob", "size"))
        Version.objects.filter(file__in=rows).delete()
        File.objects.filter(pk__in=rows).delete()
        references.release_all(blob for blob, _size in versions)
        storage.give_back(owner, sum(size for _blob, size in versions))
    return len(rows)


def _delete_folders(owner: int, roots: list[UUID]) -> None:
    going = [*roots, *Folder.objects.filter(owner=owner, trashed_with__in=roots).values_list("pk", flat=True)]
    # What had been put into the trash by itself before stays there until its own time is over.
    File.objects.filter(folder__in=going).update(folder=None)
    Folder.objects.filter(parent__in=going).exclude(pk__in=going).update(parent=None)
    Folder.objects.filter(pk__in=going).delete()
