"""Lists of files and folders: each page costs the same number of queries, however much there is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from files.library import addresses, marking, searching, slots
from files.library.kinds import SIGNS, kind_of
from files.library.limits import retention
from files.models import File, Folder
from meatlizard.accounts.models import User

PAGE = 100

Sort: TypeAlias = Literal["name", "size", "changed", "type", "trashed"]
SORTS: tuple[Sort, ...] = ("name", "size", "changed", "type")
VIEWS = ("list", "grid")
BRANCHES = 500
"""Folders in the tree beside a list."""


@dataclass(slots=True)
class Entry:
    """A row of a list. ``is_folder`` says of which kind ``row`` is."""

    row: Any
    is_folder: bool
    facts: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    excerpt: str = ""
    where: str = ""

    @property
    def item(self) -> str:
        """As :func:`files.library.selection.named` reads it."""
        return f"{'folder' if self.is_folder else 'file'}:{self.row.pk}"

    @property
    def kind(self) -> str:
        return "folder" if self.is_folder else kind_of(self.row.media_type)

    @property
    def address(self) -> str:
        return addresses.place(self.row.pk) if self.is_folder else addresses.page(self.row)

    @property
    def details(self) -> str:
        return addresses.details(self.row)

    @property
    def download(self) -> str:
        return addresses.content(self.row)

    @property
    def sign(self) -> str:
        return "▸" if self.is_folder else SIGNS[kind_of(self.row.media_type)]

    @property
    def days_left(self) -> int:
        """Of what is in the trash, a part of one as a whole; 0 when it goes any minute."""
        left: timedelta = self.row.trashed + retention() - timezone.now()
        return max(0, -(-left // timedelta(days=1)))


@dataclass(frozen=True, slots=True)
class Piece:
    """One page of a list: folders first, then files."""

    entries: list[Entry]
    total: int
    number: int
    pages: int

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None


@dataclass(frozen=True, slots=True)
class Order:
    by: Sort = "name"
    down: bool = False

    @classmethod
    def read(cls, said: str) -> "Order":
        """From ``name``, ``-size``; the name when it is neither."""
        by = next((by for by in SORTS if by == said.removeprefix("-")), None)
        return cls(by, said.startswith("-")) if by else cls()

    def __str__(self) -> str:
        return f"-{self.by}" if self.down else self.by


def _ordered(rows: "QuerySet[Any]", order: Order, *, folders: bool) -> "QuerySet[Any]":
    # Folders have neither size nor type.
    own = order if not folders or order.by in ("name", "changed") else Order()
    by = {"name": "low", "type": "media_type"}.get(own.by, own.by)
    then = [] if own.by == "name" else ["low"]
    ordered: QuerySet[Any] = rows.annotate(low=Lower("name")).order_by(f"-{by}" if own.down else by, *then, "pk")
    return ordered


def in_folder(viewer: User, folder: UUID | None, order: Order, page: int) -> Piece:
    live = {"owner": viewer.pk, "trashed": None}
    folders = _ordered(Folder.objects.filter(parent=folder, **live), order, folders=True)
    files = _ordered(File.objects.filter(folder=folder, **live), order, folders=False)
    return _piece(viewer, folders, files, page)


def search(viewer: User, wish: searching.Wish, order: Order, page: int) -> Piece:
    folders, files = searching.folders(viewer, wish), searching.files(viewer, wish)
    found = _piece(viewer, _ordered(folders, order, folders=True), _ordered(files, order, folders=False), page)
    _say_where(found.entries)
    said = searching.excerpts(viewer, wish, [entry.row.pk for entry in found.entries if not entry.is_folder])
    for entry in found.entries:
        entry.excerpt = said.get(entry.row.pk, "")
    return found


def starred(viewer: User, page: int) -> Piece:
    mine = {"owner": viewer.pk, "trashed": None, "starred__isnull": False}
    found = _piece(
        viewer,
        Folder.objects.filter(**mine).order_by("-starred", "pk"),
        File.objects.filter(**mine).order_by("-starred", "pk"),
        page,
    )
    _say_where(found.entries)
    return found


def trashed(viewer: User, page: int) -> Piece:
    folders, files = trash_of(viewer)
    found = _piece(viewer, folders.order_by("-trashed", "pk"), files.order_by("-trashed", "pk"), page)
    _say_where(found.entries)
    return found


def trash_of(viewer: User) -> "tuple[QuerySet[Folder], QuerySet[File]]":
    mine = {"owner": viewer.pk, "trashed_with": None, "trashed__gt": timezone.now() - retention()}
    return Folder.objects.filter(**mine), File.objects.filter(**mine)


def recent(viewer: User) -> Piece:
    """What was opened, stored or changed last; read by two indexes and put together here."""
    mine = File.objects.filter(owner=viewer.pk, trashed=None)
    rows = {row.pk: row for row in mine.order_by("-changed")[:PAGE]}
    rows |= {row.pk: row for row in mine.filter(opened__isnull=False).order_by("-opened")[:PAGE]}
    found = sorted(rows.values(), key=lambda row: max(row.changed, row.opened or row.changed), reverse=True)[:PAGE]
    entries = _entries(viewer, [], found)
    _say_where(entries)
    return Piece(entries, len(entries), 1, 1)


def _piece(viewer: User, folders: "QuerySet[Folder]", files: "QuerySet[File]", page: int, size: int = PAGE) -> Piece:
    ahead, behind = folders.order_by().count(), files.order_by().count()
    pages = max(1, -(-(ahead + behind) // size))
    number = min(max(page, 1), pages)
    start, stop = (number - 1) * size, number * size
    some_folders = list(folders[start:stop]) if start < ahead else []
    some_files = list(files[max(0, start - ahead) : stop - ahead]) if stop > ahead and behind else []
    return Piece(_entries(viewer, some_folders, some_files), ahead + behind, number, pages)


def _entries(viewer: User, folders: Sequence[Folder], files: Sequence[File]) -> list[Entry]:
    known = slots.facts(viewer, files, folders)
    tagged = marking.tags_of_all(files)
    return [Entry(row, True, known[row.pk]) for row in folders] + [
        Entry(row, False, known[row.pk], tagged.get(row.pk, [])) for row in files
    ]


def entry(viewer: User, file: File) -> Entry:
    """A file by itself."""
    return _entries(viewer, [], [file])[0]


def _say_where(entries: Sequence[Entry]) -> None:
    """Names of the folders they lie in, in one query."""
    keys = {entry.row.parent_id if entry.is_folder else entry.row.folder_id for entry in entries} - {None}
    names = dict(Folder.objects.filter(pk__in=keys).values_list("pk", "name")) if keys else {}
    for entry in entries:
        entry.where = names.get(entry.row.parent_id if entry.is_folder else entry.row.folder_id, "")


def folders_of(viewer: User) -> "QuerySet[Folder]":
    return Folder.objects.filter(owner=viewer.pk, trashed=None)


def folders_in(viewer: User, folder: UUID | None) -> "QuerySet[Folder]":
    """Those directly within, by name."""
    return folders_of(viewer).filter(parent=folder).order_by(Lower("name"), "pk")


def branches(viewer: User, above: Sequence[UUID]) -> list[dict[str, Any]]:
    """Folders for the tree beside a list: the outermost, and those within each of ``above``. ``level`` says how far in."""
    rows = Folder.objects.filter(Q(parent=None) | Q(parent__in=above), owner=viewer.pk, trashed=None)
    within: dict[UUID | None, list[dict[str, Any]]] = {}
    for row in rows.order_by(Lower("name")).values("pk", "name", "parent")[:BRANCHES]:
        within.setdefault(row["parent"], []).append(dict(row))
    return list(_unfolded(within, None, 0))


def _unfolded(within: dict[UUID | None, list[dict[str, Any]]], parent: UUID | None, level: int) -> Any:
    for row in within.get(parent, ()):
        yield row | {"level": level}
        yield from _unfolded(within, row["pk"], level + 1)
