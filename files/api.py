"""``/api/v1/files``: the library of the key's owner. Contents come and go at the addresses that the answers name, and by tus."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop
from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import ConfigDict, Field

from files.access import access_file, access_folder, access_version
from files.library import (
    addresses,
    arranging,
    copying,
    deleting,
    listing,
    marking,
    searching,
    trashing,
    usage,
    versions,
)
from files.library.limits import MAX_ITEMS, MAX_TAGS_EACH, retention
from files.library.pieces import piece
from files.library.selection import Selection, access_selection
from files.models import File, Folder
from meatlizard.api.authentication import KeyRequest, needs
from meatlizard.api.pages import Piece
from meatlizard.errors import NotFound

router = Router()

Limit = Annotated[int, Query(ge=1, le=1_000, description=gettext_noop("How many at most."))]
After = Annotated[
    str, Query(max_length=2_000, description=gettext_noop("`next` of the answer before; empty for the first."))
]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Keys = Annotated[list[UUID], Field(max_length=MAX_ITEMS)]


class Strict(Schema):
    model_config = ConfigDict(extra="forbid")


class Items(Strict):
    """Files and folders; all of them, or nothing happens."""

    files: Keys = []
    folders: Keys = []


class MoveIn(Items):
    folder: UUID | None = Field(description=gettext_noop("where to; null: outside of all folders"))


class CopyIn(MoveIn):
    request: UUID | None = Field(
        None, description=gettext_noop("made by you: however often it is sent, there is one copy")
    )


class FolderIn(Strict):
    name: Name
    parent: UUID | None = None
    request: UUID | None = Field(
        None, description=gettext_noop("made by you: however often it is sent, there is one folder")
    )


class FolderChange(Strict):
    name: Name | None = None
    parent: UUID | None = None
    starred: bool | None = None


class FileChange(Strict):
    name: Name | None = None
    folder: UUID | None = None
    starred: bool | None = None
    tags: Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=MAX_TAGS_EACH)] | None = None


class TagChange(Strict):
    name: Annotated[str, Field(min_length=1, max_length=50)]


class FolderOut(Schema):
    id: UUID
    name: str
    parent: UUID | None = Field(validation_alias="parent_id")
    created: datetime.datetime
    changed: datetime.datetime
    starred: datetime.datetime | None
    trashed: datetime.datetime | None


class FileOut(Schema):
    id: UUID
    name: str
    folder: UUID | None
    size: int
    media_type: str
    sha256: str
    version: int
    tags: list[str]
    created: datetime.datetime
    changed: datetime.datetime
    starred: datetime.datetime | None
    trashed: datetime.datetime | None
    url: str = Field(description=gettext_noop("its page"))
    content: str = Field(description=gettext_noop("its bytes; the key is asked for there as well"))


class VersionOut(Schema):
    number: int
    name: str
    size: int
    media_type: str
    sha256: str
    created: datetime.datetime
    content: str


class TrashedOut(Schema):
    kind: Literal["file", "folder"]
    id: UUID
    name: str
    trashed: datetime.datetime
    until: datetime.datetime = Field(description=gettext_noop("when it is deleted for good"))


class TrashOut(Schema):
    folders: list[TrashedOut]
    files: list[TrashedOut]
    next: str | None


class CopiedOut(Schema):
    files: list[FileOut]
    folders: list[FolderOut]


class CountOut(Schema):
    count: int


class TagOut(Schema):
    id: int
    name: str
    files: int = Field(description=gettext_noop("on how many it is"))


class UsageOut(Schema):
    used: int
    limit: int
    files: int
    versions: int
    trash: int
    elsewhere: int


class Wanted(Schema):
    """Of a list of files."""

    folder: UUID | Literal["root", "any"] = Field("any", description=gettext_noop("`root`: outside of all folders"))
    q: str = Field("", max_length=200, description=gettext_noop("words of names, tags and texts"))
    kind: Literal["", "image", "video", "audio", "document", "text", "archive", "other"] = ""
    tag: str = Field("", max_length=50)
    starred: bool = False
    sort: Literal["name", "-name", "size", "-size", "changed", "-changed"] = "name"


def _files(rows: Sequence[File]) -> list[dict[str, Any]]:
    """With the tags of all in one query."""
    tags = marking.tags_of_all(rows)
    return [
        {
            "id": row.pk, "name": row.name, "folder": row.folder_id, "size": row.size, "media_type": row.media_type, "sha256": row.blob_id,
            "version": row.number, "tags": tags.get(row.pk, []), "created": row.created, "changed": row.changed, "starred": row.starred,
            "trashed": row.trashed, "url": settings.SITE_URL + addresses.page(row), "content": settings.SITE_URL + addresses.content(row),
        }
        for row in rows
    ]  # fmt: skip


def _chosen(request: KeyRequest, items: Items, *, trashed: bool = False) -> Selection:
    return access_selection(request.user, items.folders, items.files, trashed=trashed)


def _folder(request: KeyRequest, key: UUID | None) -> Folder | None:
    row = access_folder(request.user, key) if key else None
    if row is not None and row.trashed is not None:
        raise NotFound(code="no_such_folder")
    return row


def _live(request: KeyRequest, key: UUID) -> File:
    row = access_file(request.user, key)
    if row.trashed is not None:
        raise NotFound(code="file_trashed")
    return row


@router.get("", response=Piece[FileOut], summary=gettext_noop("Files"), **needs("files:read"))
def list_files(request: KeyRequest, wanted: Query[Wanted], limit: Limit = 100, after: After = "") -> Any:
    rows = searching.files(request.user, searching.Wish.read(wanted.q, wanted.kind, wanted.tag))
    if wanted.folder != "any":
        rows = rows.filter(folder=None if wanted.folder == "root" else _folder(request, wanted.folder))
    if wanted.starred:
        rows = rows.filter(starred__isnull=False)
    found, place = piece(rows, listing.Order.read(wanted.sort), limit, after)
    return {"items": _files(found), "next": place}


@router.get("/folders", response=Piece[FolderOut], summary=gettext_noop("Folders"), **needs("files:read"))
def list_folders(
    request: KeyRequest, parent: UUID | Literal["root", "any"] = "any", limit: Limit = 100, after: After = ""
) -> Any:
    rows = listing.folders_of(request.user)
    if parent != "any":
        rows = rows.filter(parent=None if parent == "root" else _folder(request, parent))
    found, place = piece(rows, listing.Order(), limit, after)
    return {"items": found, "next": place}


@router.post("/folders", response={201: FolderOut}, summary=gettext_noop("Make a folder"), **needs("files:write"))
def make_folder(request: KeyRequest, wish: FolderIn) -> Any:
    parent = _folder(request, wish.parent)
    return Status(201, arranging.make_folder(request.user, parent, wish.name, request=wish.request))


@router.get("/folders/{uuid:folder}", response=FolderOut, summary=gettext_noop("One folder"), **needs("files:read"))
def read_folder(request: KeyRequest, folder: UUID) -> Any:
    return access_folder(request.user, folder)


@router.patch(
    "/folders/{uuid:folder}",
    response=FolderOut,
    summary=gettext_noop("Rename, move or star a folder"),
    **needs("files:write"),
)
def change_folder(request: KeyRequest, folder: UUID, change: FolderChange) -> Any:
    """What is left out stays; `parent` null is outside of all folders."""
    row = access_folder(request.user, folder)
    chosen = access_selection(request.user, [row.pk], [])
    with transaction.atomic():
        if "parent" in change.model_fields_set:
            arranging.move(chosen, _folder(request, change.parent))
        if change.name is not None:
            arranging.rename(row, change.name)
        if change.starred is not None:
            marking.star(chosen, change.starred)
    return access_folder(request.user, folder)


@router.get("/usage", response=UsageOut, summary=gettext_noop("What takes room"), **needs("files:read"))
def read_usage(request: KeyRequest) -> Any:
    """In bytes; all but `limit` and `used` are parts of `used`."""
    meter = usage.meter(request.user)
    parts = usage.parts(request.user, meter.used)
    return {
        "used": meter.used, "limit": meter.limit, "files": parts.files, "versions": parts.versions, "trash": parts.trash,
        "elsewhere": parts.elsewhere,
    }  # fmt: skip


@router.get("/tags", response=list[TagOut], summary=gettext_noop("Tags"), **needs("files:read"))
def list_tags(request: KeyRequest) -> Any:
    return list(marking.tags(request.user))


@router.patch("/tags/{int:tag}", response=CountOut, summary=gettext_noop("Rename a tag"), **needs("files:write"))
def change_tag(request: KeyRequest, tag: int, change: TagChange) -> Any:
    """To the name of another, and the two become one. Answers with how many tags there are."""
    marking.rename_tag(marking.access_tag(request.user, tag), change.name)
    return {"count": marking.tags(request.user).count()}


@router.delete("/tags/{int:tag}", response={204: None}, summary=gettext_noop("Delete a tag"), **needs("files:write"))
def delete_tag(request: KeyRequest, tag: int) -> Any:
    marking.delete_tag(marking.access_tag(request.user, tag))
    return Status(204, None)


@router.post("/move", response=CountOut, summary=gettext_noop("Move files and folders"), **needs("files:write"))
def move(request: KeyRequest, wish: MoveIn) -> Any:
    """What is there already stays; a name that is taken becomes `name (2)`. Answers with how many moved."""
    undo = arranging.move(_chosen(request, wish), _folder(request, wish.folder))
    return {"count": len(undo.places) if undo else 0}


@router.post("/copy", response={201: CopiedOut}, summary=gettext_noop("Copy files and folders"), **needs("files:write"))
def copy(request: KeyRequest, wish: CopyIn) -> Any:
    made = copying.copy(_chosen(request, wish), _folder(request, wish.folder), request=wish.request)
    return Status(201, {"files": _files(made.files), "folders": made.folders})


@router.get("/trash", response=TrashOut, summary=gettext_noop("The trash"), **needs("files:read"))
def list_trash(request: KeyRequest, limit: Limit = 100, after: After = "") -> Any:
    """What was put there itself, not what lay in it; all folders come with the first piece."""
    folders, files = listing.trash_of(request.user)
    order = listing.Order("trashed", down=True)
    found, place = piece(files, order, limit, after)
    return {
        "folders": [] if after else [_trashed("folder", row) for row in folders.order_by("-trashed")],
        "files": [_trashed("file", row) for row in found],
        "next": place,
    }


def _trashed(kind: str, row: Any) -> dict[str, Any]:
    return {"kind": kind, "id": row.pk, "name": row.name, "trashed": row.trashed, "until": row.trashed + retention()}


@router.post("/trash", response=CountOut, summary=gettext_noop("Put into the trash"), **needs("files:write"))
def trash(request: KeyRequest, items: Items) -> Any:
    undo = trashing.trash(_chosen(request, items))
    return {"count": len(undo.places) if undo else 0}


@router.delete("/trash", response=CountOut, summary=gettext_noop("Empty the trash"), **needs("files:write"))
def empty_trash(request: KeyRequest) -> Any:
    """Deletes for good. Answers with how many files went."""
    return {"count": deleting.empty(request.user.pk)}


@router.post("/restore", response=CountOut, summary=gettext_noop("Restore from the trash"), **needs("files:write"))
def restore(request: KeyRequest, items: Items) -> Any:
    return {"count": trashing.restore(_chosen(request, items, trashed=True))}


@router.post("/delete", response=CountOut, summary=gettext_noop("Delete for good"), **needs("files:write"))
def delete(request: KeyRequest, items: Items) -> Any:
    """Of what is in the trash. Answers with how many files went."""
    return {"count": deleting.delete(_chosen(request, items, trashed=True))}


@router.get("/{uuid:file}", response=FileOut, summary=gettext_noop("One file"), **needs("files:read"))
def read(request: KeyRequest, file: UUID) -> Any:
    return _files([access_file(request.user, file)])[0]


@router.patch(
    "/{uuid:file}", response=FileOut, summary=gettext_noop("Rename, move, star or tag"), **needs("files:write")
)
def change(request: KeyRequest, file: UUID, change: FileChange) -> Any:
    """What is left out stays; `folder` null is outside of all folders, `tags` are all that it has from now on."""
    row = _live(request, file)
    chosen = Selection(request.user, [], [row])
    with transaction.atomic():
        if "folder" in change.model_fields_set:
            arranging.move(chosen, _folder(request, change.folder))
        if change.name is not None:
            arranging.rename(row, change.name)
        if change.starred is not None:
            marking.star(chosen, change.starred)
        if change.tags is not None:
            marking.set_tags(row, change.tags)
    return _files([access_file(request.user, file)])[0]


@router.delete(
    "/{uuid:file}", response={204: None}, summary=gettext_noop("Put a file into the trash"), **needs("files:write")
)
def remove(request: KeyRequest, file: UUID) -> Any:
    trashing.trash(Selection(request.user, [], [_live(request, file)]))
    return Status(204, None)


@router.get(
    "/{uuid:file}/versions",
    response=list[VersionOut],
    summary=gettext_noop("Versions, newest first"),
    **needs("files:read"),
)
def list_versions(request: KeyRequest, file: UUID) -> Any:
    row = access_file(request.user, file)
    return [
        {
            "number": one.number, "name": one.name, "size": one.size, "media_type": one.media_type, "sha256": one.blob_id,
            "created": one.created, "content": settings.SITE_URL + addresses.content(row, version=one.number),
        }
        for one in versions.versions_of(row)
    ]  # fmt: skip


@router.post(
    "/{uuid:file}/versions/{int:number}/restore",
    response=FileOut,
    summary=gettext_noop("Make a version the present one"),
    **needs("files:write"),
)
def restore_version(request: KeyRequest, file: UUID, number: int) -> Any:
    _live(request, file)
    return _files([versions.restore(access_version(request.user, file, number))])[0]


@router.delete(
    "/{uuid:file}/versions/{int:number}",
    response={204: None},
    summary=gettext_noop("Delete an earlier version"),
    **needs("files:write"),
)
def delete_version(request: KeyRequest, file: UUID, number: int) -> Any:
    _live(request, file)
    versions.delete([access_version(request.user, file, number)])
    return Status(204, None)
