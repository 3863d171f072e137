"""The doors to uploads: their owners alone."""

from collections.abc import Sequence
from typing import IO
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models import Upload
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound

GONE = _("This file does not exist, is not yours, or has waited too long. Attach it again.")

NO_FILE = _("Of this document only the text is kept.")


def access_upload(viewer: User, upload: UUID) -> Upload:
    """Without its text. Raises NotFound: for a stranger's, for one that is still coming, and for one that nobody sent in time."""
    row = _usable(viewer).defer("text").filter(pk=upload).first()
    if row is None:
        raise NotFound(str(GONE), code="no_such_file")
    return row


def access_uploads(viewer: User, uploads: Sequence[UUID]) -> list[Upload]:
    """In their order, without their texts, locked within the caller's transaction: whoever deletes one waits, or has been."""
    found = {
        row.pk: row for row in _usable(viewer).defer("text").filter(pk__in=uploads).select_for_update(of=("self",))
    }
    if len(found) != len(uploads):
        raise NotFound(str(GONE), code="no_such_file")
    return [found[pk] for pk in uploads]


def uploads_of(viewer: User, query: str, most: int) -> list[Upload]:
    """The latest whose names hold ``query``."""
    rows = _usable(viewer).defer("text")
    if query:
        rows = rows.filter(name__icontains=query)
    return list(rows.order_by("-created")[:most])


def text_of(upload: Upload) -> str:
    return Upload.objects.values_list("text", flat=True).get(pk=upload.pk)


def opened(upload: Upload, name: str) -> IO[bytes]:
    """What lies in the storage of it, under ``name``. Raises NotFound where nothing does."""
    try:
        if not upload.stored:
            raise FileNotFoundError
        return default_storage.open(name)
    except FileNotFoundError:
        raise NotFound(str(NO_FILE), code="no_such_file") from None


def _usable(viewer: User) -> "QuerySet[Upload]":
    return Upload.objects.filter(Q(expires=None) | Q(expires__gt=timezone.now()), owner=viewer.pk, state="ready")
