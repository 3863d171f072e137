"""What a key reaches, and how it is told about files."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings

from files.access import access_file, access_folder
from files.api.schemas import Items
from files.library import addresses, marking
from files.library.selection import Selection, access_selection
from files.models import File, Folder
from meatlizard.api.authentication import KeyRequest
from meatlizard.errors import NotFound


def shown(rows: Sequence[File]) -> list[dict[str, Any]]:
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


def chosen(request: KeyRequest, items: Items, *, trashed: bool = False) -> Selection:
    return access_selection(request.user, items.folders, items.files, trashed=trashed)


def folder_of(request: KeyRequest, key: UUID | None) -> Folder | None:
    row = access_folder(request.user, key) if key else None
    if row is not None and row.trashed is not None:
        raise NotFound(code="no_such_folder")
    return row


def live_file(request: KeyRequest, key: UUID) -> File:
    row = access_file(request.user, key)
    if row.trashed is not None:
        raise NotFound(code="file_trashed")
    return row
