"""Files, one by one, and their versions."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop
from ninja import Query
from ninja.responses import Status

from files.access import access_file, access_version
from files.api.reached import folder_of, live_file, shown
from files.api.routes import router
from files.api.schemas import After, FileChange, FileOut, Limit, VersionOut, Wanted
from files.library import addresses, arranging, listing, marking, searching, trashing, versions
from files.library.pieces import piece
from files.library.selection import Selection
from meatlizard.api.authentication import KeyRequest, needs
from meatlizard.api.pages import Piece


@router.get("", response=Piece[FileOut], summary=gettext_noop("Files"), **needs("files:read"))
def list_files(request: KeyRequest, wanted: Query[Wanted], limit: Limit = 100, after: After = "") -> Any:
    rows = searching.files(request.user, searching.Wish.read(wanted.q, wanted.kind, wanted.tag))
    if wanted.folder != "any":
        rows = rows.filter(folder=None if wanted.folder == "root" else folder_of(request, wanted.folder))
    if wanted.starred:
        rows = rows.filter(starred__isnull=False)
    found, place = piece(rows, listing.Order.read(wanted.sort), limit, after)
    return {"items": shown(found), "next": place}


@router.get("/{uuid:file}", response=FileOut, summary=gettext_noop("One file"), **needs("files:read"))
def read(request: KeyRequest, file: UUID) -> Any:
    return shown([access_file(request.user, file)])[0]


@router.patch(
    "/{uuid:file}", response=FileOut, summary=gettext_noop("Rename, move, star or tag"), **needs("files:write")
)
def change(request: KeyRequest, file: UUID, change: FileChange) -> Any:
    """What is left out stays; `folder` null is outside of all folders, `tags` are all that it has from now on."""
    row = live_file(request, file)
    chosen = Selection(request.user, [], [row])
    with transaction.atomic():
        if "folder" in change.model_fields_set:
            arranging.move(chosen, folder_of(request, change.folder))
        if change.name is not None:
            arranging.rename(row, change.name)
        if change.starred is not None:
            marking.star(chosen, change.starred)
        if change.tags is not None:
            marking.set_tags(row, change.tags)
    return shown([access_file(request.user, file)])[0]


@router.delete(
    "/{uuid:file}", response={204: None}, summary=gettext_noop("Put a file into the trash"), **needs("files:write")
)
def remove(request: KeyRequest, file: UUID) -> Any:
    trashing.trash(Selection(request.user, [], [live_file(request, file)]))
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
    live_file(request, file)
    return shown([versions.restore(access_version(request.user, file, number))])[0]


@router.delete(
    "/{uuid:file}/versions/{int:number}",
    response={204: None},
    summary=gettext_noop("Delete an earlier version"),
    **needs("files:write"),
)
def delete_version(request: KeyRequest, file: UUID, number: int) -> Any:
    live_file(request, file)
    versions.delete([access_version(request.user, file, number)])
    return Status(204, None)
