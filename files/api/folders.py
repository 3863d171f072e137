"""Folders, one by one."""

from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop
from ninja.responses import Status

from files.access import access_folder
from files.api.reached import folder_of
from files.api.routes import router
from files.api.schemas import After, FolderChange, FolderIn, FolderOut, Limit
from files.library import arranging, listing, marking
from files.library.pieces import piece
from files.library.selection import access_selection
from meatlizard.api.authentication import KeyRequest, needs
from meatlizard.api.pages import Piece


@router.get("/folders", response=Piece[FolderOut], summary=gettext_noop("Folders"), **needs("files:read"))
def list_folders(
    request: KeyRequest, parent: UUID | Literal["root", "any"] = "any", limit: Limit = 100, after: After = ""
) -> Any:
    rows = listing.folders_of(request.user)
    if parent != "any":
        rows = rows.filter(parent=None if parent == "root" else folder_of(request, parent))
    found, place = piece(rows, listing.Order(), limit, after)
    return {"items": found, "next": place}


@router.post("/folders", response={201: FolderOut}, summary=gettext_noop("Make a folder"), **needs("files:write"))
def make_folder(request: KeyRequest, wish: FolderIn) -> Any:
    parent = folder_of(request, wish.parent)
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
            arranging.move(chosen, folder_of(request, change.parent))
        if change.name is not None:
            arranging.rename(row, change.name)
        if change.starred is not None:
            marking.star(chosen, change.starred)
    return access_folder(request.user, folder)
