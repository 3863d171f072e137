"""Making folders, naming and moving."""

import uuid
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from files import names
from files.library import placing, tree, undoing
from files.library.selection import Selection
from files.models import File, Folder
from files.safety import blocked
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound


@tree.again
def make_folder(owner: User, parent: Folder | None, name: str, *, request: UUID | None = None) -> Folder:
    """``request``, made by the client, makes one folder however often it is sent. Raises Invalid, LimitReached, NotFound."""
    name = _given(name)
    key = uuid.uuid5(request, f"folder {owner.pk}") if request else uuid.uuid4()
    place = parent.pk if parent else None
    with tree.changing(owner.pk):
        if request and (made := Folder.objects.filter(pk=key).first()):
            return made
        standing(owner.pk, place)
        tree.check_depth(len(tree.path(place)), 0)
        tree.check_room(owner.pk, 1, place, 1)
        _check_free(owner.pk, place, name)
        return Folder.objects.create(pk=key, owner=owner, parent_id=place, name=name)


def _given(name: str) -> str:
    if not name.strip():
        raise Invalid(_("Give it a name."), code="name_missing")
    return names.clean(name)


def standing(owner: int, folder: UUID | None) -> None:
    """Within :func:`tree.changing`: that something can be put there still. Raises NotFound."""
    if folder is not None and not Folder.objects.filter(pk=folder, owner=owner, trashed=None).exists():
        raise NotFound(_("This folder is not there any more."), code="no_such_folder")


def _check_free(owner: int, folder: UUID | None, name: str) -> None:
    if (
        File.objects.filter(owner=owner, folder=folder, name=name, trashed=None).exists()
        or Folder.objects.filter(owner=owner, parent=folder, name=name, trashed=None).exists()
    ):
        raise Invalid(_("Something here is called %(name)s already.") % {"name": name}, code="name_taken")


@tree.again
def rename(row: File | Folder, name: str) -> File | Folder:
    """Raises Invalid for a name that is none or is taken, NotFound for what went meanwhile."""
    name = _given(name)
    with tree.changing(row.owner_id):
        now = type(row).objects.filter(pk=row.pk, trashed=None).first()
        if now is None:
            raise NotFound(_("This is not there any more."), code="no_such_file")
        if now.name != name:
            if isinstance(now, File):
                # What is not taken under a name does not get it afterwards.
                blocked.refuse_name(name)
            place = now.parent_id if isinstance(now, Folder) else now.folder_id
            _check_free(row.owner_id, place, name)
            now.name, now.changed = name, timezone.now()
            now.save(update_fields=["name", "changed"])
    return now


@tree.again
def move(chosen: Selection, target: Folder | None) -> undoing.Undo | None:
    """What is there already stays. Returns how to undo it, None when nothing moved. Raises Invalid for a folder within itself, or too many."""
    owner, place = chosen.owner.pk, target.pk if target else None
    with tree.changing(owner):
        standing(owner, place)
        folders, files = _now(chosen.folder_keys, chosen.file_keys)
        folders = [row for row in folders if row.parent_id != place]
        files = [row for row in files if row.folder_id != place]
        before = undoing.places(folders, files)
        tree.check_place(place, [row.pk for row in folders])
        tree.check_room(owner, 0, place, len(folders))
        placing.put(owner, place, folders, files)
    return undoing.Undo("move", before) if before else None


@tree.again
def move_back(owner: User, before: Sequence[undoing.Place]) -> int:
    """Each to where it was and to its name there, as far as that folder is there still. Returns how many."""
    moved = 0
    with tree.changing(owner.pk):
        for folder in {place.folder for place in before}:
            if folder is not None and not Folder.objects.filter(pk=folder, owner=owner.pk, trashed=None).exists():
                continue
            here = {place.key: place.name for place in before if place.folder == folder}
            moved += _into(owner.pk, folder, here)
    return moved


def _into(owner: int, folder: UUID | None, names_there: Mapping[UUID, str]) -> int:
    folders, files = _now(list(names_there), list(names_there))
    tree.check_place(folder, [row.pk for row in folders])
    placing.put(owner, folder, folders, files, names_there)
    return len(folders) + len(files)


def _now(folders: Sequence[UUID], files: Sequence[UUID]) -> tuple[list[Folder], list[File]]:
    """As they stand under the lock."""
    return (
        list(Folder.objects.filter(pk__in=folders, trashed=None).order_by("name")) if folders else [],
        list(File.objects.filter(pk__in=files, trashed=None).order_by("name")) if files else [],
    )
