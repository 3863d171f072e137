"""The trash: things lie in it under their own names, and what lay in a folder goes in and comes out with it.

``trashed`` says since when, ``trashed_with`` which folder took it along: empty for what was chosen itself, which is what the trash lists. So a
folder is trashed and restored by a few updates however much it holds, what had been trashed before it stays trashed when it comes back, and lists
need not look upwards to know whether something is in the trash.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from files.library import placing, tree, undoing
from files.library.limits import retention
from files.library.selection import Selection
from files.models import File, Folder
from meatlizard.accounts.models import User


def trash(chosen: Selection) -> undoing.Undo | None:
    """Returns how to undo it; None when it was in the trash already. It takes no less of its owner's room until it is deleted for good."""
    now = timezone.now()
    with tree.changing(chosen.owner.pk):
        found = tree.below(chosen.folder_keys)
        within = {one.key for one in found}
        # What lies within a folder that goes as well goes with it.
        outermost = within.intersection(chosen.folder_keys) - {one.key for one in found if one.level}
        folders = list(Folder.objects.filter(pk__in=outermost, trashed=None))
        alone = [row.pk for row in chosen.files if row.folder_id not in within]
        files = list(File.objects.filter(pk__in=alone, trashed=None))
        before = undoing.places(folders, files)
        roots = Folder.objects.filter(parent__in=outermost, trashed=None).values_list("parent", flat=True).distinct()
        for root in roots:
            along = [one.key for one in tree.below([root] if root else []) if one.level]
            Folder.objects.filter(pk__in=along, trashed=None).update(trashed=now, trashed_with=root)
        Folder.objects.filter(pk__in=[row.pk for row in folders], trashed=None).update(trashed=now)
        taken_by = Folder.objects.filter(pk=OuterRef("folder_id")).values("trashed_with")
        File.objects.filter(folder__in=within, trashed=None).update(
            trashed=now, trashed_with=Coalesce(Subquery(taken_by[:1]), F("folder_id"))
        )
        File.objects.filter(pk__in=[row.pk for row in files], trashed=None).update(trashed=now)
    return undoing.Undo("trash", before) if before else None


@tree.again
def restore(chosen: Selection) -> int:
    """Back to where it was, or outside of all folders where that folder is in the trash or gone; returns how many of the chosen came back."""
    owner = chosen.owner.pk
    with tree.changing(owner):
        folders, files = _trashed(owner, chosen.folder_keys, chosen.file_keys)
        wanted = {row.parent_id for row in folders} | {row.folder_id for row in files}
        there = set(
            Folder.objects.filter(pk__in=[key for key in wanted if key], trashed=None).values_list("pk", flat=True)
        )
        for place in sorted(wanted, key=str):
            target = place if place in there else None
            _put_back(
                owner,
                target,
                [row for row in folders if row.parent_id == place],
                [row for row in files if row.folder_id == place],
            )
    return len(folders) + len(files)


def _put_back(owner: int, target: UUID | None, folders: Sequence[Folder], files: Sequence[File]) -> None:
    keys = [row.pk for row in folders]
    tree.check_place(target, keys)
    tree.check_room(owner, 0, target, len(folders))
    placing.put(owner, target, folders, files)
    Folder.objects.filter(trashed_with__in=keys).update(trashed=None, trashed_with=None)
    File.objects.filter(trashed_with__in=keys).update(trashed=None, trashed_with=None)


def _trashed(owner: int, folders: Iterable[UUID], files: Iterable[UUID]) -> tuple[list[Folder], list[File]]:
    """Those of them that lie in the trash by themselves and are not to go yet."""
    still = {"owner": owner, "trashed__gt": timezone.now() - retention(), "trashed_with": None}
    return (
        list(Folder.objects.filter(pk__in=folders, **still).order_by("name")),
        list(File.objects.filter(pk__in=files, **still).order_by("name")),
    )


def restore_trashed(owner: User, before: Sequence[undoing.Place]) -> int:
    """Undoes :func:`trash`, as far as it is in the trash still."""
    keys = [place.key for place in before]
    return restore(Selection(owner, *_trashed(owner.pk, keys, keys)))
