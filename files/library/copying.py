"""Copies of files and of folders with what they hold. Contents are shared; each copy takes its size of its owner's room."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from files.blobs import references
from files.library import placing, tree
from files.library.arranging import standing
from files.library.limits import MAX_ITEMS
from files.library.selection import Selection
from files.models import File, Folder, Version
from meatlizard.errors import LimitReached
from meatlizard.storage import actions as storage


@dataclass(frozen=True, slots=True)
class Copied:
    """What was made of the chosen themselves."""

    folders: list[Folder] = field(default_factory=list)
    files: list[File] = field(default_factory=list)


@tree.again
def copy(chosen: Selection, target: Folder | None, *, request: UUID | None = None) -> Copied:
    """Current contents alone, without earlier versions. ``request``, made by the client, makes the copies once however often it is sent.

    Raises StorageFull, LimitReached, Invalid, NotFound; then nothing was copied.
    """
    owner, place = chosen.owner, target.pk if target else None
    seed = request or uuid.uuid4()

    def twin(key: UUID) -> UUID:
        return uuid.uuid5(seed, f"{owner.pk} {key}")

    with tree.changing(owner.pk):
        standing(owner.pk, place)
        plan = _plan(chosen, twin)
        if request and (made := _made(plan)):
            return made
        if plan.outer:
            tree.check_depth(len(tree.path(place)), plan.levels)
            tree.check_room(owner.pk, len(plan.folders), place, len(plan.outer))
        free = placing.free_names((*plan.outer, *plan.single), placing.names_in(owner.pk, place))
        made = _write(owner.pk, place, plan, free)
        # Last, after the contents: in the order in which whoever stores something locks them.
        storage.take(owner, sum(file.size for file in plan.files))
        return made


@dataclass(frozen=True, slots=True)
class _Plan:
    """``outer`` and ``single`` come to the new place, the rest into the twin of the folder that it lies in."""

    outer: Sequence[Folder]
    single: Sequence[File]
    folders: Sequence[Folder]
    files: Sequence[File]
    levels: int
    twin: Callable[[UUID], UUID]


def _plan(chosen: Selection, twin: Callable[[UUID], UUID]) -> _Plan:
    found = tree.below(chosen.folder_keys)
    folders = list(Folder.objects.filter(pk__in=[one.key for one in found], trashed=None))
    standing_keys = {row.pk for row in folders}
    inner = {one.key for one in found if one.level}
    outer = [row for row in folders if row.pk not in inner]
    # What lies within a folder that is copied comes with it.
    alone = [row.pk for row in chosen.files if row.folder_id not in standing_keys]
    single = list(File.objects.filter(pk__in=alone, trashed=None).order_by("name"))
    within = list(File.objects.filter(folder__in=standing_keys, trashed=None)[: MAX_ITEMS + 1]) if folders else []
    if len(within) + len(single) > MAX_ITEMS:
        raise LimitReached(
            _("%(most)d files can be copied at once. Copy some of the folders within it.") % {"most": MAX_ITEMS},
            code="copy_large",
        )
    return _Plan(outer, single, folders, [*single, *within], max((one.level for one in found), default=0), twin)


def _write(owner: int, place: UUID | None, plan: _Plan, free: Mapping[UUID, str]) -> Copied:
    now = timezone.now()

    def where(old: UUID | None, outermost: bool) -> UUID | None:
        return place if outermost or old is None else plan.twin(old)

    outer, single = {row.pk for row in plan.outer}, {row.pk for row in plan.single}
    folders = [
        Folder(
            pk=plan.twin(row.pk), owner_id=owner, parent_id=where(row.parent_id, row.pk in outer), name=free.get(row.pk, row.name), created=now,
            changed=row.changed,
        )
        for row in plan.folders
    ]  # fmt: skip
    files = [
        File(
            pk=plan.twin(row.pk), owner_id=owner, folder_id=where(row.folder_id, row.pk in single), name=free.get(row.pk, row.name), blob_id=row.blob_id,
            size=row.size, media_type=row.media_type, number=1, created=now, changed=row.changed,
        )
        for row in plan.files
    ]  # fmt: skip
    references.hold_all(file.blob_id for file in files)
    Folder.objects.bulk_create(folders, batch_size=500)
    File.objects.bulk_create(files, batch_size=500)
    Version.objects.bulk_create(
        [
            Version(
                file=file,
                number=1,
                blob_id=file.blob_id,
                size=file.size,
                media_type=file.media_type,
                name=file.name,
                created=now,
            )
            for file in files
        ],
        batch_size=500,
    )
    return Copied(
        [row for row in folders if row.pk in {plan.twin(key) for key in outer}],
        [row for row in files if row.pk in {plan.twin(key) for key in single}],
    )


def _made(plan: _Plan) -> Copied | None:
    """What an earlier request of the same name has made."""
    folders = list(Folder.objects.filter(pk__in=[plan.twin(row.pk) for row in plan.outer]))
    files = list(File.objects.filter(pk__in=[plan.twin(row.pk) for row in plan.single]))
    return Copied(folders, files) if folders or files else None
