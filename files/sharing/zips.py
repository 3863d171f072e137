"""Which files go into a zip of a share, under which names."""

from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from files import names
from files.blobs import reading
from files.models.library import File
from files.models.shares import Share
from files.previews.others import given_of
from files.serving.zipping import Archive, Member
from files.sharing import access
from meatlizard.errors import Invalid, TooLarge

MOST_FILES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    folder: UUID | None = None
    chosen: list[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """``name``: of the zip; ``entries``: paths in it, with their files; ``size``: bytes of the whole zip."""

    name: str
    entries: list[tuple[str, File]]
    size: int

    @property
    def count(self) -> int:
        return len(self.entries)


def wanted(folder: str, chosen: list[str]) -> Wanted:
    """Raises Invalid."""
    try:
        return Wanted(UUID(folder) if folder else None, [UUID(one) for one in chosen[: access.MOST_CHOSEN]] or None)
    except ValueError:
        raise Invalid(_("There is no such selection."), code="selection_bad") from None


def prepare(share: Share, wish: Wanted) -> Packed:
    """What the zip is now. Raises NotFound for a folder that is not shared, Forbidden where nothing may be saved, Invalid for an empty
    one, TooLarge for one of too many files."""
    access.may_save(share)
    found = access.everything(share, MOST_FILES, wish.chosen, wish.folder)
    given = given_of([row for _path, row in found if row.blob.readable])
    entries = [(_path(path, row, given[row.pk]), given[row.pk]) for path, row in found if row.pk in given]
    if not entries:
        raise Invalid(_("There is nothing in it."), code="zip_empty")
    if len(found) > MOST_FILES:
        raise TooLarge(
            _("A zip holds %(most)s files at most. Take a folder of it.") % {"most": MOST_FILES}, code="too_many_files"
        )
    name = names.clean(f"{share.title or entries[0][1].name}.zip")
    return Packed(name, entries, archive(entries).length)


def _path(path: str, before: File, row: File) -> str:
    """A copy may be called otherwise than what it was made of."""
    return path if row.name == before.name else f"{path.rpartition('.')[0] or path}.{row.name.rpartition('.')[2]}"


def archive(entries: list[tuple[str, File]]) -> Archive:
    return Archive(Member(path, row.size, partial(reading.open, row.blob)) for path, row in entries)
