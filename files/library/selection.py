"""What a person has chosen to do something with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from files.library.limits import MAX_ITEMS
from files.models import File, Folder
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Selection:
    """Files and folders of one person; none is named twice."""

    owner: User
    folders: Sequence[Folder]
    files: Sequence[File]

    def __len__(self) -> int:
        return len(self.folders) + len(self.files)

    @property
    def folder_keys(self) -> list[UUID]:
        return [row.pk for row in self.folders]

    @property
    def file_keys(self) -> list[UUID]:
        return [row.pk for row in self.files]


def named(items: Iterable[str]) -> tuple[set[UUID], set[UUID]]:
    """Keys of folders and of files in ``folder:<uuid>`` and ``file:<uuid>``; several may stand in one text, with commas. Raises Invalid."""
    folders: set[UUID] = set()
    files: set[UUID] = set()
    for item in (one for part in items for one in part.split(",") if one):
        kind, _colon, key = item.partition(":")
        try:
            {"folder": folders, "file": files}[kind].add(UUID(key))
        except (KeyError, ValueError):
            raise Invalid(_("The site did not understand what was selected."), code="items_refused") from None
    if len(folders) + len(files) > MAX_ITEMS:
        raise Invalid(_("Select %(most)d things at most.") % {"most": MAX_ITEMS}, code="items_many")
    return folders, files


def access_selection(
    viewer: User, folders: Iterable[UUID], files: Iterable[UUID], *, trashed: bool = False
) -> Selection:
    """What ``viewer`` has of it, all of it or NotFound; with ``trashed`` what lies in the trash by itself, without it what does not."""
    wanted_folders, wanted_files = set(folders), set(files)
    if not wanted_folders and not wanted_files:
        raise Invalid(_("Nothing is selected."), code="items_none")
    state = {"trashed__isnull": not trashed} | ({"trashed_with": None} if trashed else {})
    found = Selection(
        viewer,
        list(Folder.objects.filter(owner=viewer.pk, pk__in=wanted_folders, **state)) if wanted_folders else [],
        list(File.objects.filter(owner=viewer.pk, pk__in=wanted_files, **state)) if wanted_files else [],
    )
    if len(found) != len(wanted_folders) + len(wanted_files):
        raise NotFound(_("Some of this is not there any more. Reload the page."), code="no_such_file")
    return found
