"""Transcripts among everything that is a person's."""

from collections.abc import Iterator

from chat.transcripts import access, store
from meatlizard.accounts.models import User
from meatlizard.errors import AppError


def files_of(owner: User) -> Iterator[tuple[str, bytes | Iterator[bytes]]]:
    """Each in the form that holds everything. What no key opens any more is left out."""
    for row in access.transcripts_of(owner).filter(edition__gt=0).order_by("closed", "pk"):
        try:
            file = store.opened(row, "json")
        except AppError:
            continue
        yield f"transcripts/{row.closed:%Y-%m-%d} {row.pk.hex[:8]}.json", store.pieces_of(file)
