"""What is done with many at once, and the trash."""

from typing import Any

from django.utils.translation import gettext_noop
from ninja.responses import Status

from files.api.reached import chosen, folder_of, shown
from files.api.routes import router
from files.api.schemas import After, CopiedOut, CopyIn, CountOut, Items, Limit, MoveIn, TrashOut
from files.library import arranging, copying, deleting, listing, trashing
from files.library.limits import retention
from files.library.pieces import piece
from meatlizard.api.authentication import KeyRequest, needs


@router.post("/move", response=CountOut, summary=gettext_noop("Move files and folders"), **needs("files:write"))
def move(request: KeyRequest, wish: MoveIn) -> Any:
    """What is there already stays; a name that is taken becomes `name (2)`. Answers with how many moved."""
    undo = arranging.move(chosen(request, wish), folder_of(request, wish.folder))
    return {"count": len(undo.places) if undo else 0}


@router.post("/copy", response={201: CopiedOut}, summary=gettext_noop("Copy files and folders"), **needs("files:write"))
def copy(request: KeyRequest, wish: CopyIn) -> Any:
    made = copying.copy(chosen(request, wish), folder_of(request, wish.folder), request=wish.request)
    return Status(201, {"files": shown(made.files), "folders": made.folders})


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


@router.post("/trash", response=CountOut, summary=gettext_noop("Put into the trash"), **needs("files:write"))
def trash(request: KeyRequest, items: Items) -> Any:
    undo = trashing.trash(chosen(request, items))
    return {"count": len(undo.places) if undo else 0}


@router.delete("/trash", response=CountOut, summary=gettext_noop("Empty the trash"), **needs("files:write"))
def empty_trash(request: KeyRequest) -> Any:
    """Deletes for good. Answers with how many files went."""
    return {"count": deleting.empty(request.user.pk)}


@router.post("/restore", response=CountOut, summary=gettext_noop("Restore from the trash"), **needs("files:write"))
def restore(request: KeyRequest, items: Items) -> Any:
    return {"count": trashing.restore(chosen(request, items, trashed=True))}


@router.post("/delete", response=CountOut, summary=gettext_noop("Delete for good"), **needs("files:write"))
def delete(request: KeyRequest, items: Items) -> Any:
    """Of what is in the trash. Answers with how many files went."""
    return {"count": deleting.delete(chosen(request, items, trashed=True))}


def _trashed(kind: str, row: Any) -> dict[str, Any]:
    return {"kind": kind, "id": row.pk, "name": row.name, "trashed": row.trashed, "until": row.trashed + retention()}
